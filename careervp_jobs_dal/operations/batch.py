"""Plan of `get_jobs`: batch reads of at most 100 records a request.

DynamoDB answers a batch with at most 16 MB, and with less where it is short of capacity. It names the unprocessed keys;
they are requested again after a backoff, until the deadline, or until 40 answers in turn had no record. A record that
cannot be read is left out with a log line, and its id is in the answer; it spoils no other.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from careervp_jobs_dal.aws.log import write_line
from careervp_jobs_dal.job.attribute import INPUT_DATA, JOB_ID
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.record import Item
from careervp_jobs_dal.job.schema import ATTRIBUTES
from careervp_jobs_dal.job.snapshot import CorruptRecordError, has_expired
from careervp_jobs_dal.job.validation import is_key, read_id
from careervp_jobs_dal.plans.backoff import RETRIES
from careervp_jobs_dal.plans.lookup import reduction
from careervp_jobs_dal.plans.plan import Plan, Reply, Request
from careervp_jobs_dal.result import Result, ResultCode

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import JobRecord

# DynamoDB's limit for the keys of one BatchGetItem.
BATCH_KEYS = 100
MOST_FRUITLESS = 40
"""Answers in turn without a record, after about 18 s: under a clock that stands still, no deadline would end them."""

_ALL_BUT_THE_PAYLOAD = tuple(attribute.name for attribute in ATTRIBUTES if attribute.name != INPUT_DATA)

Found: TypeAlias = dict[str, Item]
"""Records by their ids."""


@dataclass(frozen=True, slots=True, repr=False)
class JobBatch:
    """Jobs that were read by their ids.

    Attributes:
        jobs: the records by id.
        missing: the ids that have no job, or an expired one.
        unread: the ids that DynamoDB left unprocessed until the deadline, to be requested again, and those of records
            that cannot be read.
    """

    jobs: dict[str, JobRecord]
    missing: tuple[str, ...]
    unread: tuple[str, ...]

    def __repr__(self) -> str:
        return f"JobBatch({len(self.jobs)} jobs, {len(self.missing)} missing, {len(self.unread)} unread)"


def get_jobs(job_ids: Iterable[str | UUID], table_name: str, now: datetime, decode: Decoder) -> Plan[JobBatch]:
    """Read each of these jobs once."""
    wanted = _distinct(job_ids)
    found, left = yield from read_all(table_name, filter(is_key, wanted))
    live = {name: found[name] for name in wanted if name in found and not has_expired(found[name], now)}
    records = {name: decoded(item, decode) for name, item in live.items()}
    jobs = {name: record for name, record in records.items() if record is not None}
    unread = (*left, *(name for name in live if name not in jobs))
    known = jobs.keys() | unread
    return Result.success(JobBatch(jobs, tuple(name for name in wanted if name not in known), unread))


def decoded(item: Item, decode: Decoder) -> JobRecord | None:
    """Decode one of many records; leave out a strange one, with a log line."""
    try:
        return decode(item)
    except CorruptRecordError as attribute:
        job_id, code = ascii(item[JOB_ID]), ResultCode.CORRUPT_RECORD
        message = f"{code}: job {job_id} was left out, because its attribute {attribute} cannot be read"
        write_line("error", message, {"job_id": item[JOB_ID], "code": code, "attribute": str(attribute)})
        return None


def read_all(
    table_name: str, job_ids: Iterable[str], options: Mapping[str, Any] | None = None
) -> Generator[Request, Reply, tuple[Found, tuple[str, ...]]]:
    """Read these records; return them, and the ids that could not be read.

    The reads are strongly consistent, unless `options` take that place.
    """
    found: Found = {}
    # DynamoDB refuses a batch in which a key occurs twice.
    rest = list(dict.fromkeys(job_ids))
    pause = 0.0
    tries = MOST_FRUITLESS
    while rest and tries:
        keys = {"Keys": [{JOB_ID: job_id} for job_id in rest[:BATCH_KEYS]], **(options or {"ConsistentRead": True})}
        reply = yield Request("batch_get_item", {"RequestItems": {table_name: keys}}, pause=pause, optional=True)
        if reply.late:
            break
        # The answer has no order, and leaves out keys without a record.
        found |= {item[JOB_ID]: item for item in reply.response.get("Responses", {}).get(table_name, ())}
        left = reply.response.get("UnprocessedKeys", {}).get(table_name, {}).get("Keys", ())
        tries = tries - 1 if len(left) == len(keys["Keys"]) else MOST_FRUITLESS
        rest = [*(key[JOB_ID] for key in left), *rest[BATCH_KEYS:]]
        pause = RETRIES.after(pause) if left else 0.0
    return found, tuple(rest)


def without_payload(fields: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the options of strongly consistent reads without payloads, but with these fields.

    A list is to be as small as its jobs are many. DynamoDB cannot leave an attribute out of a read, so the library's
    own attributes are named.
    """
    return {"ConsistentRead": True, **reduction((*_ALL_BUT_THE_PAYLOAD, *fields))}


def _distinct(job_ids: Iterable[str | UUID]) -> tuple[str, ...]:
    """Return the ids in their order, each once; a single text is refused."""
    if isinstance(job_ids, str) or not isinstance(job_ids, Iterable):
        raise InvalidInputError("job_ids must be a list of ids")
    return tuple(dict.fromkeys(read_id(job_id, "each of job_ids") for job_id in job_ids))
