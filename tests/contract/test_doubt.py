"""That nothing was written is said only where it is known: the last answer does not tell what became of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError

from careervp_jobs_dal import Claim, JobRecord, JobsOperator, JobsRepository, Result, ResultCode
from careervp_jobs_dal.job.instant import instant_text
from tests.conftest import CANARY, Clock
from tests.contract.test_world import FakeTime, fake_time
from tests.faults import Faults, needs_before_parse

__all__ = ["fake_time"]

Job = dict[str, Any]
Call = Callable[[JobsRepository], Result[Any]]

MINUTE = timedelta(minutes=1)


def claim(repository: JobsRepository) -> Claim:
    return Claim(JobRecord({"job_id": "held"}), 1, 3, "claim-1", repository.clock() + MINUTE)


WRITES: dict[str, Call] = {
    "create": lambda repository: repository.create_job(
        {"job_id": "new", "status": "PENDING", "created_at": "2026-02-03", "idempotency_key": "new"}
    ),
    "update_status": lambda repository: repository.update_job_status("waiting", "COMPLETED"),
    "update": lambda repository: repository.update_job("waiting", {"note": CANARY}),
    "submit": lambda repository: repository.submit_job("key", {"text": CANARY}),
    "claim": lambda repository: repository.claim_job("waiting", lease=MINUTE),
    "renew": lambda repository: repository.renew_claim(claim(repository), lease=MINUTE),
    "complete": lambda repository: repository.complete_job(claim(repository)),
    "fail": lambda repository: repository.fail_job(claim(repository), "reason"),
    "cancel": lambda repository: repository.cancel_job("waiting"),
    "retry": lambda repository: JobsOperator(repository).retry_job("failed"),
}
every_write = pytest.mark.parametrize("name", WRITES)
# These two read the job first.
BLIND = [name for name in WRITES if name not in ("cancel", "retry")]
ENDS = {
    "ThrottlingException": ResultCode.THROTTLED,
    "ExpiredTokenException": ResultCode.ACCESS_DENIED,
    "ResourceNotFoundException": ResultCode.CONFIG_ERROR,
    "ValidationException": ResultCode.DYNAMODB_ERROR,
    "SomethingNewException": ResultCode.DYNAMODB_ERROR,
    "TransactionConflictException": ResultCode.CONFLICT,
}


def closed() -> Exception:
    return ConnectionClosedError(endpoint_url="")


def lose(faults: Faults) -> None:
    faults.lose_reply()


def reset(faults: Faults) -> None:
    faults.fail(closed, times=1)


def break_inside(faults: Faults) -> None:
    faults.answer("InternalServerError", status=500, times=1)


def spoil_checksum(faults: Faults) -> None:
    faults.garble(lambda _, answer: (200, answer), headers={"x-amz-crc32": "1"}, times=1)


def cut_short(faults: Faults) -> None:
    faults.garble(lambda request, _: (503, request[:100]), times=1)


UNKNOWN: dict[str, Callable[[Faults], None]] = {
    "a lost reply": lose,
    "a reset": reset,
    "an error inside DynamoDB": break_inside,
    "a wrong checksum": spoil_checksum,
    "a cut answer": cut_short,
}
KNOWN: dict[str, Callable[[Faults], None]] = {
    "a throttle": lambda faults: faults.throttle(times=1),
    "a time-out before there was a connection": lambda faults: faults.fail(
        lambda: ConnectTimeoutError(endpoint_url=""), times=1
    ),
    "no connection": lambda faults: faults.fail(lambda: EndpointConnectionError(endpoint_url=""), times=1),
    "two clashes with another writer": lambda faults: faults.answer("TransactionConflictException", times=2),
    "too many requests for a proxy": lambda faults: faults.garble(lambda *_: (429, b""), carried_out=False, times=1),
}


@pytest.fixture(autouse=True)
def endless_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client whose calls failed often stops retrying for a while; here all tests share one."""
    monkeypatch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda *_: True)


@pytest.fixture(autouse=True)
def jobs(repository: JobsRepository) -> None:
    seed(repository)


def seed(repository: JobsRepository) -> None:
    """Put the jobs as they are before each call."""
    lease_end = instant_text(repository.clock() + MINUTE)
    held = {"status": "PROCESSING", "attempt": 1, "claim_id": "claim-1", "lease_expires_at": lease_end}
    states: Job = {"waiting": {"status": "PENDING"}, "held": held, "failed": {"status": "FAILED"}}
    for job_id, more in states.items():
        created_at = instant_text(repository.clock())
        item: Any = {"job_id": job_id, "created_at": created_at, "idempotency_key": job_id, **more}
        repository.table.put_item(Item=item)


@every_write
def test_a_write_whose_reply_was_lost_is_in_doubt_whatever_ends_it(
    repository: JobsRepository, faults: Faults, fake_time: FakeTime, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    operation = "PutItem" if name in ("create", "submit") else "UpdateItem"
    for error_code in ENDS:
        seed(repository)
        faults.lose_reply(operation=operation)
        faults.answer(error_code, message=CANARY, operation=operation)

        failed = WRITES[name](repository)
        faults.clear()

        assert (failed.code, failed.retryable) == (ResultCode.UNAVAILABLE, True)
        assert str(failed.error).startswith("It is not known whether job ")
        assert str(failed.error).endswith(f" was written ({error_code})")
        line: Any = caplog.records[-1]
        assert (line.code, line.error_code) == (ResultCode.UNAVAILABLE, error_code)
        assert error_code in line.getMessage()


@pytest.mark.parametrize("begin", UNKNOWN.values(), ids=UNKNOWN)
def test_each_end_of_an_attempt_that_tells_nothing_leaves_doubt(
    repository: JobsRepository, faults: Faults, fake_time: FakeTime, begin: Callable[[Faults], None]
) -> None:
    for error_code in ENDS:
        begin(faults)
        faults.answer(error_code)

        assert WRITES["claim"](repository).code is ResultCode.UNAVAILABLE
        faults.clear()


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(begin, id=name, marks=needs_before_parse if "for a proxy" in name else ())
        for name, begin in KNOWN.items()
    ],
)
def test_an_attempt_that_has_written_nothing_for_certain_leaves_none(
    repository: JobsRepository, faults: Faults, fake_time: FakeTime, begin: Callable[[Faults], None]
) -> None:
    for error_code, code in ENDS.items():
        begin(faults)
        faults.answer(error_code)

        assert WRITES["claim"](repository).code is code
        faults.clear()


def test_a_doubt_outlives_a_clash(repository: JobsRepository, faults: Faults, fake_time: FakeTime) -> None:
    faults.lose_reply()
    faults.answer("TransactionConflictException", times=2)
    faults.answer("AccessDeniedException")

    assert WRITES["claim"](repository).code is ResultCode.UNAVAILABLE


def test_one_copy_alone_can_leave_doubt(repository: JobsRepository, faults: Faults) -> None:
    faults.garble(lambda _, answer: (200, answer[:-1]), times=1)

    failed = WRITES["complete"](repository)

    assert failed.error == "It is not known whether job held was written (GarbledAnswerError)"
    assert (repository.get_job("held") or {})["status"] == "COMPLETED"


@pytest.mark.parametrize("name", BLIND)
@pytest.mark.parametrize("refused_again", ["ThrottlingException", "AccessDeniedException"])
def test_a_refusal_without_its_record_leaves_the_doubt_to_the_read(
    repository: JobsRepository, faults: Faults, name: str, refused_again: str
) -> None:
    """Who was it that refused the write: another job, or its own first copy?"""
    faults.lose_reply()
    faults.answer("ConditionalCheckFailedException", times=1)
    faults.answer(refused_again, operation="GetItem")

    failed = WRITES[name](repository)

    assert failed.code is ResultCode.UNAVAILABLE
    assert str(failed.error).startswith("It is not known whether")


def test_a_deadline_between_a_refusal_and_its_read_leaves_the_doubt(
    repository: JobsRepository, faults: Faults, fake_time: FakeTime
) -> None:
    faults.lose_reply()
    faults.answer("ConditionalCheckFailedException", before=lambda: fake_time.sleep(11), times=1)

    failed = WRITES["complete"](repository)

    assert failed.error == "It is not known whether job held was written (TimeoutError)"


def test_a_refusal_of_another_job_is_none(repository: JobsRepository, faults: Faults) -> None:
    item = b'{"__type":"#ConditionalCheckFailedException","Item":{"job_id":{"S":"other"},"status":{"S":"PENDING"}}}'
    faults.garble(lambda *_: (400, item), carried_out=False)

    failed = WRITES["complete"](repository)

    assert failed.error == "It is not known whether job held was written (GarbledAnswerError)"


@pytest.mark.parametrize("item", [b"5", b'"text"', b"[1]", b'{"job_id":5}'])
def test_a_refusal_with_what_is_no_record_is_none(repository: JobsRepository, faults: Faults, item: bytes) -> None:
    body = b'{"__type":"com.amazonaws.dynamodb#ConditionalCheckFailedException","Item":' + item + b"}"
    faults.garble(lambda *_: (400, body), carried_out=False)

    assert WRITES["complete"](repository).code is ResultCode.UNAVAILABLE


def test_a_refusal_with_a_strange_record_is_corrupt(repository: JobsRepository, faults: Faults) -> None:
    body = b'{"__type":"#ConditionalCheckFailedException","Item":{"job_id":{"S":"held"},"attempt":{"N":"NaN"}}}'
    faults.garble(lambda *_: (400, body), carried_out=False)

    failed = WRITES["complete"](repository)

    assert (failed.code, failed.error) == (ResultCode.CORRUPT_RECORD, "Job held has a corrupt record: attempt")


@pytest.mark.parametrize("status", [300, 500, 503])
def test_a_refusal_has_status_400(repository: JobsRepository, faults: Faults, status: int) -> None:
    faults.answer("ConditionalCheckFailedException", status=status)

    assert WRITES["complete"](repository).code is ResultCode.UNAVAILABLE


@pytest.mark.parametrize("error_code", ["ThrottlingException", "AccessDeniedException"])
def test_a_read_keeps_its_code(repository: JobsRepository, faults: Faults, error_code: str) -> None:
    faults.lose_reply()
    faults.answer(error_code)

    assert repository.find_job("waiting").code is ENDS.get(error_code, ResultCode.ACCESS_DENIED)


def test_a_purge_that_is_in_doubt_says_so(repository: JobsRepository, faults: Faults, clock: Clock) -> None:
    clock.advance(timedelta(days=1))
    faults.pass_through()
    faults.lose_reply()
    faults.answer("AccessDeniedException")

    purged = JobsOperator(repository).purge_jobs(older_than=MINUTE, dry_run=False)

    assert purged.code is ResultCode.UNAVAILABLE


class TestInjected:
    """A resource of the caller's own, on which the library has no handlers: it knows only how often a call was sent."""

    @pytest.fixture(params=["legacy", "standard"])
    def injected(self, request: pytest.FixtureRequest, table_name: str, clock: Clock) -> JobsRepository:
        config = Config(retries={"mode": request.param, "total_max_attempts": 3})
        return JobsRepository(
            table_name, clock=clock, dynamodb=boto3.resource("dynamodb", config=config), transport="boto3"
        )

    @pytest.fixture
    def its_faults(self, injected: JobsRepository) -> Iterator[Faults]:
        faults = Faults(injected.dynamodb.meta.client)
        yield faults
        faults.stop()

    @every_write
    def test_sent_more_than_once_is_in_doubt(
        self, injected: JobsRepository, its_faults: Faults, fake_time: FakeTime, name: str
    ) -> None:
        operation = "PutItem" if name in ("create", "submit") else "UpdateItem"
        for error_code in ENDS:
            seed(injected)
            its_faults.lose_reply(operation=operation)
            its_faults.answer(error_code, operation=operation)

            failed = WRITES[name](injected)
            its_faults.clear()

            assert failed.code is ResultCode.UNAVAILABLE
            assert str(failed.error).startswith("It is not known whether")

    @pytest.mark.parametrize("error_code", ["AccessDeniedException", "ResourceNotFoundException"])
    def test_sent_once_is_known(self, injected: JobsRepository, its_faults: Faults, error_code: str) -> None:
        its_faults.answer(error_code)

        assert WRITES["claim"](injected).code is ENDS.get(error_code, ResultCode.ACCESS_DENIED)

    def test_a_cut_answer_shows_nothing_of_the_record(self, injected: JobsRepository, its_faults: Faults) -> None:
        its_faults.garble(lambda request, _: (400, request[:-1]), carried_out=False)

        failed = WRITES["update"](injected)

        assert failed.error == "It is not known whether job waiting was written (HTTP 400)"

    def test_a_wrong_checksum_is_unavailable_in_legacy_mode(self, injected: JobsRepository, its_faults: Faults) -> None:
        """In standard mode, botocore takes the last answer without a word."""
        its_faults.garble(lambda _, answer: (200, answer), headers={"x-amz-crc32": "1"})
        config: Any = injected.dynamodb.meta.client.meta.config
        legacy = config.retries["mode"] == "legacy"

        assert injected.find_job("waiting").code is (ResultCode.UNAVAILABLE if legacy else ResultCode.SUCCESS)
