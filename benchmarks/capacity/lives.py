"""A job's whole life, by this library and as it is written by hand, with every request on a meter."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
from boto3.dynamodb.conditions import Key

from benchmarks.capacity.meter import Meter, Request
from benchmarks.records import INDEX, POLLS
from careervp_jobs_dal import JobsRepository, create_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from types_boto3_dynamodb.service_resource import DynamoDBServiceResource

    from benchmarks.capacity.rules import Layout
    from careervp_jobs_dal.job.index import Projection

USER, APPLICATION = "user_302", "app_302"
KEY = "user_302/app_302/2026-02-03"
WORKER = "worker-7/2026-02-03"
NOW = datetime(2036, 2, 3, 13, 5, 32, tzinfo=UTC)
LEASE = timedelta(minutes=5)
FINAL = {"cost_usd": 0.0123, "token_usage": {"input": 7500, "output": 2200}}
_numbers = count()


class Life(NamedTuple):
    """The requests of one life, and the table that they were sent to."""

    requests: list[Request]
    layout: Layout

    def of(self, *steps: str) -> Life:
        """The part of it that these steps were."""
        return Life([request for request in self.requests if request.step in steps], self.layout)

    def having(self, name: str, value: Mapping[str, Any] | None) -> Life:
        """The life of an item with another value of an attribute, in DynamoDB's JSON, or without it."""
        return self._replace(requests=[request.having(name, value) for request in self.requests])

    def projecting(self, projection: Projection) -> Life:
        """The same requests, sent to a table whose indexes project this."""
        indexes = tuple(index._replace(projects_all=projection == "ALL") for index in self.layout.indexes)
        return self._replace(layout=self.layout._replace(indexes=indexes))


def library_life(
    payload: dict[str, Any],
    projection: Projection,
    pack_above: int | None,
    *,
    polls: int = POLLS,
    engine_reports: bool = False,
) -> Life:
    """Submit, submit again, claim, complete, and poll."""

    def live(dynamodb: DynamoDBServiceResource, table_name: str, meter: Meter) -> None:
        jobs = JobsRepository(table_name, dynamodb=dynamodb, clock=lambda: NOW, pack_above=pack_above)
        for step in ("submit", "duplicate"):
            with meter.step(step):
                submitted = jobs.submit_job(KEY, payload, user_id=USER, application_id=APPLICATION).unwrap()
        with meter.step("claim"):
            claim = jobs.claim_job(submitted.job_id, lease=LEASE, worker_id=WORKER).unwrap()
        with meter.step("complete"):
            jobs.complete_job(claim, result_key=_result_key(submitted.job_id), **FINAL).unwrap()
        with meter.step("poll"):
            for _ in range(polls):
                jobs.find_status(submitted.job_id, user_id=USER).unwrap()

    return _live(live, projection, engine_reports=engine_reports)


def hand_written_life(
    payload: dict[str, Any], projection: Projection, *, polls: int = POLLS, engine_reports: bool = False
) -> Life:
    """The same as people write it: a look-up through the index, a put, a get and two updates by the worker, gets.

    Nothing here is safe against a race; the gets are eventually consistent, which is boto3's default, as are the
    library's polls.
    """

    def live(dynamodb: DynamoDBServiceResource, table_name: str, meter: Meter) -> None:
        table = dynamodb.Table(table_name)
        record = _record(payload)
        key = {"job_id": record["job_id"]}

        def look_up() -> None:
            matches = table.query(IndexName=INDEX, KeyConditionExpression=Key("idempotency_key").eq(KEY))["Items"]
            if matches and "status" not in matches[0]:
                table.get_item(Key=key)

        def update(status: str, **fields: Any) -> None:
            names = {f"#{name}": name for name in ("status", *fields)}
            values = {f":{name}": value for name, value in {"status": status, **fields}.items()}
            text = ", ".join(f"#{name} = :{name}" for name in ("status", *fields))
            table.update_item(
                Key=key,
                UpdateExpression=f"SET {text}",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=_exact(values),
            )

        with meter.step("submit"):
            look_up()
            table.put_item(Item=record)
        with meter.step("duplicate"):
            look_up()
        with meter.step("claim"):
            table.get_item(Key=key)
            update("PROCESSING", started_at=NOW.isoformat())
        with meter.step("complete"):
            update("COMPLETED", completed_at=NOW.isoformat(), result_key=_result_key(record["job_id"]), **FINAL)
        with meter.step("poll"):
            for _ in range(polls):
                table.get_item(Key=key)

    return _live(live, projection, engine_reports=engine_reports)


def other_operations(
    payload: dict[str, Any], projection: Projection, pack_above: int | None, *, engine_reports: bool = False
) -> Life:
    """What the life does not have: renew, fail, cancel, and the methods of the contract, each a step."""

    def live(dynamodb: DynamoDBServiceResource, table_name: str, meter: Meter) -> None:
        jobs = JobsRepository(table_name, dynamodb=dynamodb, clock=lambda: NOW, pack_above=pack_above)
        first, second = (jobs.submit_job(key, payload, user_id=USER).unwrap().job_id for key in ("first", "second"))
        claim = jobs.claim_job(first, lease=LEASE, worker_id=WORKER).unwrap()
        with meter.step("claim, held"):
            jobs.claim_job(first, lease=LEASE, worker_id=WORKER)
        with meter.step("renew"):
            claim = jobs.renew_claim(claim, lease=LEASE * 2, progress=Decimal("0.4")).unwrap()
        with meter.step("fail"):
            jobs.fail_job(claim, "the model timed out").unwrap()
        with meter.step("cancel"):
            jobs.cancel_job(second).unwrap()
        record = _record(payload)
        with meter.step("create_job"):
            jobs.create_job(record).unwrap()
        with meter.step("get_job"):
            jobs.get_job(record["job_id"])
        with meter.step("get_job_by_idempotency_key"):
            jobs.get_job_by_idempotency_key(KEY)
        with meter.step("update_job_status"):
            jobs.update_job_status(record["job_id"], "COMPLETED", result_key=_result_key(record["job_id"])).unwrap()

    return _live(live, projection, engine_reports=engine_reports)


def _live(
    live: Callable[[DynamoDBServiceResource, str, Meter], None], projection: Projection, *, engine_reports: bool
) -> Life:
    table_name = create_table(f"capacity-{next(_numbers)}", index_projection=projection).unwrap()
    dynamodb = boto3.resource("dynamodb")
    meter = Meter(dynamodb.meta.client, engine_reports=engine_reports)
    live(dynamodb, table_name, meter)
    return Life([request for request in meter.requests if request.step], meter.layout(table_name))


def total(life: Life, kind: type[Request] | None = None) -> float:
    """All units of a life, or those of its reads or writes only."""
    return sum(sum(request.units(life.layout).values()) for request in _of_kind(life.requests, kind))


def _of_kind(requests: Iterable[Request], kind: type[Request] | None) -> Iterable[Request]:
    return (request for request in requests if kind is None or isinstance(request, kind))


def _record(payload: dict[str, Any]) -> dict[str, Any]:
    record = {
        "job_id": "0f6b1c9a-52a3-4c8e-9d0b-6a3f0f6f2b61",
        "idempotency_key": KEY,
        "user_id": USER,
        "application_id": APPLICATION,
        "status": "PENDING",
        "created_at": NOW.isoformat(),
        "ttl": int(NOW.timestamp()) + 86_400,
        "input_data": payload,
    }
    exact: dict[str, Any] = _exact(record)
    return exact


def _exact(values: Any) -> Any:
    """Floats as boto3 takes them."""
    return json.loads(json.dumps(values), parse_float=Decimal)


def _result_key(job_id: str) -> str:
    return f"{job_id}/4f0c9c2b8a6d4e7d9a51b3e2c7d80f16.json"
