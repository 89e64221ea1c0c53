"""The short way through botocore: true arguments in, the same answers out, and the plain way where it does not fit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import Binary

from careervp_jobs_dal import JobsRepository, ResultCode
from careervp_jobs_dal.exchange import Exchange, present
from tests.faults import Faults

Job = dict[str, Any]
GIVE_UP_AT = float("inf")
JOB: Job = {"job_id": "vpr-1", "scores": [Decimal("0.5")], "mark": b"\x00", "names": {"a"}}


class Wire:
    """The bodies of the requests of one client as they are sent, and of its answers as botocore parses them."""

    def __init__(self, client: Any) -> None:
        self.sent: list[Job] = []
        self.parsed: list[bytes] = []
        client.meta.events.register_last("request-created.dynamodb", self._note_request)
        client.meta.events.register_last("before-parse.dynamodb", self._note_answer)

    def _note_request(self, *, request: Any, **_: Any) -> None:
        self.sent.append(json.loads(request.data))

    def _note_answer(self, *, response_dict: dict[str, Any], **_: Any) -> None:
        self.parsed.append(response_dict["body"])


@pytest.fixture
def table(repository: JobsRepository) -> Any:
    return repository.table


@pytest.fixture
def wire(repository: JobsRepository) -> Iterator[Wire]:
    events = repository.dynamodb.meta.client.meta.events
    wire = Wire(repository.dynamodb.meta.client)
    yield wire
    events.unregister("request-created.dynamodb", wire._note_request)
    events.unregister("before-parse.dynamodb", wire._note_answer)


def calls(table: Any) -> list[Any]:
    """One call of each kind that can take the short way; all can be repeated."""
    key = {"job_id": "vpr-1"}
    update = {"UpdateExpression": "SET cost = :cost", "ExpressionAttributeValues": {":cost": Decimal("0.01")}}
    query = {"KeyConditionExpression": "job_id = :id", "ExpressionAttributeValues": {":id": "vpr-1"}}
    return [
        lambda: table.put_item(Item=JOB, ReturnValues="ALL_OLD"),
        lambda: table.update_item(Key=key, ReturnValues="ALL_NEW", **update),
        lambda: table.get_item(Key=key, ConsistentRead=True),
        lambda: table.query(**query),
        lambda: table.query(**query, ExclusiveStartKey=key),
        lambda: table.get_item(Key={"job_id": "absent"}),
    ]


def test_an_answer_is_what_boto3_returns(table: Any) -> None:
    table.put_item(Item=JOB)
    for call in calls(table):
        expected = call()
        del expected["ResponseMetadata"]

        with Exchange(GIVE_UP_AT) as exchange:
            returned = call()

        assert exchange.answer == expected
        assert returned.keys() == {"ResponseMetadata"}


def test_a_request_is_what_boto3_sends(repository: JobsRepository, wire: Wire) -> None:
    for call in calls(repository.table):
        call()
        with Exchange(GIVE_UP_AT):
            call()

        plain, short = wire.sent[-2:]
        assert short == plain


def test_the_answer_of_a_call_of_the_library_is_parsed_once(repository: JobsRepository, wire: Wire, job: Job) -> None:
    repository.create_job(job).unwrap()

    assert repository.get_job("vpr-1") == job
    assert wire.parsed[-1] == b"{}"


def test_calls_of_the_application_are_left_alone(repository: JobsRepository, wire: Wire) -> None:
    repository.table.put_item(Item=JOB)

    item = repository.table.get_item(Key={"job_id": "vpr-1"})["Item"]

    assert item == {**JOB, "mark": Binary(b"\x00")}
    assert isinstance(item["mark"], Binary)
    assert present() is None


def test_an_injected_resource_takes_the_plain_way(table_name: str, job: Job) -> None:
    dynamodb = boto3.resource("dynamodb")
    wire = Wire(dynamodb.meta.client)
    repository = JobsRepository(table_name, dynamodb=dynamodb)

    assert repository.create_job(job).unwrap() == job
    assert repository.get_job("vpr-1") == job
    assert b"vpr-1" in wire.parsed[-1]


def test_a_request_that_a_handler_sends_in_between_keeps_its_answer(
    repository: JobsRepository, faults: Faults, job: Job
) -> None:
    """Both answers are then read by botocore: which is whose could not be told."""
    repository.create_job(job).unwrap()
    seen: list[Job] = []
    faults.run(lambda: seen.append(repository.table.get_item(Key={"job_id": "vpr-1"})["Item"]))

    assert repository.get_job("vpr-1") == job
    assert [item["job_id"] for item in seen] == ["vpr-1"]


def test_what_only_boto3_can_write_goes_the_plain_way(table: Any) -> None:
    with Exchange(GIVE_UP_AT) as exchange:
        table.put_item(Item={"job_id": "vpr-1", "mark": Binary(b"\x00")})

    assert exchange.texts == {}
    assert table.get_item(Key={"job_id": "vpr-1"})["Item"]["mark"] == Binary(b"\x00")


def test_operations_of_other_shapes_go_the_plain_way(repository: JobsRepository) -> None:
    with Exchange(GIVE_UP_AT) as exchange:
        description = repository.table.meta.client.describe_table(TableName=repository.table_name)

    assert exchange.answer is None
    assert description["Table"]["TableName"] == repository.table_name


def test_an_answer_that_is_no_json_is_not_taken_for_an_empty_one(repository: JobsRepository, job: Job) -> None:
    def garble(*, response_dict: dict[str, Any], **_: Any) -> None:
        response_dict["body"] = b'{"Item":'

    repository.create_job(job).unwrap()
    events = repository.dynamodb.meta.client.meta.events
    events.register_first("before-parse.dynamodb", garble)
    found = repository.find_job("vpr-1")
    events.unregister("before-parse.dynamodb", garble)

    assert found.code is ResultCode.UNAVAILABLE
    assert repository.find_job("vpr-1").success


def test_calls_nest(repository: JobsRepository) -> None:
    with Exchange(1) as outer:
        with Exchange(2) as inner:
            assert present() is inner
        assert present() is outer
    assert present() is None
