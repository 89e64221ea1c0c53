"""A worker gives its job back while others want the job as well: one wins, and nothing of a loser is stored."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from careervp_jobs_dal import JobsRepository, ResultCode
from tests.races.lineup import EVERYBODY, HALF, LONG, claimed, codes, shuffled
from tests.races.racers import Racers, call

# What the other call stores, and what a release is told after it.
ENDS: dict[str, tuple[tuple[str, ...], dict[str, Any], str, int, ResultCode]] = {
    "complete_job": ((), {}, "COMPLETED", 0, ResultCode.ALREADY_FINISHED),
    "fail_job": (("no",), {}, "FAILED", 1, ResultCode.ALREADY_FINISHED),
    "fail_job, to be tried again": (("no",), {"retryable": True}, "PENDING", 1, ResultCode.LEASE_LOST),
}


def assert_released(answers: Counter[ResultCode]) -> None:
    """Assert that the claim was released, and that nobody is told otherwise.

    Two releases that read the clock in the same microsecond write the same, so both are told of a success.
    """
    assert answers[ResultCode.SUCCESS] >= 1
    assert answers.keys() <= {ResultCode.SUCCESS, ResultCode.LEASE_LOST}


def test_a_claim_is_released_once(racers: Racers, repository: JobsRepository) -> None:
    for claim in claimed(repository):
        results = racers.all_call(repository.table_name, "release_claim", claim)

        assert_released(codes(results))
        stored = repository.find_job(claim.job_id).unwrap()
        assert (stored["status"], stored["attempt"]) == ("PENDING", 0)


@pytest.mark.parametrize("end", ENDS)
def test_a_claim_is_released_or_its_work_ends(racers: Racers, repository: JobsRepository, seed: int, end: str) -> None:
    arguments, keywords, status, errors, too_late = ENDS[end]
    method = end.partition(",")[0]
    for number, claim in enumerate(claimed(repository)):
        calls = shuffled(seed + number, call("release_claim", claim), call(method, claim, *arguments, **keywords))

        results = racers.race(repository.table_name, calls)

        by_method = {
            name: codes([result for call, result in zip(calls, results, strict=True) if call.method == name])
            for name in ("release_claim", method)
        }
        ended = {"release_claim": {too_late: HALF}, method: {ResultCode.SUCCESS: HALF}}
        stored = repository.find_job(claim.job_id).unwrap()
        given_back = stored["attempt"] == 0
        if given_back:
            assert_released(by_method["release_claim"])
            assert by_method[method] == {ResultCode.LEASE_LOST: HALF}
        else:
            assert by_method == ended
        after = (stored["status"], stored["attempt"], len(stored.get("errors", ())))
        assert after == (("PENDING", 0, 0) if given_back else (status, 1, errors))


def test_a_released_claim_is_not_renewed(racers: Racers, repository: JobsRepository, seed: int) -> None:
    for number, claim in enumerate(claimed(repository)):
        calls = shuffled(seed + number, call("release_claim", claim), call("renew_claim", claim, lease=2 * LONG))

        results = racers.race(repository.table_name, calls)

        releases = [result for call, result in zip(calls, results, strict=True) if call.method == "release_claim"]
        renewals = [result for call, result in zip(calls, results, strict=True) if call.method == "renew_claim"]
        assert_released(codes(releases))
        assert codes(renewals).keys() <= {ResultCode.SUCCESS, ResultCode.LEASE_LOST}
        stored = repository.find_job(claim.job_id).unwrap()
        assert (stored["status"], stored["attempt"], "lease_expires_at" in stored) == ("PENDING", 0, False)


def test_a_released_job_has_one_next_worker(racers: Racers, repository: JobsRepository, seed: int) -> None:
    for number, old in enumerate(claimed(repository)):
        calls = shuffled(
            seed + number,
            call("release_claim", old),
            *[call("claim_job", old.job_id, lease=LONG)] * (EVERYBODY // 4 - 1),
        )

        results = racers.race(repository.table_name, calls)

        releases = [result for call, result in zip(calls, results, strict=True) if call.method == "release_claim"]
        claims = [result for call, result in zip(calls, results, strict=True) if call.method == "claim_job"]
        winners = [result.unwrap() for result in claims if result]
        stored = repository.find_job(old.job_id).unwrap()
        assert_released(codes(releases))
        # A claim whose clock was read before the release's meets a job that may not be claimed yet.
        assert codes(claims).keys() <= {ResultCode.SUCCESS, ResultCode.LEASE_HELD, ResultCode.NOT_DUE}
        assert "errors" not in stored
        if winners:
            assert ([claim.job for claim in winners], stored["attempt"]) == ([stored], 1)
        else:
            assert (stored["status"], stored["attempt"]) == ("PENDING", 0)
