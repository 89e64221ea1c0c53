"""The short way through botocore: true arguments in, the same answers out, and the plain way where it does not fit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
from boto3.dynamodb.types import Binary
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.stub import Stubber
from moto.core.models import botocore_stubber

from careervp_jobs_dal import JobsOperator, JobsRepository, ResultCode
from careervp_jobs_dal.aws.shortcut import Exchange, present, shorten
from tests.engines.catalogue import Engine
from tests.faults import Faults, needs_before_parse

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
        with Exchange(GIVE_UP_AT) as exchange:
            returned = call()

        assert {**exchange.outcome(returned), "ResponseMetadata": None} == {**call(), "ResponseMetadata": None}


def test_a_request_is_what_boto3_sends(repository: JobsRepository, wire: Wire) -> None:
    for call in calls(repository.table):
        call()
        with Exchange(GIVE_UP_AT):
            call()

        plain, short = wire.sent[-2:]
        assert short == plain


@needs_before_parse
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


@needs_before_parse
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
    with Exchange(GIVE_UP_AT):
        table.put_item(Item={"job_id": "vpr-1", "mark": Binary(b"\x00")})

    assert table.get_item(Key={"job_id": "vpr-1"})["Item"]["mark"] == Binary(b"\x00")


def test_operations_of_other_shapes_go_the_plain_way(repository: JobsRepository) -> None:
    with Exchange(GIVE_UP_AT) as exchange:
        description = repository.table.meta.client.describe_table(TableName=repository.table_name)

    assert exchange.answer is None
    assert description["Table"]["TableName"] == repository.table_name


@contextmanager
def garbled(client: Any, body: bytes) -> Iterator[None]:
    """Within this block, this is the answer to every request of the client."""

    def send(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, 200, HTTPHeaders(), _Raw(body))

    client.meta.events.unregister("before-send", botocore_stubber)
    client.meta.events.register_first("before-send.dynamodb", send)
    try:
        yield
    finally:
        client.meta.events.unregister("before-send.dynamodb", send)
        client.meta.events.register("before-send", botocore_stubber)


class _Raw(BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


@pytest.mark.parametrize("body", [b'{"Item":', b"", b"[]", b'"text"'], ids=repr)
def test_an_answer_that_is_no_json_object_is_not_taken_for_an_empty_one(
    repository: JobsRepository, engine: Engine, job: Job, body: bytes
) -> None:
    """Whoever reads it: the library for one job, botocore for a batch or a scan."""
    if engine.name != "moto":
        pytest.skip("The answers are changed inside the process")
    repository.create_job(job).unwrap()
    operator = JobsOperator(repository)
    with garbled(repository.dynamodb.meta.client, body):
        codes = {
            repository.find_job("vpr-1").code,
            repository.update_job("vpr-1", {"a": 1}).code,
            operator.get_jobs(["vpr-1"]).code,
            operator.stats(whole_table=True).code,
        }
        with pytest.raises((ConnectionError, AttributeError)):  # the latter is what botocore makes of a list
            repository.get_job("vpr-1")

    assert codes <= {ResultCode.UNAVAILABLE, ResultCode.DYNAMODB_ERROR}
    assert repository.find_job("vpr-1").success


@needs_before_parse
@pytest.mark.parametrize("body", [b"null", b'{"Item":null}', b'{"Item":{"a":5}}', b'{"Item":{"a":{"SS":7}}}'], ids=repr)
def test_an_answer_that_dynamodb_cannot_give_is_not_read(
    repository: JobsRepository, engine: Engine, body: bytes
) -> None:
    if engine.name != "moto":
        pytest.skip("The answers are changed inside the process")
    with garbled(repository.dynamodb.meta.client, body):
        found = repository.find_job("vpr-1")

    assert found.code is ResultCode.UNAVAILABLE


@needs_before_parse
def test_a_type_that_nobody_knows_is_not_taken_for_a_value(repository: JobsRepository, engine: Engine) -> None:
    if engine.name != "moto":
        pytest.skip("The answers are changed inside the process")
    with garbled(repository.dynamodb.meta.client, b'{"Item":{"a":{"NEW":"x"}}}'):
        found = repository.find_job("vpr-1")

    assert found.code not in (ResultCode.SUCCESS, ResultCode.NOT_FOUND)


def test_a_handler_can_look_at_the_attributes_and_send_a_request_of_its_own(
    repository: JobsRepository, job: Job
) -> None:
    table, events = repository.table, repository.dynamodb.meta.client.meta.events
    seen: list[Any] = []

    def audit(*, params: Job, **_: Any) -> None:
        if not seen:
            seen.append(params["Item"]["job_id"])
            table.put_item(Item={"job_id": "audit"})

    events.register_first("before-parameter-build.dynamodb.PutItem", audit)
    created = repository.create_job(job)
    events.unregister("before-parameter-build.dynamodb.PutItem", audit)

    assert created.unwrap() == job
    assert seen == ["vpr-1"]
    assert table.get_item(Key={"job_id": "audit"})["Item"] == {"job_id": "audit"}
    assert repository.get_job("vpr-1") == job


def test_botocores_stubber_sees_true_arguments(repository: JobsRepository, job: Job) -> None:
    client = repository.dynamodb.meta.client
    with Stubber(client) as stubber:
        key = {"TableName": repository.table_name, "Key": {"job_id": "vpr-1"}, "ConsistentRead": True}
        stubber.add_response("get_item", {"Item": {"job_id": {"S": "vpr-1"}, "status": {"S": "PENDING"}}}, key)

        assert repository.find_job("vpr-1").unwrap() == {"job_id": "vpr-1", "status": "PENDING"}


def test_another_protocol_is_left_alone() -> None:
    """JSON is cut open and put together here; a client that speaks something else must not be touched."""
    events = Mock()
    model = SimpleNamespace(resolved_protocol="smithy-rpc-v2-cbor", metadata={"protocol": "json"})

    shorten(SimpleNamespace(meta=SimpleNamespace(service_model=model, events=events)))  # type: ignore[arg-type]

    assert events.mock_calls == []


def test_calls_nest(repository: JobsRepository) -> None:
    with Exchange(1) as outer:
        with Exchange(2) as inner:
            assert present() is inner
        assert present() is outer
    assert present() is None
