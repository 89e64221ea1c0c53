"""The plans of batch reads: at most 100 records a request, and again for what DynamoDB did not get to.

DynamoDB answers a batch with at most 16 MB, and with less where it is short of capacity; the keys that it leaves are
asked for again after a pause, until the deadline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from careervp_jobs_dal.answer import JobBatch
from careervp_jobs_dal.invalid import InvalidInputError
from careervp_jobs_dal.job import is_key
from careervp_jobs_dal.plan import Item, Plan, Reply, Step
from careervp_jobs_dal.refusal import Decoder, invalid
from careervp_jobs_dal.result import Result
from careervp_jobs_dal.state import has_expired
from careervp_jobs_dal.table import JOB_ID

if TYPE_CHECKING:
    from datetime import datetime

T = TypeVar("T")

BATCH_KEYS = 100
"""What BatchGetItem takes at most."""
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0

Found: TypeAlias = dict[str, Item]
Finish: TypeAlias = Callable[[Found, tuple[str, ...]], Step[T]]
"""Takes the records by id, and the ids that stayed unread."""


def get_jobs(job_ids: Iterable[str], table_name: str, now: datetime, decode: Decoder) -> Step[JobBatch]:
    """Read each of these jobs once."""
    try:
        wanted = _distinct(job_ids)
    except InvalidInputError as refused:
        return invalid(refused)

    def finish(found: Found, unread: tuple[str, ...]) -> Result[JobBatch]:
        jobs = {name: decode(found[name]) for name in wanted if name in found and not has_expired(found[name], now)}
        known = jobs.keys() | unread
        missing = tuple(name for name in wanted if name not in known)
        return Result.success(JobBatch(jobs, missing, unread))

    return read_all("get_jobs", table_name, tuple(filter(is_key, wanted)), finish)


def read_all(
    verb: str, table_name: str, job_ids: tuple[str, ...], finish: Finish[T], options: Mapping[str, Any] | None = None
) -> Step[T]:
    """Read these records, strongly consistent unless the options say otherwise."""
    return _read(verb, table_name, job_ids, {}, finish, options or {"ConsistentRead": True}, 0.0)


def _read(
    verb: str,
    table_name: str,
    job_ids: tuple[str, ...],
    found: Found,
    finish: Finish[T],
    options: Mapping[str, Any],
    pause: float,
) -> Step[T]:
    if not job_ids:
        return finish(found, ())
    asked, rest = job_ids[:BATCH_KEYS], job_ids[BATCH_KEYS:]

    def read(reply: Reply) -> Step[T]:
        items = reply.response.get("Responses", {}).get(table_name, ())
        known = {**found, **{item[JOB_ID]: item for item in items}}
        left = reply.response.get("UnprocessedKeys", {}).get(table_name, {}).get("Keys", ())
        again = tuple(key[JOB_ID] for key in left)
        longer = min(max(2 * pause, _FIRST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS) if again else 0.0
        return _read(verb, table_name, (*again, *rest), known, finish, options, longer)

    keys = {"Keys": [{JOB_ID: job_id} for job_id in asked], **options}
    parameters = {"RequestItems": {table_name: keys}}
    return Plan(verb, "batch_get_item", parameters, read, pause=pause, instead=lambda: finish(found, job_ids))


def _distinct(job_ids: Iterable[str]) -> tuple[str, ...]:
    """The ids in their order, each once; a text alone is a mistake, though it is iterable."""
    if isinstance(job_ids, str) or not isinstance(job_ids, Iterable):
        raise InvalidInputError("job_ids must be a list of ids")
    names = tuple(job_ids)
    if not all(isinstance(name, str) for name in names):
        raise InvalidInputError("job_ids must be texts")
    return tuple(dict.fromkeys(names))
