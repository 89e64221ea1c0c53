"""A job's whole life, by this library and as it is written by hand, with every request on a meter."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, TypeAlias

import boto3
from boto3.dynamodb.conditions import Key

from benchmarks.capacity.meter import READS, WRITES, Meter, Request
from benchmarks.records import INDEX, POLLS, Record, exact
from careervp_jobs_dal import JobsRepository, create_table
from careervp_jobs_dal.job.index import Projection

USER, APPLICATION = "user_302", "app_302"
KEY = "user_302/app_302/2026-02-03"
JOB_ID = "0f6b1c9a-52a3-4c8e-9d0b-6a3f0f6f2b61"
_KEY = {"job_id": JOB_ID}
WORKER = "worker-7/2026-02-03"
NOW = datetime(2036, 2, 3, 13, 5, 32, tzinfo=UTC)
LEASE = timedelta(minutes=5)
FINAL = {"cost_usd": 0.0123, "token_usage": {"input": 7500, "output": 2200}}
CAP = 10
"""The cap on the active jobs of a user, where one is set."""
_numbers = count()

Life: TypeAlias = list[Request]


def total(life: Life, kinds: tuple[str, ...] = WRITES + READS, steps: Collection[str] = ()) -> float:
    """Add up a life's units, or those of some kinds or steps only."""
    counted = [each for each in life if each.kind in kinds and (not steps or each.step in steps)]
    return sum(sum(each.units.values()) for each in counted)


def _stage(
    projection: Projection, pack_above: int | None = None, cap: int | None = None
) -> tuple[JobsRepository, Any, Meter]:
    """Make a repository and boto3's Table on a table, and their meter."""
    name = create_table(f"capacity-{next(_numbers)}", index_projection=projection).unwrap()
    dynamodb = boto3.resource("dynamodb")
    jobs = JobsRepository(name, dynamodb=dynamodb, clock=lambda: NOW, pack_above=pack_above, max_active_per_user=cap)
    return jobs, dynamodb.Table(name), Meter(dynamodb.meta.client)


def library_life(payload: Record, projection: Projection, pack_above: int | None, polls: int = POLLS) -> Life:
    """Submit, submit again, claim, complete, and poll."""
    jobs, _, meter = _stage(projection, pack_above)
    for step in ("submit", "duplicate"):
        meter.step = step
        job_id = jobs.submit_job(KEY, payload, user_id=USER, application_id=APPLICATION).unwrap().job_id
    meter.step = "claim"
    claim = jobs.claim_job(job_id, lease=LEASE, worker_id=WORKER).unwrap()
    meter.step = "complete"
    jobs.complete_job(claim, result_key=_result_key(job_id), fields=FINAL).unwrap()
    meter.step = "poll"
    for _ in range(polls):
        jobs.find_status(job_id, user_id=USER).unwrap()
    return meter.noted()


def hand_written_life(payload: Record, projection: Projection, polls: int = POLLS) -> Life:
    """Look up, put, get, update twice and poll, as people write it.

    Nothing here is safe against a race; the gets are eventually consistent, which is boto3's default, as are the
    library's polls.
    """
    _, table, meter = _stage(projection)
    meter.step = "submit"
    _look_up(table)
    table.put_item(Item=exact(_record(payload)))
    meter.step = "duplicate"
    _look_up(table)
    meter.step = "claim"
    table.get_item(Key=_KEY)
    _update(table, status="PROCESSING", started_at=NOW.isoformat())
    meter.step = "complete"
    _update(table, status="COMPLETED", completed_at=NOW.isoformat(), result_key=_result_key(), **FINAL)
    meter.step = "poll"
    for _ in range(polls):
        table.get_item(Key=_KEY)
    return meter.noted()


def _look_up(table: Any) -> None:
    matches = table.query(IndexName=INDEX, KeyConditionExpression=Key("idempotency_key").eq(KEY))["Items"]
    if matches and "status" not in matches[0]:
        table.get_item(Key=_KEY)


def _update(table: Any, **fields: Any) -> None:
    table.update_item(
        Key=_KEY,
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in fields),
        ExpressionAttributeNames={f"#{name}": name for name in fields},
        ExpressionAttributeValues=exact({f":{name}": value for name, value in fields.items()}),
    )


def other_operations(payload: Record, projection: Projection, pack_above: int | None) -> Life:
    """Do what the life does not have, each call a step."""
    jobs, _, meter = _stage(projection, pack_above)
    first, second = (jobs.submit_job(key, payload, user_id=USER).unwrap().job_id for key in ("first", "second"))
    claim = jobs.claim_job(first, lease=LEASE, worker_id=WORKER).unwrap()
    steps: Mapping[str, Callable[[], object]] = {
        "claim, held": lambda: jobs.claim_job(first, lease=LEASE, worker_id=WORKER),
        "renew": lambda: jobs.renew_claim(claim, lease=LEASE * 2, progress=Decimal("0.4")).unwrap(),
        "fail": lambda: jobs.fail_job(claim, "the model timed out").unwrap(),
        "cancel": lambda: jobs.cancel_job(second).unwrap(),
        "create_job": lambda: jobs.create_job(exact(_record(payload))).unwrap(),
        "get_job": lambda: jobs.get_job(JOB_ID),
        "get_job_by_idempotency_key": lambda: jobs.get_job_by_idempotency_key(KEY),
        "update_job_status": lambda: jobs.update_job_status(JOB_ID, "COMPLETED", result_key=_result_key()).unwrap(),
    }
    for meter.step, call in steps.items():
        call()
    return meter.noted()


def capped_submissions(payload: Record, projection: Projection, pack_above: int | None) -> Life:
    """Submit for a user with a cap: with room, again, without room, and when a job has ended."""
    jobs, _, meter = _stage(projection, pack_above, CAP)
    first, *_ = [jobs.submit_job(f"key-{n}", payload, user_id=USER).unwrap() for n in range(1, CAP)]
    for meter.step, key in (("room", "last"), ("room, again", "last"), ("no room", "further")):
        jobs.submit_job(key, payload, user_id=USER)
    meter.step = ""
    jobs.cancel_job(first.job_id).unwrap()
    meter.step = "ended"
    jobs.submit_job("further", payload, user_id=USER).unwrap()
    return meter.noted()


def _record(payload: Record) -> Record:
    return {
        "job_id": JOB_ID,
        "idempotency_key": KEY,
        "user_id": USER,
        "application_id": APPLICATION,
        "status": "PENDING",
        "created_at": NOW.isoformat(),
        "ttl": int(NOW.timestamp()) + 86_400,
        "input_data": payload,
    }


def _result_key(job_id: str = JOB_ID) -> str:
    return f"{job_id}/4f0c9c2b8a6d4e7d9a51b3e2c7d80f16.json"
