"""The reasons for which DynamoDB cancels a transaction, one for each of its writes.

reasons                                        what it means
  ConditionalCheckFailed, any                  the first write's condition refused the transaction
  None, ConditionalCheckFailed                 the second write's condition did, and the first one held
  TransactionConflict, None                    another writer was at the first item: send it again
  TransactionConflict, ConditionalCheckFailed  the same, because the first condition was not checked
  None, ThrottlingError                        too many requests: send it again, later
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
_NONE = "None"
_THROTTLES = frozenset({"ProvisionedThroughputExceeded", "RequestLimitExceeded", "ThrottlingError"})


def cancellation_code(response: Mapping[str, Any]) -> ResultCode:
    """Return the code of a cancelled transaction that no condition has refused.

    >>> cancellation_code({"CancellationReasons": [{"Code": "None"}, {"Code": "ThrottlingError"}]})
    <ResultCode.THROTTLED: 'THROTTLED'>
    """
    codes = {str(reason.get("Code")) for reason in _reasons(response)} - {_NONE, _REFUSED}
    if codes & _THROTTLES:
        return ResultCode.THROTTLED
    return ResultCode.CONFLICT if codes <= {_CLASH} else ResultCode.DYNAMODB_ERROR


def is_refused(response: Mapping[str, Any]) -> bool:
    """Tell whether the condition of a write refused the transaction.

    The first write's refusal stands whatever befell the others. Another one's stands if the first condition held.
    """
    codes = [reason.get("Code") for reason in _reasons(response)]
    return _REFUSED in codes and (codes[0] == _REFUSED or set(codes) <= {_NONE, _REFUSED})


def refusals(response: Mapping[str, Any], parameters: Mapping[str, Any]) -> Iterator[tuple[str, Any] | None]:
    """Yield the key and the stored item of each write's refusal, if any.

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
