"""Every way of every method through DynamoDB: what it sends when it is answered, refused, and refused without a record.

What has to be there beforehand is made by another client, so that nothing but the method itself is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import boto3

from careervp_jobs_dal import Claim, JobRequest, JobsOperator, JobsRepository, create_table, verify_table
from tests.conftest import Clock
from tests.faults import Faults

LEASE = timedelta(minutes=5)
_numbers = count()


@dataclass
class World:
    """A table, the repository that is watched, faults in its client, and an owner who is not watched."""

    repository: JobsRepository
    clock: Clock
    faults: Faults
    operator: JobsOperator = field(init=False)
    owner: JobsRepository = field(init=False)

    def __post_init__(self) -> None:
        self.operator = JobsOperator(self.repository)
        self.owner = JobsRepository(
            self.repository.table_name,
            dynamodb=boto3.resource("dynamodb"),
            transport="boto3",
            clock=self.clock,
            pack_above=None,
        )

    def job(self, **fields: Any) -> str:
        return self.owner.submit_job(f"key-{next(_numbers)}", {"text": "..."}, **fields).unwrap().job_id

    def claim(self, **fields: Any) -> Claim:
        return self.owner.claim_job(self.job(**fields), lease=LEASE).unwrap()

    def finished(self) -> Claim:
        claim = self.claim()
        self.owner.complete_job(claim).unwrap()
        return claim

    def record(self) -> dict[str, Any]:
        return self.owner.find_job(self.job()).unwrap() | {"job_id": f"vpr-{next(_numbers)}"}


Scenario = Callable[[World], object]


def create_job(world: World) -> None:
    record = world.record()
    world.repository.create_job(record)
    world.repository.create_job(record)
    world.faults.drop_item()
    world.repository.create_job(record)


def get_job(world: World) -> None:
    world.repository.get_job(world.job())
    world.repository.get_job("no such job")


def get_job_by_idempotency_key(world: World) -> None:
    """With an index that projects keys only, every match is read from the table."""
    world.repository.get_job_by_idempotency_key(world.owner.find_job(world.job()).unwrap()["idempotency_key"])


def update_job_status(world: World) -> None:
    job_id = world.job()
    world.repository.update_job_status(job_id, "COMPLETED")
    world.repository.update_job_status(job_id, "PROCESSING")
    world.repository.update_job_status(job_id, "PENDING")
    world.repository.update_job_status("no such job", "COMPLETED")


def update_job(world: World) -> None:
    world.repository.update_job(world.job(), {"a": 1})
    world.repository.update_job(world.job(), {})
    world.repository.update_job("no such job", {"a": 1})


def submit_job(world: World) -> None:
    for _ in range(2):
        world.repository.submit_job("key", {"text": "..."})
    world.repository.submit_job("key", {"text": "other"})
    world.faults.drop_item()
    world.repository.submit_job("key", {"text": "..."})
    world.owner.cancel_job(world.owner.submit_job("failed", {}).unwrap().job_id).unwrap()
    world.repository.submit_job("failed", {}, replace_failed=True)


def submit_jobs(world: World) -> None:
    for payload in ({"text": "..."}, {"text": "other"}):
        world.repository.submit_jobs([JobRequest("key", payload)])
    world.faults.drop_item()
    world.repository.submit_jobs([JobRequest("key", {})])


def find_job(world: World) -> None:
    world.repository.find_job(world.job())
    world.repository.find_job("no such job")


def find_status(world: World) -> None:
    world.repository.find_status(world.job())
    world.repository.find_status("no such job")


def wait_for_job(world: World) -> None:
    world.repository.wait_for_job(world.finished().job_id, LEASE)
    world.repository.wait_for_job("no such job", LEASE)


def claim_job(world: World) -> None:
    """Attempts that are used up, a `ttl` that must be raised and a wish to cancel take a second write."""
    job_id = world.job(max_attempts=1)
    world.repository.claim_job(job_id, lease=LEASE)
    world.repository.claim_job(job_id, lease=LEASE)
    world.clock.advance(2 * LEASE)
    world.repository.claim_job(job_id, lease=LEASE)
    world.repository.claim_job(world.job(ttl=int(world.clock().timestamp()) + 60), lease=LEASE)
    cancelled = world.claim().job_id
    world.owner.cancel_job(cancelled).unwrap()
    world.clock.advance(2 * LEASE)
    world.repository.claim_job(cancelled, lease=LEASE)
    world.repository.claim_job("no such job", lease=LEASE)


def renew_claim(world: World) -> None:
    world.repository.renew_claim(world.claim(), lease=LEASE, progress=0.5)
    world.repository.renew_claim(world.claim(), lease=timedelta(days=2))
    world.repository.renew_claim(world.finished(), lease=LEASE)
    world.faults.drop_item()
    world.repository.renew_claim(world.finished(), lease=LEASE)


def complete_job(world: World) -> None:
    world.repository.complete_job(world.claim(), result_key="a")
    world.repository.complete_job(world.finished(), result_key="b")
    world.faults.drop_item()
    world.repository.complete_job(world.finished(), result_key="b")


def fail_job(world: World) -> None:
    world.repository.fail_job(world.claim(), "it broke")
    world.repository.fail_job(world.claim(), "it broke", retryable=True)
    cancelled = world.claim()
    world.owner.cancel_job(cancelled.job_id).unwrap()
    world.repository.fail_job(cancelled, "it broke", retryable=True)
    world.faults.drop_item()
    world.repository.fail_job(world.finished(), "it broke")


def release_claim(world: World) -> None:
    world.repository.release_claim(world.claim())
    cancelled = world.claim()
    world.owner.cancel_job(cancelled.job_id).unwrap()
    world.repository.release_claim(cancelled)
    world.faults.drop_item()
    world.repository.release_claim(world.finished())


def cancel_job(world: World) -> None:
    world.repository.cancel_job(world.job(), user_id=None)
    world.repository.cancel_job(world.claim().job_id)
    world.repository.cancel_job(world.finished().job_id)
    world.repository.cancel_job("no such job")


def list_jobs(world: World) -> None:
    world.job(user_id="user-1")
    world.job(user_id="user-1")
    page = world.operator.list_jobs(user_id="user-1", limit=1)
    world.operator.list_jobs(user_id="user-1", cursor=page.data.cursor if page.data else None)


def iter_jobs(world: World) -> None:
    world.job(user_id="user-1")
    list(world.operator.iter_jobs(user_id="user-1", page_size=1))


def get_jobs(world: World) -> None:
    world.operator.get_jobs([world.job(), "no such job"])


def list_overdue(world: World) -> None:
    world.job()
    world.clock.advance(LEASE)
    world.operator.list_overdue(older_than=timedelta(0))


def recover_jobs(world: World) -> None:
    """One to put back, one that has no attempt left, one that waits, and one that is ended before its write."""
    world.claim()
    world.claim(max_attempts=1)
    world.clock.advance(2 * LEASE)
    world.job()
    world.operator.recover_jobs(older_than=timedelta(0), enqueue=str)
    ended = world.claim(max_attempts=1).job_id
    world.clock.advance(2 * LEASE)
    world.faults.drop_item(before=partial(world.owner.cancel_job, ended))
    world.operator.recover_jobs(older_than=timedelta(hours=1))


def retry_job(world: World) -> None:
    job_id = world.job()
    world.operator.retry_job(job_id)
    world.owner.cancel_job(job_id).unwrap()
    world.operator.retry_job(job_id)
    world.operator.retry_job("no such job")


def purge_jobs(world: World) -> None:
    gone = {"job_id": world.finished().job_id}
    world.clock.advance(timedelta(hours=1))
    world.faults.run(lambda: world.owner.table.delete_item(Key=gone), operation="DeleteItem")
    for dry_run in (True, False):
        world.operator.purge_jobs(older_than=timedelta(0), dry_run=dry_run)


def erase_user(world: World) -> None:
    """A job that waits, one that a worker holds, and one that is gone before it is deleted."""
    world.job(user_id="user-1")
    world.claim(user_id="user-1")
    gone = {"job_id": world.job(user_id="user-2")}
    for age in (timedelta(0), timedelta(hours=1)):
        world.clock.advance(age)
        world.operator.erase_user("user-1")
        world.operator.erase_user("user-1", dry_run=False)
    world.faults.run(lambda: world.owner.table.delete_item(Key=gone), operation="DeleteItem")
    world.operator.erase_user("user-2", dry_run=False)


def stats(world: World) -> None:
    world.job()
    for whole_table in (False, True):
        world.operator.stats(whole_table=whole_table)


def create(world: World) -> None:
    create_table(f"made-{next(_numbers)}", optional_indexes=True)
    create_table(world.repository.table_name)


def verify(world: World) -> None:
    verify_table(world.repository.table_name, optional_indexes=True)
    world.operator.verify_table()


SCENARIOS: dict[str, Scenario] = {
    "create_job": create_job,
    "get_job": get_job,
    "get_job_by_idempotency_key": get_job_by_idempotency_key,
    "update_job_status": update_job_status,
    "update_job": update_job,
    "submit_job": submit_job,
    "submit_jobs": submit_jobs,
    "find_job": find_job,
    "find_status": find_status,
    "wait_for_job": wait_for_job,
    "claim_job": claim_job,
    "renew_claim": renew_claim,
    "complete_job": complete_job,
    "fail_job": fail_job,
    "release_claim": release_claim,
    "cancel_job": cancel_job,
    "list_jobs": list_jobs,
    "iter_jobs": iter_jobs,
    "get_jobs": get_jobs,
    "list_overdue": list_overdue,
    "recover_jobs": recover_jobs,
    "retry_job": retry_job,
    "purge_jobs": purge_jobs,
    "erase_user": erase_user,
    "stats": stats,
    "create_table": create,
    "verify_table": verify,
}
