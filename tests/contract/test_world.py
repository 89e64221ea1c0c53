"""What the network and AWS can do to a call, and which code each of it becomes."""

from __future__ import annotations

import decimal
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import exceptions as botocore_exceptions
from botocore.exceptions import ClientError

from careervp_jobs_dal import Claim, JobRecord, JobsRepository, Result, ResultCode
from careervp_jobs_dal.aws import gateway, time_out
from tests.conftest import CANARY
from tests.faults import Faults

Job = dict[str, Any]
Call = Callable[[JobsRepository, Job], Result[Any]]

CLAIM = Claim(JobRecord({"job_id": "vpr-1", "note": CANARY}), 1, 3, "claim-1", datetime(2036, 2, 3, tzinfo=UTC))
CALLS: dict[str, Call] = {
    "create": lambda repository, job: repository.create_job(job),
    "update_status": lambda repository, job: repository.update_job_status("vpr-1", "COMPLETED", note=CANARY),
    "update": lambda repository, job: repository.update_job("vpr-1", {"note": CANARY}),
    "update_nothing": lambda repository, job: repository.update_job("vpr-1", {}),
    "submit": lambda repository, job: repository.submit_job("key", {"text": CANARY}),
    "find": lambda repository, job: repository.find_job("vpr-1"),
    "claim": lambda repository, job: repository.claim_job("vpr-1", lease=timedelta(minutes=1), worker_id=CANARY),
    "renew": lambda repository, job: repository.renew_claim(CLAIM, lease=timedelta(minutes=1), progress=CANARY),
    "complete": lambda repository, job: repository.complete_job(CLAIM, note=CANARY),
    "fail": lambda repository, job: repository.fail_job(CLAIM, CANARY),
    "cancel": lambda repository, job: repository.cancel_job("vpr-1"),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)

AWS_ERRORS = {
    ResultCode.THROTTLED: [
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "Throttling",
        "TooManyRequestsException",
    ],
    ResultCode.CONFLICT: ["TransactionConflictException", "ReplicatedWriteConflictException"],
    ResultCode.ACCESS_DENIED: [
        "AccessDeniedException",
        "ExpiredTokenException",
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
    ],
    ResultCode.CONFIG_ERROR: ["ResourceNotFoundException"],
    ResultCode.DYNAMODB_ERROR: ["SomethingNewException", "ItemCollectionSizeLimitExceededException"],
}
UNREACHED = {
    "connect time-out": botocore_exceptions.ConnectTimeoutError,
    "read time-out": botocore_exceptions.ReadTimeoutError,
    "unreachable": botocore_exceptions.EndpointConnectionError,
    "reset": botocore_exceptions.ConnectionClosedError,
    "proxy": botocore_exceptions.ProxyConnectionError,
}


class FakeTime(SimpleNamespace):
    """A clock that moves only when someone sleeps."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def endless_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client whose calls failed often stops retrying for a while; here all tests share one."""
    monkeypatch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda *_: True)


@pytest.fixture
def fake_time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr(gateway, "time", fake)
    monkeypatch.setattr(time_out, "time", fake)
    monkeypatch.setattr("time.sleep", fake.sleep)
    return fake


def codes(caplog: pytest.LogCaptureFixture) -> set[ResultCode]:
    """The codes of all that was logged."""
    return {vars(record)["code"] for record in caplog.records}


@pytest.fixture
def created(repository: JobsRepository, job: Job) -> Job:
    return repository.create_job({**job, "job_id": "vpr-1"}).unwrap()


@every_call
@pytest.mark.parametrize(
    ("error_code", "code"),
    [(error_code, code) for code, error_codes in AWS_ERRORS.items() for error_code in error_codes],
)
def test_an_aws_error_becomes_its_code_with_its_message(
    repository: JobsRepository,
    job: Job,
    faults: Faults,
    fake_time: FakeTime,
    call: Call,
    error_code: str,
    code: ResultCode,
) -> None:
    faults.answer(error_code, message="as AWS puts it")

    failed = call(repository, job)

    assert failed.code is code
    assert (failed.error or "").startswith("DynamoDB error: as AWS puts it")
    assert failed.retryable is (code in (ResultCode.THROTTLED, ResultCode.CONFLICT))


@every_call
@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("error_code", ["InternalServerError", "ServiceUnavailable", "Unknown"])
def test_a_server_error_for_ever_is_unavailable(
    repository: JobsRepository, job: Job, faults: Faults, call: Call, error_code: str, status: int
) -> None:
    faults.answer(error_code, status=status)

    assert call(repository, job).code is ResultCode.UNAVAILABLE
    assert len(faults.sent) == 3


@every_call
@pytest.mark.parametrize("error", UNREACHED.values(), ids=UNREACHED)
def test_a_network_that_fails_for_ever_is_unavailable(
    repository: JobsRepository, job: Job, faults: Faults, call: Call, error: Any
) -> None:
    faults.fail(lambda: error(endpoint_url=CANARY, proxy_url=CANARY, error=CANARY))

    failed = call(repository, job)

    assert (failed.code, failed.retryable) == (ResultCode.UNAVAILABLE, True)
    assert CANARY not in (failed.error or "")


@pytest.mark.parametrize("times", [1, 2])
def test_a_server_error_that_passes_is_not_seen(
    repository: JobsRepository, job: Job, faults: Faults, times: int
) -> None:
    faults.answer("InternalServerError", status=500, times=times)

    assert repository.create_job(job).success


def test_a_reply_lost_on_every_attempt_is_unavailable_and_the_job_is_there(
    repository: JobsRepository, job: Job, faults: Faults
) -> None:
    faults.lose_reply(times=3)

    assert repository.create_job(job).code is ResultCode.UNAVAILABLE
    assert repository.create_job(job).record == job


@pytest.mark.parametrize("error_code", ["TransactionConflictException", "TransactionCanceledException"])
def test_a_clash_with_another_writer_is_tried_again(
    repository: JobsRepository, created: Job, faults: Faults, fake_time: FakeTime, error_code: str
) -> None:
    faults.answer(error_code, times=4)

    assert repository.update_job_status("vpr-1", "COMPLETED").success
    assert len(faults.sent) == 5
    assert 0 < fake_time.now < 2


def test_a_clash_for_ever_ends_within_the_deadline(
    repository: JobsRepository, job: Job, faults: Faults, fake_time: FakeTime
) -> None:
    faults.answer("TransactionConflictException")

    assert repository.create_job(job).code is ResultCode.CONFLICT
    assert 8 < fake_time.now <= 10


def test_a_write_that_was_tried_again_after_a_clash_recognises_itself(
    repository: JobsRepository, job: Job, faults: Faults, fake_time: FakeTime
) -> None:
    faults.lose_reply()
    faults.answer("TransactionConflictException", times=1)

    assert repository.create_job(job).success


@pytest.mark.parametrize("deadline", [0.5, 4, 10, 30])
@pytest.mark.parametrize("slow", ["time-out", "server error"])
def test_no_call_outlasts_its_deadline(
    table_name: str, job: Job, fake_time: FakeTime, deadline: float, slow: str, transport: str
) -> None:
    repository = JobsRepository(table_name, deadline=deadline)
    faults = Faults(repository.dynamodb.meta.client)
    config: Any = repository.dynamodb.meta.client.meta.config
    longest = config.connect_timeout + config.read_timeout

    def time_out() -> Exception:
        fake_time.now = min(fake_time.now + longest, deadline)  # a step on a socket ends with the call
        return botocore_exceptions.ReadTimeoutError(endpoint_url="")

    if slow == "time-out":
        faults.fail(time_out)
    else:
        faults.answer("InternalServerError", status=500, before=time_out)

    failed = repository.create_job(job)
    faults.stop()

    assert failed.code is ResultCode.UNAVAILABLE
    assert fake_time.now <= deadline
    # botocore begins no attempt that could be cut short; the direct way begins it if its pause ends in time.
    expected = {0.5: {1}, 4: {1}, 10: {2}, 30: {3}} if transport == "boto3" else {0.5: {1}, 4: {1}, 10: {2, 3}, 30: {3}}
    assert len(faults.sent) in expected[deadline]


def test_a_refusal_near_the_deadline_still_knows_that_it_was_sent_again(
    repository: JobsRepository, job: Job, faults: Faults, fake_time: FakeTime
) -> None:
    faults.lose_reply(before=lambda: fake_time.sleep(4))
    faults.drop_item(before=lambda: fake_time.sleep(4))

    assert repository.create_job(job).success


def test_no_request_is_begun_after_the_deadline(
    repository: JobsRepository, created: Job, faults: Faults, fake_time: FakeTime, caplog: pytest.LogCaptureFixture
) -> None:
    faults.answer("ConditionalCheckFailedException", times=1, before=lambda: fake_time.sleep(11))

    assert repository.create_job(created).code is ResultCode.UNAVAILABLE
    assert faults.sent == ["PutItem"]
    assert codes(caplog) == {ResultCode.UNAVAILABLE}


@every_call
@pytest.mark.parametrize("error_code", ["ValidationException", "SerializationException"])
def test_a_message_that_can_echo_values_is_put_in_our_words(
    repository: JobsRepository, job: Job, faults: Faults, call: Call, error_code: str
) -> None:
    faults.answer(error_code, message=f"invalid: {CANARY}")

    failed = call(repository, job)

    assert (failed.code, failed.error) == (ResultCode.DYNAMODB_ERROR, "DynamoDB error: the request is not valid")


def test_a_table_that_is_not_there_is_named(job: Job) -> None:
    failed = JobsRepository("no-such-table").create_job(job)

    assert failed.code is ResultCode.CONFIG_ERROR
    assert "no-such-table" in (failed.error or "")


def test_an_index_that_is_not_there_is_a_configuration_error(table_name: str, caplog: pytest.LogCaptureFixture) -> None:
    assert JobsRepository(table_name, "no-such-index").get_job_by_idempotency_key("key") is None
    assert codes(caplog) == {ResultCode.CONFIG_ERROR}


def test_an_index_that_is_not_there_is_told_from_the_message(
    repository: JobsRepository, faults: Faults, caplog: pytest.LogCaptureFixture
) -> None:
    faults.answer("ValidationException", message="The table does not have the specified index: x")

    assert repository.get_job_by_idempotency_key("key") is None
    assert codes(caplog) == {ResultCode.CONFIG_ERROR}


def test_a_stored_number_that_boto3_cannot_read_is_a_corrupt_record(repository: JobsRepository, faults: Faults) -> None:
    faults.fail(lambda: decimal.Rounded())

    assert repository.update_job("vpr-1", {}).code is ResultCode.CORRUPT_RECORD


def test_an_unknown_exception_is_an_error_without_its_text(
    repository: JobsRepository, job: Job, faults: Faults
) -> None:
    faults.fail(lambda: RuntimeError(CANARY))

    failed = repository.create_job(job)

    assert (failed.code, failed.error) == (ResultCode.DYNAMODB_ERROR, "DynamoDB error: unexpected (RuntimeError)")


@every_call
def test_an_interrupt_propagates(repository: JobsRepository, job: Job, faults: Faults, call: Call) -> None:
    faults.fail(KeyboardInterrupt)

    with pytest.raises(KeyboardInterrupt):
        call(repository, job)


READS: dict[str, Callable[[JobsRepository], Job | None]] = {
    "get": lambda repository: repository.get_job("vpr-1"),
    "get_by_idempotency_key": lambda repository: repository.get_job_by_idempotency_key("user-1/application-7"),
}
every_read = pytest.mark.parametrize("read", READS.values(), ids=READS)


@every_read
@pytest.mark.parametrize("error_code", ["AccessDeniedException", "ThrottlingException", "ValidationException"])
def test_a_read_that_aws_refuses_is_logged_and_none(
    repository: JobsRepository,
    created: Job,
    faults: Faults,
    caplog: pytest.LogCaptureFixture,
    read: Callable[[JobsRepository], Job | None],
    error_code: str,
) -> None:
    faults.answer(error_code)

    assert read(repository) is None
    line: Any
    (line,) = caplog.records
    assert line.levelno == logging.ERROR
    assert (line.error_code, line.request_id) == (error_code, "REQUEST-ID")
    assert line.job_id in ("vpr-1", None)


@every_read
def test_a_read_that_aws_refuses_raises_where_that_is_asked_for(
    table_name: str, repository: JobsRepository, faults: Faults, read: Callable[[JobsRepository], Job | None]
) -> None:
    faults.answer("AccessDeniedException")

    with pytest.raises(ClientError) as raised:
        read(JobsRepository(table_name, on_read_error="raise"))

    assert raised.value.response["Error"]["Code"] == "AccessDeniedException"


@every_read
@pytest.mark.parametrize("on_read_error", ["none", "raise"])
@pytest.mark.parametrize("error", UNREACHED.values(), ids=UNREACHED)
def test_a_read_that_does_not_reach_aws_raises_as_botocore_does(
    table_name: str,
    repository: JobsRepository,
    faults: Faults,
    read: Callable[[JobsRepository], Job | None],
    on_read_error: Any,
    error: Any,
) -> None:
    faults.fail(lambda: error(endpoint_url="", proxy_url="", error=""))

    with pytest.raises(error):
        read(JobsRepository(table_name, on_read_error=on_read_error))


def without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)


def without_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)


def with_a_malformed_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "no endpoint")


def with_an_unknown_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)


def with_an_unreachable_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")


SETTINGS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], ResultCode, str]] = {
    "no credentials": (without_credentials, ResultCode.ACCESS_DENIED, "NoCredentialsError"),
    "no region": (without_region, ResultCode.CONFIG_ERROR, "NoRegionError"),
    "malformed endpoint": (with_a_malformed_endpoint, ResultCode.CONFIG_ERROR, "ValueError"),
    "unknown profile": (with_an_unknown_profile, ResultCode.CONFIG_ERROR, "ProfileNotFound"),
    "unreachable host": (with_an_unreachable_host, ResultCode.UNAVAILABLE, "EndpointConnectionError"),
}


@pytest.mark.boto3
@pytest.mark.parametrize(("spoil", "code", "error"), SETTINGS.values(), ids=SETTINGS)
def test_wrong_settings_become_a_code_and_a_read_raises(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    job: Job,
    spoil: Callable[[pytest.MonkeyPatch], None],
    code: ResultCode,
    error: str,
) -> None:
    monkeypatch.setattr("moto.core.models.botocore_stubber.enabled", False)
    spoil(monkeypatch)
    repository = JobsRepository("jobs")

    failed = repository.create_job(job)

    assert (failed.code, f"({error})" in (failed.error or "")) == (code, True)
    with pytest.raises(Exception) as raised:  # noqa: PT011  # whichever botocore raises
        repository.get_job("vpr-1")
    assert type(raised.value).__name__ == error
    assert codes(caplog) == {code}


@pytest.mark.boto3
def test_connecting_early_tells_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    assert JobsRepository("jobs").connect().success

    without_region(monkeypatch)

    assert JobsRepository("jobs").connect().code is ResultCode.CONFIG_ERROR


@every_call
@pytest.mark.parametrize("error_code", ["AccessDeniedException", "ValidationException", "InternalServerError"])
def test_no_value_reaches_a_log_line(
    repository: JobsRepository,
    created: Job,
    faults: Faults,
    caplog: pytest.LogCaptureFixture,
    call: Call,
    error_code: str,
) -> None:
    caplog.set_level(logging.INFO)
    faults.answer(error_code, message="as AWS puts it")

    failed = call(repository, created)

    assert CANARY not in f"{failed!r} {failed.error}"
    assert caplog.records
    for record in caplog.records:
        assert CANARY not in json.dumps(vars(record), default=repr)
