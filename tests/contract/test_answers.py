"""Every method, given every kind of answer that is not DynamoDB's: no success, no exception, no value shown."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from careervp_jobs_dal import Claim, JobRecord, JobsOperator, JobsRepository, Result, ResultCode, create_table
from careervp_jobs_dal.aws import shortcut
from careervp_jobs_dal.codec.packing import MAGIC
from careervp_jobs_dal.job.index import Wait, position
from careervp_jobs_dal.job.instant import instant_text
from tests.conftest import CANARY, Clock
from tests.engines.catalogue import Engine
from tests.faults import Faults, needs_before_parse

Change = Callable[[bytes, bytes], tuple[int, bytes]]

MINUTE = timedelta(minutes=1)
_numbers = count()


class World(NamedTuple):
    """A table with one job in each state that a method asks for."""

    repository: JobsRepository
    operator: JobsOperator
    faults: Faults
    clock: Clock

    def seed(self) -> None:
        """Put the jobs back as they were."""
        for job_id, more in STATES.items():
            item = {
                "job_id": job_id,
                "created_at": instant_text(self.clock.now - timedelta(days=2)),
                "idempotency_key": f"key of {job_id}",
                "user_id": "user-1",
                "max_attempts": 3,
                "input_data": {"text": CANARY},
                **position(job_id, PLACES[more["status"]], "2036-01-01T00:00:00.000000Z"),
                **more,
            }
            self.repository.table.put_item(Item=item)
        for job_id in ("new", *self._submitted()):
            self.repository.table.delete_item(Key={"job_id": job_id})

    def _submitted(self) -> list[str]:
        found = self.repository.table.scan(ProjectionExpression="job_id")["Items"]
        return [str(item["job_id"]) for item in found if item["job_id"] not in STATES]

    @property
    def claim(self) -> Claim:
        return Claim(JobRecord({"job_id": "held"}), 1, 3, "claim-1", self.clock.now + MINUTE)


PLACES = {"PENDING": Wait.QUEUED, "PROCESSING": Wait.TIMED, "FAILED": Wait.FAILED}
STATES: dict[str, dict[str, Any]] = {
    "waiting": {"status": "PENDING"},
    "held": {
        "status": "PROCESSING",
        "attempt": 1,
        "claim_id": "claim-1",
        "lease_expires_at": "2036-02-03T13:06:00.000000Z",
    },
    "failed": {"status": "FAILED", "completed_at": "2036-01-01T00:00:00.000000Z"},
}
NEW = {
    "job_id": "new",
    "status": "PENDING",
    "created_at": "2036-02-03T13:05:32Z",
    "idempotency_key": "new",
    "note": CANARY,
}

METHODS: dict[str, Callable[[World], Any]] = {
    "create_job": lambda world: world.repository.create_job(NEW),
    "get_job": lambda world: world.repository.get_job("waiting"),
    "get_job_by_idempotency_key": lambda world: world.repository.get_job_by_idempotency_key("key of waiting"),
    "update_job_status": lambda world: world.repository.update_job_status("waiting", "COMPLETED", note=CANARY),
    "update_job": lambda world: world.repository.update_job("waiting", {"note": CANARY}),
    "update_job with nothing": lambda world: world.repository.update_job("waiting", {}),
    "find_job": lambda world: world.repository.find_job("waiting", user_id="user-1"),
    "find_status": lambda world: world.repository.find_status("waiting", fields=["idempotency_key"]),
    "wait_for_job": lambda world: world.repository.wait_for_job("failed", timedelta(0)),
    "submit_job": lambda world: world.repository.submit_job("key", {"text": CANARY}),
    "claim_job": lambda world: world.repository.claim_job("waiting", lease=MINUTE),
    "renew_claim": lambda world: world.repository.renew_claim(world.claim, lease=MINUTE, progress=CANARY),
    "complete_job": lambda world: world.repository.complete_job(world.claim, note=CANARY),
    "fail_job": lambda world: world.repository.fail_job(world.claim, CANARY),
    "cancel_job": lambda world: world.repository.cancel_job("waiting"),
    "list_jobs": lambda world: world.operator.list_jobs(user_id="user-1"),
    "iter_jobs": lambda world: next(world.operator.iter_jobs(user_id="user-1")),
    "get_jobs": lambda world: world.operator.get_jobs(["waiting", "held"]),
    "list_overdue": lambda world: world.operator.list_overdue(older_than=MINUTE),
    "list_failed": lambda world: world.operator.list_failed(since=world.clock.now - timedelta(days=60)),
    "recover_jobs": lambda world: world.operator.recover_jobs(older_than=MINUTE, enqueue=lambda _: None),
    "retry_job": lambda world: world.operator.retry_job("failed"),
    "purge_jobs": lambda world: world.operator.purge_jobs(older_than=MINUTE, dry_run=False),
    "erase_user": lambda world: world.operator.erase_user("user-1", dry_run=False),
    "stats": lambda world: world.operator.stats(),
    "stats of the whole table": lambda world: world.operator.stats(whole_table=True),
    "verify_table": lambda world: world.operator.verify_table(),
}

# One method for each kind of request.
ONE_OF_EACH = ("create_job", "get_job", "get_job_by_idempotency_key", "update_job", "get_jobs", "purge_jobs")
WITH_ALL = ("get_job", "find_job", "claim_job", "get_jobs", "list_jobs")
OF_ALL_SHARDS = ("list_overdue", "list_failed", "recover_jobs", "stats")
READERS = (
    "get_job",
    "get_job_by_idempotency_key",
    "find_job",
    "find_status",
    "wait_for_job",
    "list_jobs",
    "iter_jobs",
    "get_jobs",
    *OF_ALL_SHARDS,
    "stats of the whole table",
    "verify_table",
)
HTML = b"<html>" + CANARY.encode() + b"</html>"
MESSAGE = json.dumps({"message": CANARY}).encode()
OTHER = b'{"job_id":{"S":"other"},"status":{"S":"COMPLETED"},"created_at":{"S":"2036"},"note":{"S":"the-text-of-a-cv"}}'
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"the-text-of-a-cv"',
    "a number": b"5",
    "a cut object": b'{"Item":{"note":{"S":"the-text-of-a-cv',
    "no UTF-8": b'{"Item":\xff\xfe}',
    "a page of HTML": HTML,
    "a message": MESSAGE,
    "an error": json.dumps({"__type": "com.amazonaws.dynamodb#ThrottlingException", "message": CANARY}).encode(),
    "a null item": b'{"Item":null,"Attributes":null,"Items":null,"Responses":null,"Table":null}',
    "a number for an item": b'{"Item":5,"Attributes":5}',
    "an item without an id": b'{"Item":{"note":{"S":"the-text-of-a-cv"}}}',
    "attributes without an id": b'{"Attributes":{"note":{"S":"the-text-of-a-cv"}}}',
    "an item of another job": b'{"Item":' + OTHER + b"}",
    "attributes of another job": b'{"Attributes":' + OTHER + b"}",
    "an id that is a number": b'{"Item":{"job_id":{"N":"1"}}}',
    "an id with two types": b'{"Item":{"job_id":{"S":"waiting","N":"1"}}}',
    "items that are none": b'{"Items":[5]}',
    "items that are an object": b'{"Items":{"a":1}}',
    "items without an id": b'{"Items":[{}]}',
    "responses that are a list": b'{"Responses":[1]}',
    "responses of other jobs": b'{"Responses":{"TABLE":[' + OTHER + b"]}}",
    "unprocessed keys that are none": b'{"Responses":{},"UnprocessedKeys":{"TABLE":5}}',
    "unprocessed keys of other jobs": b'{"Responses":{},"UnprocessedKeys":{"TABLE":{"Keys":[{"job_id":{"S":"x"}}]}}}',
    "a count that is none": b'{"Items":[],"ScannedCount":"the-text-of-a-cv"}',
    "a key that is none": b'{"Items":[],"LastEvaluatedKey":5}',
    "a key that never moves": b'{"Items":[],"LastEvaluatedKey":{"job_id":{"S":"a"}}}',
    "a deep one": b'{"Item":' + b'{"M":' * 200_000 + b"1" + b"}" * 200_001,
    "a deep list": b"[" * 200_000,
}
STATUSES = (201, 202, 204, 206, 300, 301, 304, 400, 401, 403, 404, 407, 413, 429, 500, 503)
NO_SUCCESS = (201, 202, 204, 206)


def reply(status: int, body: bytes) -> Change:
    return lambda _, __: (status, body)


def _request_as(status: int, request: bytes, _: bytes) -> tuple[int, bytes]:
    return status, request


def _answer_as(status: int, _: bytes, answer: bytes) -> tuple[int, bytes]:
    return status, answer


def told() -> Iterator[tuple[str, bool, Change]]:
    """Answers that show no success: their names, whether the request is carried out, and how they are made."""
    for name, body in BODIES.items():
        yield f"200 with {name}", False, reply(200, body)
    for status in STATUSES:
        yield f"{status} with HTML", False, reply(status, HTML)
    for status in (*NO_SUCCESS, 400, 403, 502):
        yield f"{status} with the request", False, partial(_request_as, status)
    for status in (*NO_SUCCESS, 400):
        yield f"{status} with the answer", True, partial(_answer_as, status)
    for status in (400, 407, 429, 503):
        yield f"{status} with a message", False, reply(status, MESSAGE)
        yield f"{status} with a list", False, reply(status, b'["the-text-of-a-cv"]')
        yield f"{status} with a strange type", False, reply(status, b'{"__type":5,"message":"the-text-of-a-cv"}')
        yield f"{status} with a value as type", False, reply(status, b'{"__type":"the-text-of-a-cv"}')
    yield "200 with the request", False, lambda request, _: (200, request)
    yield "200 with half the request", False, lambda request, _: (200, request[: len(request) // 2])
    yield "400 with half the request", False, lambda request, _: (400, request[: len(request) // 2])
    yield "200 with half the answer", True, lambda _, answer: (200, answer[: len(answer) // 2])
    yield "200 with all but the end", True, lambda _, answer: (200, answer[:-1])


ANSWERS = list(told())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    if engine.name != "moto":
        pytest.skip("The answers are changed inside the process")
    monkeypatch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda *_: True)
    name = create_table(f"answers-{next(_numbers)}", optional_indexes=True).unwrap()
    repository = JobsRepository(name, clock=clock, deadline=60)
    faults = Faults(repository.dynamodb.meta.client)
    yield World(repository, JobsOperator(repository), faults, clock)
    faults.stop()


@pytest.fixture
def injected(world: World) -> Iterator[World]:
    """The same on a resource that the library has no handlers on."""
    dynamodb = boto3.resource("dynamodb")
    repository = JobsRepository(
        world.repository.table_name, clock=world.clock, dynamodb=dynamodb, transport="boto3", deadline=60
    )
    faults = Faults(dynamodb.meta.client)
    yield World(repository, JobsOperator(repository), faults, world.clock)
    faults.stop()


def outcome(method: str, world: World) -> Any:
    """What a call gives; the two reads of the contract may raise what botocore raises."""
    try:
        return METHODS[method](world)
    except (BotoCoreError, ClientError) as error:
        if not method.startswith("get_job") or method == "get_jobs":
            raise
        return error


def shown(given: Any, caplog: pytest.LogCaptureFixture) -> str:
    """All that people and logs get to see."""
    lines = [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    error = given.error if isinstance(given, Result) else given if isinstance(given, Exception) else ""
    return f"{given if isinstance(given, Result) else ''} {error} {lines}"


def code_of(given: Any) -> ResultCode:
    """The code of a result; for the reads of the contract, what stands for it."""
    if isinstance(given, Result):
        return given.code
    return ResultCode.UNAVAILABLE if given is None or isinstance(given, Exception) else ResultCode.SUCCESS


def given_every_answer(world: World, method: str, caplog: pytest.LogCaptureFixture) -> Iterator[tuple[str, Any]]:
    """The outcome of a method for each answer; none of them leaves it as an exception, or shows a value."""
    for number, (name, carried_out, change) in enumerate(ANSWERS):
        if carried_out or not number:
            world.seed()
        caplog.clear()
        world.faults.garble(_for_table(change, world), carried_out=carried_out)
        given = outcome(method, world)
        world.faults.clear()
        if CANARY in shown(given, caplog):
            yield name, f"shows a value: {shown(given, caplog)}"
        yield name, given


def _for_table(change: Change, world: World) -> Change:
    name = world.repository.table_name.encode()

    def changed(request: bytes, answer: bytes) -> tuple[int, bytes]:
        status, body = change(request, answer)
        return status, body.replace(b"TABLE", name) if len(body) < 1000 else body

    return changed


@needs_before_parse
@pytest.mark.parametrize("method", METHODS)
def test_what_is_no_answer_of_dynamodb_is_unavailable(
    world: World, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    wrong = []
    for name, given in given_every_answer(world, method, caplog):
        throttled = name.startswith("429") and isinstance(given, Result) and method != "wait_for_job"
        if code_of(given) is not (ResultCode.THROTTLED if throttled else ResultCode.UNAVAILABLE):
            wrong.append(f"{name}: {given!r}")

    assert wrong == []


READ_BY_BOTOCORE = ("200 with an id with two types",)  # it takes the first one


@pytest.mark.parametrize("method", ONE_OF_EACH)
def test_what_is_no_answer_of_dynamodb_is_no_success_on_an_injected_resource_either(
    injected: World, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    """botocore alone reads it there: what has lost its form by then cannot be told from a good answer."""
    wrong = []
    for name, given in given_every_answer(injected, method, caplog):
        if code_of(given) not in (ResultCode.UNAVAILABLE, ResultCode.THROTTLED) and name not in READ_BY_BOTOCORE:
            wrong.append(f"{name}: {given!r}")

    assert wrong == []


def packed(text: bytes) -> bytes:
    return b'{"B":"' + b64encode(MAGIC + zlib.compress(text)) + b'"}'


STRANGE: dict[str, bytes] = {
    "not a number": b'{"N":"NaN"}',
    "a signalling one": b'{"N":"sNaN"}',
    "infinity": b'{"N":"-Infinity"}',
    "a bare NaN": b'{"N":NaN}',
    "a bare infinity": b'{"N":Infinity}',
    "a bare number": b'{"N":5}',
    "an exponent": b'{"N":"1e9999999999"}',
    "a bare exponent": b'{"N":1e9999999999}',
    "39 digits": b'{"N":"' + b"1" * 39 + b'"}',
    "no digits": b'{"N":"the-text-of-a-cv"}',
    "a new type": b'{"NEW":"the-text-of-a-cv"}',
    "two types": b'{"S":"the-text-of-a-cv","N":"1"}',
    "no type": b"{}",
    "no object": b'"the-text-of-a-cv"',
    "null": b"null",
    "no Base64": b'{"B":"the text of a cv!"}',
    "a set that is none": b'{"SS":"the-text-of-a-cv"}',
    "a set of lists": b'{"SS":[["the-text-of-a-cv"]]}',
    "a list that is none": b'{"L":{"a":1}}',
    "a map that is none": b'{"M":["the-text-of-a-cv"]}',
    "a flag that is none": b'{"BOOL":"the-text-of-a-cv"}',
    "a null that is none": b'{"NULL":"the-text-of-a-cv"}',
    "a text that is none": b'{"S":5}',
    "300 levels": b'{"M":{"a":' * 300 + b'{"S":"x"}' + b"}}" * 300,
    "300 levels of lists": b'{"L":[' * 300 + b'{"S":"x"}' + b"]}" * 300,
    "packed levels": packed(b"[" * 200_000 + b"]" * 200_000),
    "a packed NaN": packed(b'{"a":NaN}'),
    "a packed exponent": packed(b'{"a":1e9999999999}'),
}
_MARKED = re.compile(rb'"input_data": ?\{"M": ?\{"text": ?\{"S": ?"[a-z-]+"\}\}\}')
# They show many jobs, and only the strange ones of them are left out.
OF_MANY = (
    *("list_jobs", "iter_jobs", "get_jobs", "list_overdue", "list_failed", "recover_jobs", "stats"),
    *("purge_jobs", "erase_user", "verify_table"),
)
# They have the record themselves, and DynamoDB does not send it.
WITHOUT_A_RECORD = ("create_job", "submit_job")


def strange(value: bytes) -> Change:
    """Makes a payload strange wherever the answer shows one."""
    return lambda _, answer: (200, _MARKED.sub(b'"input_data":' + value, answer))


@needs_before_parse
@pytest.mark.parametrize("method", METHODS)
def test_a_strange_record_is_corrupt_and_spoils_no_other(
    world: World, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    wrong = []
    for number, (name, value) in enumerate(STRANGE.items()):
        if number % (10 if method in OF_ALL_SHARDS else 4) and method not in WITH_ALL:
            continue  # one reader serves them all
        if not number or method not in READERS:
            world.seed()
        caplog.clear()
        world.faults.garble(strange(value))
        given = outcome(method, world)
        world.faults.clear()
        good = method.startswith(OF_MANY) or method in (*WITHOUT_A_RECORD, "find_status")
        if isinstance(given, Result) and given.code is not (ResultCode.SUCCESS if good else ResultCode.CORRUPT_RECORD):
            wrong.append(f"{name}: {given!r}")
        if not isinstance(given, Result) and not isinstance(given, BotoCoreError):
            wrong.append(f"{name}: {type(given)}")
        if CANARY in shown(given, caplog):
            wrong.append(f"{name} shows a value: {shown(given, caplog)}")

    assert wrong == []


@needs_before_parse
@pytest.mark.parametrize("method", ["get_job", "find_job"])
def test_a_strange_record_is_corrupt_for_exact_numbers_too(world: World, method: str) -> None:
    repository = JobsRepository(world.repository.table_name, clock=world.clock, exact_numbers=True)
    world = world._replace(repository=repository)
    world.seed()
    for value in STRANGE.values():
        world.faults.garble(strange(value))
        given = outcome(method, world)
        world.faults.clear()

        assert isinstance(given, BotoCoreError) or given.code is ResultCode.CORRUPT_RECORD


@pytest.mark.parametrize("method", ONE_OF_EACH)
def test_a_botocore_without_before_parse_leaves_less_to_see_and_no_success_either(
    world: World, caplog: pytest.LogCaptureFixture, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library then looks at each answer after botocore has read it."""
    monkeypatch.setattr(shortcut.Exchange, "exclusive", property(lambda _: False))
    wrong = []
    for name, given in given_every_answer(world, method, caplog):
        if code_of(given) not in (ResultCode.UNAVAILABLE, ResultCode.THROTTLED) and name not in READ_BY_BOTOCORE:
            wrong.append(f"{name}: {given!r}")

    assert wrong == []


@pytest.mark.parametrize("when_read", ["find_job", "get_jobs", "purge_jobs", "update_job", "create_job"])
def test_a_wrong_checksum_is_no_success(world: World, when_read: str) -> None:
    """botocore asks three times, and takes the third answer however wrong it is."""
    world.seed()
    for checksum in ("1", "no number"):
        world.faults.garble(lambda _, answer: (200, answer), headers={"x-amz-crc32": checksum})
        given = outcome(when_read, world)
        world.faults.clear()

        assert given.code is ResultCode.UNAVAILABLE


def test_a_right_checksum_is_a_success(world: World) -> None:
    world.seed()
    answer = b'{"Item":{"job_id":{"S":"waiting"},"status":{"S":"PENDING"}}}'
    right = {"x-amz-crc32": str(zlib.crc32(answer))}
    world.faults.garble(lambda *_: (200, answer), carried_out=False, headers=right)

    assert world.repository.find_job("waiting").unwrap() == {"job_id": "waiting", "status": "PENDING"}


def test_an_update_without_its_new_record_is_no_success(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.seed()
    world.faults.garble(lambda *_: (200, b"{}"), carried_out=False, operation="UpdateItem")
    assert world.repository.complete_job(world.claim).code is ResultCode.UNAVAILABLE

    monkeypatch.setattr(world.repository.table, "update_item", lambda **_: {})
    assert world.repository.update_job("waiting", {"a": 1}).code is ResultCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("described", "operation"),
    [
        (b'{"Table":{"TableName":"x"}}', "DescribeTable"),
        (b'{"Table":{"GlobalSecondaryIndexes":[{}]}}', "DescribeTable"),
        (b"{}", "DescribeTable"),
        (b"{}", "DescribeTimeToLive"),
        (b"{}", "DescribeContinuousBackups"),
    ],
)
def test_a_description_that_says_nothing_is_no_verified_table(world: World, described: bytes, operation: str) -> None:
    world.faults.garble(lambda *_: (200, described), carried_out=False, operation=operation)

    verified = world.operator.verify_table()

    assert verified.code is ResultCode.UNAVAILABLE or verified.unwrap()[0].severity == "error"


@needs_before_parse
@pytest.mark.parametrize("capacity", [b'"the-text-of-a-cv"', b'{"CapacityUnits":"the-text-of-a-cv"}', b"[5]"])
def test_a_capacity_that_is_none_is_not_counted(world: World, capacity: bytes) -> None:
    events: list[Any] = []
    name, clock = world.repository.table_name, world.clock
    repository = JobsRepository(name, clock=clock, on_event=events.append, measure_capacity=True)
    world.seed()
    item = b'{"job_id":{"S":"waiting"},"status":{"S":"PENDING"}}'
    body = b'{"Item":' + item + b',"ConsumedCapacity":' + capacity + b"}"
    world.faults.garble(lambda *_: (200, body), carried_out=False)

    assert repository.find_job("waiting").success
    assert events[0].capacity.table_read == 0


def test_a_message_of_aws_is_shown_in_part_and_without_control_characters(world: World) -> None:
    world.faults.answer("AccessDeniedException", message="no\r\n\x1b[31m" + "x" * 1000)

    error = world.repository.find_job("waiting").error or ""

    assert error.startswith("DynamoDB error: no   [31mxxx")
    assert len(error) == len("DynamoDB error: ") + 200


def test_a_stand_in_for_a_table_need_not_answer_like_dynamodb(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Services' tests patch a Table's methods, with answers as short as they like."""
    monkeypatch.setattr(world.repository.table, "get_item", lambda **_: {"Item": {"status": "PENDING"}})
    monkeypatch.setattr(world.repository.table, "put_item", lambda **_: None)

    assert world.repository.get_job("waiting") == {"status": "PENDING"}
    assert world.repository.create_job(NEW).success
