"""Plan of `get_jobs`: a batch of records, each read once.

A record that cannot be read is left out with a log line, and its id is in the answer; it spoils no other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.aws.log import write_line
from careervp_jobs_dal.job.attribute import INPUT_DATA, JOB_ID
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.job.schema import ATTRIBUTES
from careervp_jobs_dal.job.snapshot import CorruptRecordError, has_expired
from careervp_jobs_dal.job.validation import is_key, read_id
from careervp_jobs_dal.plans.batch_read import read_all
from careervp_jobs_dal.plans.lookup import reduction
from careervp_jobs_dal.result import Result, ResultCode

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item, JobRecord
    from careervp_jobs_dal.plans.plan import Plan

_ALL_BUT_THE_PAYLOAD = tuple(attribute.name for attribute in ATTRIBUTES if attribute.name != INPUT_DATA)


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
