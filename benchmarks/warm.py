"""Warm calls: the library beside the same calls written by hand with boto3's `Table`."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import partial
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from boto3.dynamodb.conditions import Key

from benchmarks.race import Cost, Line, compare, race
from benchmarks.records import DEEP_ID, SMALL_ID, deep_record, small_record
from careervp_jobs_dal import JobsRepository

if TYPE_CHECKING:
    from collections.abc import Callable

Record = dict[str, Any]

TABLE = "jobs"
IDEMPOTENCY_KEY = small_record()["idempotency_key"]
NEW_JOB = deep_record()
RESULT_KEY = "results/vpr-0f6b1c9a.json"


class Contender(Protocol):
    """Something that keeps jobs in a table; what it does must be the same for each."""

    def get(self, job_id: str) -> Record:
        """Read a job, strongly consistent."""

    def find(self, idempotency_key: str) -> Record:
        """Find a job through the index."""

    def create(self, job: Record) -> Record:
        """Write a job that is not there yet."""

    def complete(self, job_id: str, result_key: str, cost_usd: float) -> Record:
        """Move an unfinished job to COMPLETED, set two fields, and return the new record."""


class ByHand:
    """What people write; on reading it leaves every number a Decimal, which spares it a conversion."""

    def __init__(self) -> None:
        self._table = boto3.resource("dynamodb").Table(TABLE)

    def get(self, job_id: str) -> Record:
        return self._table.get_item(Key={"job_id": job_id}, ConsistentRead=True)["Item"]

    def find(self, idempotency_key: str) -> Record:
        condition = Key("idempotency_key").eq(idempotency_key)
        return self._table.query(IndexName="idempotency-key-index", KeyConditionExpression=condition)["Items"][0]

    def create(self, job: Record) -> Record:
        item: Record = json.loads(json.dumps(job), parse_float=Decimal)
        self._table.put_item(Item=item, ConditionExpression="attribute_not_exists(job_id)")
        return job

    def complete(self, job_id: str, result_key: str, cost_usd: float) -> Record:
        return self._table.update_item(
            Key={"job_id": job_id},
            UpdateExpression="SET #status = :status, #result_key = :result_key, #cost_usd = :cost_usd",
            ConditionExpression="#status IN (:pending, :processing)",
            ExpressionAttributeNames={"#status": "status", "#result_key": "result_key", "#cost_usd": "cost_usd"},
            ExpressionAttributeValues={
                ":status": "COMPLETED",
                ":result_key": result_key,
                ":cost_usd": Decimal(str(cost_usd)),
                ":pending": "PENDING",
                ":processing": "PROCESSING",
            },
            ReturnValues="ALL_NEW",
        )["Attributes"]


class Library:
    """This library."""

    def __init__(self) -> None:
        self._jobs = JobsRepository(TABLE, on_read_error="raise")

    def get(self, job_id: str) -> Record:
        return self._jobs.get_job(job_id) or {}

    def find(self, idempotency_key: str) -> Record:
        return self._jobs.get_job_by_idempotency_key(idempotency_key) or {}

    def create(self, job: Record) -> Record:
        return self._jobs.create_job(job).unwrap()

    def complete(self, job_id: str, result_key: str, cost_usd: float) -> Record:
        return self._jobs.update_job_status(job_id, "COMPLETED", result_key=result_key, cost_usd=cost_usd).unwrap()


CALLS: dict[str, Callable[[Contender], Record]] = {
    "get, small record": lambda jobs: jobs.get(SMALL_ID),
    "get, input as a Map": lambda jobs: jobs.get(DEEP_ID),
    "status and two fields": lambda jobs: jobs.complete(SMALL_ID, RESULT_KEY, 0.0123),
    "create, input as a Map": lambda jobs: jobs.create(NEW_JOB),
    "get by idempotency key": lambda jobs: jobs.find(IDEMPOTENCY_KEY),
}


def measure(*, rounds: int, calls: int) -> list[Line]:
    """Race every call, `calls` of them to a sample; boto3 finds the server through this process's environment."""
    library, by_hand = Library(), ByHand()
    return [_measure_call(name, call, library, by_hand, rounds, calls) for name, call in CALLS.items()]


def _measure_call(
    name: str, call: Callable[[Contender], Record], library: Contender, by_hand: Contender, rounds: int, calls: int
) -> Line:
    if call(library).keys() != call(by_hand).keys():
        raise RuntimeError(f"{name}: the contenders don't do the same")
    contenders = {"library": library, "by hand": by_hand}
    costs = race({who: partial(_sample, partial(call, jobs), calls) for who, jobs in contenders.items()}, rounds)
    return compare(name, costs["by hand"], costs["library"])


def _sample(call: Callable[[], object], calls: int) -> Cost:
    """The mean cost of one of `calls` calls in a row; one more goes before, since another contender ran last."""
    call()
    cpu, wall = process_time(), perf_counter()
    for _ in range(calls):
        call()
    return Cost((process_time() - cpu) / calls, (perf_counter() - wall) / calls)
