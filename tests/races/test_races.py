"""Sixteen threads in four processes on one job: DynamoDB picks one winner, and every loser is told the truth."""

from __future__ import annotations

from typing import Any

import pytest

from careervp_jobs_dal import JobsRepository, ResultCode
from careervp_jobs_dal.job.snapshot import GIVE_UP_MARGIN
from tests.races.lineup import EVERYBODY, HALF, LONG, ROUNDS, claimed, codes, lapsed, one_wins, shuffled, submitted
from tests.races.racers import Racers, call


def test_one_key_makes_one_job(racers: Racers, repository: JobsRepository) -> None:
    for number in range(ROUNDS):
        results = racers.all_call(repository.table_name, "submit_job", f"key-{number}", {"text": "the same"})

        submissions = [result.unwrap() for result in results]
        assert [submission.created for submission in submissions].count(True) == 1
        assert len({submission.job_id for submission in submissions}) == 1
        assert len({submission.job["submission_id"] for submission in submissions}) == 1
        assert all(submission.should_enqueue for submission in submissions)
    assert repository.table.scan(Select="COUNT", ConsistentRead=True)["Count"] == ROUNDS


def test_a_failed_job_is_begun_anew_once(racers: Racers, repository: JobsRepository) -> None:
    for claim in claimed(repository):
        repository.fail_job(claim, "no").unwrap()
        key = claim.job["idempotency_key"]

        results = racers.all_call(repository.table_name, "submit_job", key, {}, replace_failed=True)

        assert [result.unwrap().created for result in results].count(True) == 1
        assert len({result.unwrap().job["submission_id"] for result in results}) == 1
        # The new life counts its attempts from zero, and has nothing to do with the old one's claims.
        assert repository.claim_job(claim.job_id, lease=LONG).unwrap().attempt == claim.attempt
        assert repository.complete_job(claim).code is ResultCode.LEASE_LOST


def test_one_id_is_created_once(racers: Racers, repository: JobsRepository, job: dict[str, Any]) -> None:
    for number in range(ROUNDS):
        records = [{**job, "job_id": f"vpr-{number}", "racer": racer} for racer in range(EVERYBODY)]

        results = racers.race(repository.table_name, [call("create_job", record) for record in records])

        assert codes(results) == one_wins(ResultCode.ALREADY_EXISTS)
        stored = repository.get_job(f"vpr-{number}")
        assert all((result.data or result.record) == stored for result in results)


def test_a_waiting_job_has_one_worker(racers: Racers, repository: JobsRepository) -> None:
    for job_id in submitted(repository):
        results = racers.all_call(repository.table_name, "claim_job", job_id, lease=LONG)

        assert codes(results) == one_wins(ResultCode.LEASE_HELD)
        (claim,) = [result.unwrap() for result in results if result]
        assert claim.attempt == 1
        assert repository.find_job(job_id).unwrap() == claim.job
        assert all((result.record, bool(result.retry_after)) == (claim.job, True) for result in results if not result)


def test_a_lapsed_lease_is_taken_over_once(racers: Racers, repository: JobsRepository) -> None:
    for old in lapsed(repository):
        results = racers.all_call(repository.table_name, "claim_job", old.job_id, lease=LONG)

        assert codes(results) == one_wins(ResultCode.LEASE_HELD)
        (claim,) = [result.unwrap() for result in results if result]
        assert (claim.attempt, claim.claim_id != old.claim_id) == (2, True)
        assert [entry["claim_id"] for entry in claim.job["errors"]] == [old.claim_id]
        assert repository.complete_job(old).code is ResultCode.LEASE_LOST


def test_a_job_out_of_attempts_is_ended_once(racers: Racers, repository: JobsRepository) -> None:
    for old in lapsed(repository, GIVE_UP_MARGIN, max_attempts=1):
        results = racers.all_call(repository.table_name, "claim_job", old.job_id, lease=LONG)

        counted = codes(results)
        assert counted[ResultCode.ATTEMPTS_EXHAUSTED] >= 1
        assert counted.keys() <= {ResultCode.ATTEMPTS_EXHAUSTED, ResultCode.ALREADY_FINISHED}
        stored = repository.find_job(old.job_id).unwrap()
        assert (stored["status"], stored["attempt"], len(stored["errors"])) == ("FAILED", 1, 1)
        assert all(result.record == stored for result in results)


def test_one_of_many_different_results_is_stored(racers: Racers, repository: JobsRepository) -> None:
    for claim in claimed(repository):
        calls = [call("complete_job", claim, result_key=f"by-{racer}") for racer in range(EVERYBODY)]

        results = racers.race(repository.table_name, calls)

        assert codes(results) == one_wins(ResultCode.ALREADY_FINISHED)
        (winner,) = [number for number, result in enumerate(results) if result]
        stored = repository.find_job(claim.job_id).unwrap()
        assert (stored["status"], stored["result_key"]) == ("COMPLETED", f"by-{winner}")
        assert all((result.data or result.record) == stored for result in results)


def test_the_same_result_is_stored_for_everybody(racers: Racers, repository: JobsRepository) -> None:
    for claim in claimed(repository):
        results = racers.all_call(repository.table_name, "complete_job", claim, result_key="the same")

        assert codes(results) == {ResultCode.SUCCESS: EVERYBODY}
        assert [result.data for result in results] == [repository.find_job(claim.job_id).data] * EVERYBODY


def test_a_job_is_completed_or_failed_never_both(racers: Racers, repository: JobsRepository, seed: int) -> None:
    for claim in claimed(repository):
        calls = shuffled(seed, call("complete_job", claim), call("fail_job", claim, "no"))

        results = racers.race(repository.table_name, calls)

        assert codes(results) == {ResultCode.SUCCESS: HALF, ResultCode.ALREADY_FINISHED: HALF}
        winner = "complete_job" if repository.find_job(claim.job_id).unwrap()["status"] == "COMPLETED" else "fail_job"
        assert {call.method for call, result in zip(calls, results, strict=True) if result} == {winner}


def test_a_late_result_or_a_takeover_never_both(racers: Racers, repository: JobsRepository, seed: int) -> None:
    for number, old in enumerate(lapsed(repository)):
        calls = shuffled(
            seed + number, call("complete_job", old, by="the first"), call("claim_job", old.job_id, lease=LONG)
        )

        results = racers.race(repository.table_name, calls)

        by_method = {
            method: codes([result for call, result in zip(calls, results, strict=True) if call.method == method])
            for method in ("complete_job", "claim_job")
        }
        finished = {"complete_job": {ResultCode.SUCCESS: HALF}, "claim_job": {ResultCode.ALREADY_FINISHED: HALF}}
        taken_over = {
            "complete_job": {ResultCode.LEASE_LOST: HALF},
            "claim_job": {ResultCode.SUCCESS: 1, ResultCode.LEASE_HELD: HALF - 1},
        }
        stored = repository.find_job(old.job_id).unwrap()
        late = stored["status"] == "COMPLETED"
        assert by_method == (finished if late else taken_over)
        assert (stored["attempt"], stored.get("by")) == ((1, "the first") if late else (2, None))


def test_a_job_is_cancelled_or_its_worker_is_asked_to_stop(
    racers: Racers, repository: JobsRepository, seed: int
) -> None:
    for number, job_id in enumerate(submitted(repository)):
        calls = shuffled(seed + number, call("cancel_job", job_id), call("claim_job", job_id, lease=LONG))

        results = racers.race(repository.table_name, calls)

        claims = [result for call, result in zip(calls, results, strict=True) if call.method == "claim_job"]
        cancels = [result for call, result in zip(calls, results, strict=True) if call.method == "cancel_job"]
        stored = repository.find_job(job_id).unwrap()
        assert all(cancels)
        if stored["status"] == "FAILED":
            assert "cancelled_at" in stored
            assert codes(claims) == {ResultCode.ALREADY_FINISHED: HALF}
        else:
            assert (stored["status"], "cancel_requested_at" in stored) == ("PROCESSING", True)
            assert codes(claims) == {ResultCode.SUCCESS: 1, ResultCode.LEASE_HELD: HALF - 1}


@pytest.mark.parametrize("before", ["PENDING", "PROCESSING"])
def test_one_of_two_ends_is_written_by_the_old_methods(
    racers: Racers, repository: JobsRepository, job: dict[str, Any], seed: int, before: str
) -> None:
    for number in range(ROUNDS):
        job_id = f"vpr-{number}"
        repository.create_job({**job, "job_id": job_id, "status": before}).unwrap()
        calls = shuffled(seed + number, *(call("update_job_status", job_id, end) for end in ("COMPLETED", "FAILED")))

        results = racers.race(repository.table_name, calls)

        assert codes(results) == one_wins(ResultCode.INVALID_TRANSITION)
        (winner,) = [call.arguments[1] for call, result in zip(calls, results, strict=True) if result]
        stored = repository.get_job(job_id)
        assert stored is not None
        assert stored["status"] == winner
        assert all((result.data or result.record) == stored for result in results)
