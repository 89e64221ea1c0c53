"""`recover_jobs(dry_run=True)`: it says what a recovery would do, and does nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from careervp_jobs_dal import JobsOperator, JobsRepository
from careervp_jobs_dal.job.instant import instant_text
from tests.conftest import Clock
from tests.faults import Faults
from tests.operations.conftest import Seed

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def test_it_names_each_job_as_the_recovery_does_that_follows(
    operator: JobsOperator, repository: JobsRepository, clock: Clock, seed: Seed, faults: Faults
) -> None:
    lapsed = instant_text(clock.now - HOUR)
    at_work = {"status": "PROCESSING", "claim_id": "claim-1", "lease_expires_at": lapsed}
    seed(3)
    seed(3, **at_work, attempt=1)
    seed(3, **at_work, attempt=3)
    seed(3, **at_work, attempt=1, cancel_requested_at=lapsed)
    seed(3, status="PROCESSING")
    seed(3, claim_id=5)
    before = stored(repository)
    faults.sent.clear()
    sent: list[str] = []

    foreseen = operator.recover_jobs(older_than=MINUTE, enqueue=sent.append, dry_run=True).unwrap()

    assert {*faults.sent} == {"Query", "BatchGetItem"}
    assert (sent, stored(repository), foreseen.dry_run) == ([], before, True)
    assert sorted(foreseen.to_enqueue) == sorted((*foreseen.put_back, *foreseen.waiting))
    recovered = operator.recover_jobs(older_than=MINUTE, enqueue=sent.append).unwrap()
    assert replace(foreseen, to_enqueue=(), dry_run=False) == recovered
    numbers = [len(each) for each in (recovered.put_back, recovered.failed, recovered.waiting, recovered.held)]
    assert (numbers, len(recovered.unread)) == ([3, 6, 3, 3], 3)


def test_a_job_whose_last_lease_has_just_lapsed_is_left_out(
    operator: JobsOperator, repository: JobsRepository, clock: Clock
) -> None:
    job_id = repository.submit_job("last", {}, max_attempts=1).unwrap().job_id
    repository.claim_job(job_id, lease=MINUTE).unwrap()
    clock.advance(MINUTE + timedelta(seconds=2))

    assert operator.recover_jobs(older_than=HOUR, dry_run=True).unwrap().failed == ()
    clock.advance(MINUTE)
    assert operator.recover_jobs(older_than=HOUR, dry_run=True).unwrap().failed == (job_id,)


def test_it_ends_at_its_limit_and_says_that_there_are_more(operator: JobsOperator, seed: Seed) -> None:
    jobs = seed(20)

    foreseen = operator.recover_jobs(older_than=MINUTE, limit=10, dry_run=True).unwrap()

    assert (foreseen.waiting, foreseen.more) == (tuple(jobs[:10]), True)


def stored(repository: JobsRepository) -> list[Any]:
    return sorted(repository.table.scan()["Items"], key=lambda item: str(item["job_id"]))
