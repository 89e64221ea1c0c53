"""Whatever a server answers, both ways have the same code, the same text and the same number of copies."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from careervp_jobs_dal import Claim, JobRecord, JobsOperator, JobsRepository, ResultCode
from careervp_jobs_dal.aws.expectation import read_error
from careervp_jobs_dal.aws.time_out import require_time
from careervp_jobs_dal.aws.transport import Delivery
from tests.conftest import CANARY
from tests.transport.conftest import Make
from tests.transport.server import FOUND, JOB, Behaviour, Server, answer, dripping, error, hang_up, raw, silence

NOW = datetime(2026, 2, 3, 13, 5, 32, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CLAIM = Claim(JobRecord({"job_id": "vpr-1"}), 1, 3, "mine", NOW)
HELD = {**JOB, "status": {"S": "PROCESSING"}, "claim_id": {"S": "another"}, "attempt": {"N": "2"}}

CALLS: dict[str, Callable[[JobsRepository], Any]] = {
    "find": lambda jobs: jobs.find_job("vpr-1"),
    "complete": lambda jobs: jobs.complete_job(CLAIM),
    "submit": lambda jobs: jobs.submit_job("key", {"text": CANARY}),
    "query": lambda jobs: JobsOperator(jobs).list_jobs(user_id="anna"),
    "batch": lambda jobs: JobsOperator(jobs).get_jobs(["vpr-1"]),
    "update": lambda jobs: jobs.update_job("vpr-1", {"note": CANARY}),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
WRITES = ("complete", "submit", "update")

HTML = b"<html>\x1b[31m" + CANARY.encode() * 99 + b"</html>"
GARBLED: dict[str, Behaviour] = {
    "202 without a body": answer(202, b"", reason="Accepted"),
    "204": raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "201 with HTML": answer(201, HTML, reason="Created"),
    "200 with HTML": answer(200, HTML),
    "200 without a body": answer(200, b""),
    "a message and no member": answer(200, {"message": CANARY}),
    "a list": answer(200, [FOUND]),
    "a cut body": answer(200, b'{"Item":{"job_id"'),
}
REPEATED: dict[str, tuple[Behaviour, ResultCode]] = {
    "500 of DynamoDB": (error("InternalServerError", status=500), ResultCode.UNAVAILABLE),
    "503 of a proxy": (answer(503, HTML, reason="Busy"), ResultCode.UNAVAILABLE),
    "throttled": (error("ThrottlingException", "slower"), ResultCode.THROTTLED),
    "too many requests for a table": (error("ProvisionedThroughputExceededException"), ResultCode.THROTTLED),
    "hung up": (hang_up, ResultCode.UNAVAILABLE),
    "another checksum": (answer(checksum="1"), ResultCode.UNAVAILABLE),
}
REFUSED: dict[str, tuple[Behaviour, ResultCode]] = {
    "access denied": (error("AccessDeniedException"), ResultCode.ACCESS_DENIED),
    "expired token": (error("ExpiredTokenException"), ResultCode.ACCESS_DENIED),
    "no such table": (error("ResourceNotFoundException"), ResultCode.CONFIG_ERROR),
    "not valid": (error("ValidationException", CANARY), ResultCode.DYNAMODB_ERROR),
    "429 of a proxy": (answer(429, HTML), ResultCode.THROTTLED),
    "407 of a proxy": (answer(407, HTML), ResultCode.UNAVAILABLE),
    "a redirect": (answer(302, HTML), ResultCode.UNAVAILABLE),
    "400 of a proxy": (answer(400, HTML), ResultCode.UNAVAILABLE),
    "an error that echoes": (answer(400, {"message": CANARY, "Item": JOB}), ResultCode.UNAVAILABLE),
}


def shows_nothing(result: Any, caplog: pytest.LogCaptureFixture) -> bool:
    said = repr(result) + str(result.error) + caplog.text + repr([vars(record) for record in caplog.records])
    return CANARY not in said and "\x1b" not in said


@every_call
@pytest.mark.parametrize("name", GARBLED)
def test_an_answer_of_another_form_is_unavailable(
    server: Server, make: Make, call: Callable[[JobsRepository], Any], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.usual = GARBLED[name]

    result = call(make())

    assert result.code is ResultCode.UNAVAILABLE
    assert result.retryable
    assert shows_nothing(result, caplog)


@every_call
@pytest.mark.parametrize("name", REPEATED)
def test_a_failure_that_may_pass_is_sent_three_times(
    server: Server, make: Make, call: Callable[[JobsRepository], Any], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.usual, code = REPEATED[name]

    result = call(make(deadline=60))

    assert result.code is code
    assert len(server.sent) == 3
    assert shows_nothing(result, caplog)


@every_call
@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_final(
    server: Server, make: Make, call: Callable[[JobsRepository], Any], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.usual, code = REFUSED[name]

    result = call(make(deadline=60))

    assert result.code is code
    assert len(server.sent) == 1 or "429" in name  # newer versions of botocore try again
    assert shows_nothing(result, caplog)


@pytest.mark.parametrize("call", [CALLS[name] for name in WRITES], ids=WRITES)
@pytest.mark.parametrize("second", ["throttled", "access denied", "no such table"])
def test_a_write_whose_first_answer_was_lost_is_in_doubt_whatever_ends_it(
    server: Server, make: Make, call: Callable[[JobsRepository], Any], second: str
) -> None:
    server.plan(hang_up)
    server.usual = (REPEATED | REFUSED)[second][0]

    result = call(make(deadline=60))

    assert result.code is ResultCode.UNAVAILABLE
    assert "not known" in (result.error or "")


def test_a_refusal_carries_the_record_that_refused(server: Server, make: Make) -> None:
    server.usual = error("ConditionalCheckFailedException", Item=HELD)

    lost = make().complete_job(CLAIM)

    assert (lost.code, lost.record and lost.record["claim_id"]) == (ResultCode.LEASE_LOST, "another")
    assert len(server.sent) == 1


def test_a_write_that_was_sent_twice_finds_its_own_first_copy(server: Server, make: Make) -> None:
    mine = {**JOB, "status": {"S": "COMPLETED"}, "claim_id": {"S": "mine"}, "attempt": {"N": "1"}}
    server.plan(hang_up, error("ConditionalCheckFailedException", Item=mine))

    assert make(deadline=60).complete_job(CLAIM).code is ResultCode.SUCCESS


@pytest.mark.parametrize("kind", ["TransactionConflictException", "TransactionCanceledException"])
def test_a_clash_with_another_writer_is_tried_again(server: Server, make: Make, kind: str) -> None:
    server.plan(error(kind), answer(200, {"Attributes": {**HELD, "claim_id": {"S": "mine"}}}))

    assert make().complete_job(CLAIM).code is ResultCode.SUCCESS
    assert len(server.sent) == 2


def test_another_jobs_record_is_no_answer(server: Server, make: Make) -> None:
    server.usual = answer(200, {"Item": {**JOB, "job_id": {"S": "another"}}})

    assert make().find_job("vpr-1").code is ResultCode.UNAVAILABLE


def test_an_update_without_the_new_record_is_no_success(server: Server, make: Make) -> None:
    server.usual = answer(200, {})

    assert make().complete_job(CLAIM).code is ResultCode.UNAVAILABLE
    assert make().find_job("vpr-1").code is ResultCode.NOT_FOUND


@pytest.mark.usefixtures("real_sleep")
@pytest.mark.parametrize("deadline", [0.4, 1.0])
@pytest.mark.parametrize("slow", ["the head", "the body", "nothing"])
def test_the_deadline_is_the_whole_calls(server: Server, make: Make, deadline: float, slow: str) -> None:
    """A byte now and then exceeds no time-out of the socket."""
    body = answer(200, b" " * 4000 + b'{"Item":{}}')
    server.usual = {"the head": dripping(body, 0.05), "the body": _slow_body, "nothing": silence()}[slow]
    jobs = make(deadline=deadline)
    jobs.connect().unwrap()

    began = time.monotonic()
    result = jobs.find_job("vpr-1")

    assert result.code is ResultCode.UNAVAILABLE
    assert time.monotonic() - began < deadline + 1


def _slow_body(connection: Any, sent: Any) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
    return dripping(raw(b'{"Item":' + b" " * 90), 0.05)(connection, sent)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://no-such-host.invalid"])
def test_no_connection_is_unavailable_and_leaves_no_doubt(
    make: Make, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)

    result = make(deadline=60).complete_job(CLAIM)

    assert result.code is ResultCode.UNAVAILABLE
    assert "not known" not in (result.error or "")


def test_the_contracts_reads_raise_what_boto3_raises(server: Server, make: Make) -> None:
    jobs = make(deadline=60)
    server.plan(error("AccessDeniedException"))
    assert jobs.get_job("vpr-1") is None

    server.plan(error("AccessDeniedException"))
    with pytest.raises(ClientError, match=r"GetItem.*as AWS puts it"):
        make(deadline=60, on_read_error="raise").get_job("vpr-1")

    server.usual = hang_up
    with pytest.raises(BotoCoreError, match="closed"):
        jobs.get_job("vpr-1")

    server.usual = GARBLED["200 with HTML"]
    with pytest.raises(BotoCoreError):
        jobs.get_job("vpr-1")


def test_a_read_without_connection_raises_what_boto3_raises(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1")

    with pytest.raises(BotoCoreError, match="Could not connect"):
        make(deadline=60).get_job("vpr-1")


def test_a_log_line_says_the_same_of_both(server: Server, make: Make, caplog: pytest.LogCaptureFixture) -> None:
    server.usual = error("ThrottlingException")

    make(deadline=60).find_job("vpr-1")

    (record,) = caplog.records
    facts = vars(record)
    assert [facts[name] for name in ("code", "error_code", "job_id", "table", "request_id")] == [
        "THROTTLED",
        "ThrottlingException",
        "vpr-1",
        "jobs",
        "REQUEST-1",
    ]
    assert facts["frames"]


def test_capacity_and_events_are_the_same(server: Server, make: Make) -> None:
    events: list[Any] = []
    server.usual = answer(200, {**FOUND, "ConsumedCapacity": {"TableName": "jobs", "CapacityUnits": 1.0}})

    make(on_event=events.append, measure_capacity=True).find_job("vpr-1").unwrap()

    assert server.sent[0].body["ReturnConsumedCapacity"] == "INDEXES"
    assert [(event.verb, event.requests, event.capacity.table_read) for event in events] == [("find", 1, 1.0)]


def test_what_is_sent_is_the_same(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: dict[str, list[Any]] = {}
    for way in ("boto3", "direct"):
        jobs = JobsRepository("jobs", transport=way, clock=lambda: NOW)
        monkeypatch.setattr("careervp_jobs_dal.repository.new_nonce", lambda: "nonce")
        for call in CALLS.values():
            call(jobs)
        jobs.update_job("vpr-1", {"mark": b"\x00", "names": {"a"}, "score": 0.5, "nested": {"é": [None, True]}})
        bodies[way] = [(sent.operation, sent.body) for sent in server.sent]
        server.sent.clear()

    assert bodies["direct"] == bodies["boto3"]


def test_a_failure_that_passes_is_not_seen(server: Server, make: Make) -> None:
    server.plan(error("InternalServerError", status=500))

    assert make(deadline=60).find_job("vpr-1").success
    assert len(server.sent) == 2


def test_nothing_of_an_answer_shows() -> None:
    assert (
        repr(Delivery({"Item": CANARY}, ValueError(CANARY)))
        == "Delivery(error=ValueError, resent=False, doubtful=False)"
    )
    assert CANARY not in repr(read_error(b'{"__type": "T", "message": "%b"}' % CANARY.encode()))


def test_a_step_that_begins_after_the_deadline_is_a_time_out() -> None:
    require_time(time.monotonic() + 60)
    with pytest.raises(TimeoutError):
        require_time(time.monotonic() - 1)


@pytest.mark.usefixtures("real_sleep")
def test_an_answer_that_comes_byte_by_byte_is_read_if_it_comes_in_time(server: Server, make: Make) -> None:
    server.plan(dripping(answer(), 0.0005))

    assert make().find_job("vpr-1").unwrap()["status"] == "PENDING"
