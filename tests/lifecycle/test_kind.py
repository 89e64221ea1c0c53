"""`JobKind`: one kind for both ends, from the submission to the end of the work."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from careervp_jobs_dal import (
    Claim,
    InvalidPayloadError,
    JobKind,
    JobsRepository,
    JobWorker,
    OtherKindError,
    ResultCode,
    Submission,
    Success,
)
from tests.conftest import CANARY
from tests.worker.invocation import Context, Sqs, event, failures

LEASE = timedelta(minutes=5)


@dataclass
class Letter:
    company: str
    tone: str = "plain"


LETTER = JobKind("letter", Letter, max_attempts=2)


def write(letter: Letter, claim: Claim) -> dict[str, Any]:
    return {"text": f"To {letter.company}", "attempts": claim.attempt}


def test_the_payload_goes_through_the_table(repository: JobsRepository) -> None:
    submission = LETTER.submit(repository, "a-7", Letter("Acme"), user_id="user-1", note="n").unwrap()

    job = submission.job
    assert (job["idempotency_key"], job["kind"], job["user_id"], job["max_attempts"], job["note"]) == (
        *("letter:a-7", "letter", "user-1", 2, "n"),
    )
    assert JobWorker(repository, LETTER.work(write)).process(submission.job_id, LEASE) is ResultCode.SUCCESS
    done = repository.find_job(submission.job_id).unwrap()
    assert (done["text"], done["attempts"]) == ("To Acme", 1)
    assert LETTER.payload_of(done) == Letter("Acme")


def test_an_option_of_one_submission_comes_before_the_kind_s(repository: JobsRepository) -> None:
    assert LETTER.submit(repository, "a-7", Letter("Acme"), max_attempts=5).unwrap().job["max_attempts"] == 5


def test_two_kinds_under_one_key_are_two_jobs(repository: JobsRepository) -> None:
    other = JobKind("report", Letter, prefix="")

    first, second = (kind.submit(repository, "a-7", Letter("Acme")).unwrap() for kind in (LETTER, other))

    assert first.job_id != second.job_id
    assert second.job["idempotency_key"] == other.key("a-7") == "a-7"


@pytest.mark.parametrize("key", ["", None, 7])
def test_a_key_that_is_none_is_refused_as_ever(repository: JobsRepository, key: Any) -> None:
    assert LETTER.submit(repository, key, Letter("Acme")).code is ResultCode.VALIDATION_ERROR


@pytest.mark.parametrize(
    ("stored", "error"),
    [
        ({"town": CANARY}, "InvalidPayloadError: input_data.company: is missing"),
        ({"company": {"name": CANARY}}, "InvalidPayloadError: input_data.company: must be str"),
    ],
)
def test_what_is_no_payload_of_the_kind_fails_the_job_at_once(
    repository: JobsRepository, caplog: pytest.LogCaptureFixture, stored: dict[str, Any], error: str
) -> None:
    job_id = repository.submit_job("key", stored, kind="letter").unwrap().job_id

    assert JobWorker(repository, LETTER.work(write)).process(job_id, LEASE) is ResultCode.SUCCESS
    job = repository.find_job(job_id).unwrap()
    assert (job["status"], job["attempt"], job["error"]) == ("FAILED", 1, error)
    assert CANARY not in caplog.text


def test_a_job_of_another_kind_is_left_to_its_own_worker(
    repository: JobsRepository, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = repository.submit_job("key", {"company": "Acme"}, kind="report", max_attempts=1).unwrap().job_id
    sqs = Sqs()
    letters = JobWorker(repository, LETTER.work(write), sqs=sqs)

    assert [letters(event(job_id), Context()) for _ in range(3)] == [failures(1)] * 3
    job = repository.find_job(job_id).unwrap()
    assert (job["status"], job["attempt"], job.get("error")) == ("PENDING", 0, None)
    assert sqs.asked == [], "it need not come back soon"
    assert sum("left to its own workers" in record.getMessage() for record in caplog.records) == 3
    reports = JobWorker(repository, JobKind("report", Letter).work(write))
    assert reports(event(job_id), Context()) == failures()
    assert repository.find_job(job_id).unwrap()["status"] == "COMPLETED"


def test_a_worker_by_hand_can_tell_another_kind_from_a_wrong_payload(repository: JobsRepository) -> None:
    with pytest.raises(OtherKindError, match="kind: the job is no letter"):
        LETTER.payload_of({"kind": "report", "input_data": {"company": "Acme"}})


def test_a_record_that_names_no_kind_may_be_of_this_one(repository: JobsRepository) -> None:
    job = repository.submit_job("key", {"company": "Acme"}).unwrap().job

    assert LETTER.payload_of(job) == Letter("Acme")


def test_a_worker_by_hand_gets_the_payload_or_an_error(repository: JobsRepository) -> None:
    job_id = repository.submit_job("key", {"town": "Acme"}, kind="letter").unwrap().job_id
    claim = repository.claim_job(job_id, lease=LEASE).unwrap()

    with pytest.raises(InvalidPayloadError):
        LETTER.payload_of(claim.job)


def test_an_error_of_the_work_itself_costs_an_attempt_as_ever(repository: JobsRepository) -> None:
    def fail(letter: Letter, claim: Claim) -> None:
        raise TimeoutError(letter.tone)

    job_id = LETTER.submit(repository, "a-7", Letter("Acme")).unwrap().job_id

    with pytest.raises(Exception, match="put back"):
        JobWorker(repository, LETTER.work(fail)).process(job_id, LEASE)


def test_a_repository_of_asyncio_is_awaited(repository: JobsRepository) -> None:
    class Later:
        async def submit_job(
            self, idempotency_key: str, input_data: Mapping[str, Any], **options: Any
        ) -> Success[Submission]:
            return Success(repository.submit_job(idempotency_key, input_data, **options).unwrap())

    async def submit() -> str:
        return (await LETTER.submit(Later(), "a-7", Letter("Acme"))).data.job["status"]

    assert asyncio.run(submit()) == "PENDING"


def test_its_repr_names_it() -> None:
    assert repr(LETTER) == "JobKind('letter')"


def test_work_that_is_awaited_gets_the_payload_as_well(repository: JobsRepository) -> None:
    async def write_later(letter: Letter, claim: Claim) -> str:
        return letter.company

    job_id = LETTER.submit(repository, "a-7", Letter("Acme")).unwrap().job_id
    claim = repository.claim_job(job_id, lease=LEASE).unwrap()

    assert asyncio.run(LETTER.work(write_later)(claim)) == "Acme"
