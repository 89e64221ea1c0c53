"""`submit`: a job from a file or standard input, and whether it has to be enqueued."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from careervp_jobs_dal import JobsRepository
from tests.cli.conftest import USER, Run, claim, received
from tests.conftest import CANARY

PAYLOAD = json.dumps({"text": CANARY}).encode()
SUBMIT = ("submit", "--key", "application-7", "--user", USER, "--input", "-")


def test_a_job_is_created_once(run: Run, jobs: JobsRepository) -> None:
    first = run(*SUBMIT, "--application", "a-7", "--max-attempts", "5", stdin=PAYLOAD)
    again = run(*SUBMIT, "--json", stdin=PAYLOAD)

    assert (first.code, again.code) == (0, 0)
    job = jobs.find_job(again.document["job_id"]).unwrap()
    assert (job["input_data"], job["user_id"]) == ({"text": CANARY}, USER)
    assert (job["application_id"], job["max_attempts"]) == ("a-7", 5)
    assert first.out.splitlines() == [
        f"job_id   {job['job_id']}",
        "status   PENDING",
        "created  yes",
        "queue    to be sent: no --queue-url",
    ]
    assert again.document | {"job_id": ""} == {
        "job_id": "",
        "status": "PENDING",
        "created": False,
        "should_enqueue": True,
        "enqueued": False,
        "queue_error": None,
    }


def test_a_job_that_a_worker_has_is_not_enqueued(run: Run, jobs: JobsRepository, queue_url: str) -> None:
    claim(jobs, run(*SUBMIT, "--json", stdin=PAYLOAD).document["job_id"])

    ran = run(*SUBMIT, "--queue-url", queue_url, stdin=PAYLOAD)

    assert "queue    not needed, a worker has it or it is finished" in ran.out
    assert "created  no, it was there already" in ran.out
    assert received(queue_url) == []


def test_the_id_is_sent_to_the_queue(run: Run, queue_url: str) -> None:
    ran = run(*SUBMIT, "--queue-url", queue_url, "--json", stdin=PAYLOAD)

    assert ran.document["enqueued"]
    assert received(queue_url) == [json.dumps({"job_id": ran.document["job_id"]})]
    assert "queue    sent" in run(*SUBMIT, "--queue-url", queue_url, stdin=PAYLOAD).out


def test_a_queue_that_is_not_there_is_said_and_the_job_stays(run: Run, jobs: JobsRepository, queue_url: str) -> None:
    ran = run(*SUBMIT, "--queue-url", queue_url + "-other", stdin=PAYLOAD)

    assert ran.code == 3
    assert "created  yes" in ran.out
    assert (
        "queue    to be sent: SQS refused the request (AWS.SimpleQueueService.NonExistentQueue): The specified queue"
        in ran.out
    )


def test_another_payload_under_the_same_key_is_refused(run: Run) -> None:
    run(*SUBMIT, stdin=PAYLOAD)

    ran = run(*SUBMIT, stdin=b'{"text": "other"}')

    assert ran.code == 1
    assert "was submitted with another payload" in ran.err


def test_a_file_is_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "request.json").write_bytes(PAYLOAD)

    assert run("submit", "--key", "k", "--input", str(tmp_path / "request.json")).code == 0


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b'{"text": "the-text-of-a-cv"', "The input is not JSON: Expecting ',' delimiter, line 1 column 28"),
        (b'["the-text-of-a-cv"]', "The input holds no JSON object"),
        (b'{"text": "the-text-of-a-cv\xff"}', "The input is not JSON that can be read"),
        (b"[" * 100_000, "The input is not JSON that can be read"),
        (b'{"score": NaN}', "input_data.score: a number must be finite"),
        (b"", "The input is not JSON: Expecting value, line 1 column 1"),
    ],
)
def test_a_payload_that_is_none_is_one_line(run: Run, payload: bytes, said: str) -> None:
    ran = run(*SUBMIT, stdin=payload)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[0] == f"careervp-jobs: {said}"


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/no/such/file", "No such file or directory"), ("/", "Is a directory"), ("a\0b", "not a file name")],
)
def test_a_file_that_cannot_be_read_is_one_line(run: Run, path: str, reason: str) -> None:
    ran = run("submit", "--key", "k", "--input", path)

    shown = path.replace("\0", "\\x00")
    assert (ran.code, ran.err) == (2, f"careervp-jobs: Cannot read {shown}: {reason}\n")
