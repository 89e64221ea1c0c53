"""Tests of the letters, on a jobs table inside the process."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from letters import LEASE, LETTER, RETENTION, LetterRequest, Letters, make_worker

from careervp_jobs_dal import JobsRepository, NotAcknowledgedError, ResultCode
from careervp_jobs_dal.testing import Clock, JobBuilder

REQUEST = LetterRequest(role="CTO", company="Acme")


@pytest.fixture
def jobs_options() -> dict[str, Any]:
    return {"retention": RETENTION}


@pytest.fixture
def letters(jobs_repository: JobsRepository) -> Letters:
    return Letters(jobs_repository)


def test_a_letter_is_written_once(letters: Letters) -> None:
    job_id = letters.submit("key-7", REQUEST, user_id="user-1").unwrap().job_id
    worker = make_worker(letters.jobs)

    assert worker.process(job_id, LEASE) is ResultCode.SUCCESS
    assert worker.process(job_id, LEASE) is ResultCode.ALREADY_FINISHED
    letter = letters.find(job_id, user_id="user-1").unwrap()
    assert (letter["status"], letter["text"]) == (
        "COMPLETED",
        "To Acme: I would like to be your CTO.",
    )


def test_a_letter_is_kept_for_a_week(letters: Letters, jobs_clock: Clock) -> None:
    job_id = letters.submit("key-7", REQUEST, user_id="user-1").unwrap().job_id

    jobs_clock.advance(RETENTION)

    assert letters.find(job_id, user_id="user-1").code is ResultCode.NOT_FOUND


def test_a_job_of_another_kind_is_left_alone(
    letters: Letters, jobs_builder: JobBuilder
) -> None:
    job = jobs_builder.pending(input_data=asdict(REQUEST), fields={"kind": "report"})

    with pytest.raises(NotAcknowledgedError):
        make_worker(letters.jobs).process(job["job_id"], LEASE)
    waiting = letters.jobs.find_job(job["job_id"]).unwrap()
    assert (waiting["status"], waiting["attempt"]) == ("PENDING", 0)


@pytest.mark.parametrize(
    "payload",
    [{"role": "CTO"}, {"role": "", "company": "Acme"}],
    ids=["lacks", "refused"],
)
def test_what_is_no_letter_fails_at_once(
    letters: Letters, jobs_builder: JobBuilder, payload: dict[str, str]
) -> None:
    job = jobs_builder.pending(input_data=payload, fields={"kind": LETTER.name})

    assert make_worker(letters.jobs).process(job["job_id"], LEASE) is ResultCode.SUCCESS
    failed = letters.jobs.find_job(job["job_id"]).unwrap()
    assert (failed["status"], failed["attempt"]) == ("FAILED", 1)


def test_a_letter_that_waited_while_the_request_got_a_field_is_still_understood(
    letters: Letters, jobs_builder: JobBuilder
) -> None:
    job = jobs_builder.pending(
        input_data={"role": "CTO", "company": "Acme"}, fields={"kind": LETTER.name}
    )

    assert make_worker(letters.jobs).process(job["job_id"], LEASE) is ResultCode.SUCCESS
    assert letters.jobs.find_job(job["job_id"]).unwrap()["status"] == "COMPLETED"
