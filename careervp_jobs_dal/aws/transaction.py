"""The reasons for which DynamoDB cancels a transaction, one for each of its writes.

reasons                                     what it means
  ConditionalCheckFailed, None              the first write's condition refused the transaction
  TransactionConflict, None                 another writer was at the first item: send it again
  None, ThrottlingError                     too many requests: send it again, later
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.result import ResultCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CANCELLED = "TransactionCanceledException"
_REFUSED = "ConditionalCheckFailed"
_CLASH = "TransactionConflict"
_THROTTLES = frozenset({"ProvisionedThroughputExceeded", "RequestLimitExceeded", "ThrottlingError"})


def cancellation_code(response: Mapping[str, Any]) -> ResultCode:
    """Return the code of a cancelled transaction that no condition has refused.

    >>> cancellation_code({"CancellationReasons": [{"Code": "None"}, {"Code": "ThrottlingError"}]})
    <ResultCode.THROTTLED: 'THROTTLED'>
    """
    codes = {str(reason.get("Code")) for reason in _reasons(response)} - {"None"}
    if codes & _THROTTLES:
        return ResultCode.THROTTLED
    return ResultCode.CONFLICT if codes <= {_CLASH} else ResultCode.DYNAMODB_ERROR


def is_refused(response: Mapping[str, Any]) -> bool:
    """Tell whether the condition of a write refused the transaction."""
    return any(reason.get("Code") == _REFUSED for reason in _reasons(response))


def refusals(response: Mapping[str, Any], parameters: Mapping[str, Any]) -> Iterator[tuple[str, Any] | None]:
    """Yield, for each write, the key and the stored item in its refusal; None for a write that was not refused.

    Raises:
        ValueError: there are not as many reasons as writes.
    """
    for reason, action in zip(_reasons(response), parameters["TransactItems"], strict=True):
        (write,) = action.values()
        job_id = write.get("Key", write.get("Item"))[JOB_ID]
        yield (job_id, reason.get("Item")) if reason.get("Code") == _REFUSED else None


def _reasons(response: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    reasons: list[Mapping[str, Any]] = response.get("CancellationReasons") or []
    return reasons
