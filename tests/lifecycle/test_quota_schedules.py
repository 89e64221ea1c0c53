"""The cap under any order of requests: submissions, ends, replacements and late copies, one request at a time."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careervp_jobs_dal import JobRequest, JobsRepository
from careervp_jobs_dal.aws.gateway import _Sending
from careervp_jobs_dal.job.nonce import new_nonce
from careervp_jobs_dal.operations.purging import LATENESS
from careervp_jobs_dal.plans import submission
from careervp_jobs_dal.plans.lease import Claiming, claim
from careervp_jobs_dal.plans.plan import Plan, Request
from careervp_jobs_dal.plans.quota import quota_key
from tests.conftest import Clock

CAP = 2
KEYS = "abcd"
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), st.sampled_from(KEYS)),
        st.tuples(st.just("step"), st.integers(0, 3)),
        st.tuples(st.just("end"), st.sampled_from(KEYS)),
        st.tuples(st.just("copy"), st.integers(0, 9)),
    ),
    min_size=8,
    max_size=20,
)


class World:
    """One user's submissions under way, whose requests are sent one by one."""

    def __init__(self, table_name: str) -> None:
        self.clock = Clock()
        self.jobs = JobsRepository(table_name, clock=self.clock, max_active_per_user=CAP)
        self.user_id = f"user-{uuid4()}"
        self.plans: list[tuple[Plan[Any], Request]] = []
        self.sent: list[Request] = []
        self.codes: list[str] = []

    def begin(self, key: str) -> None:
        request = JobRequest(key, {}, user_id=self.user_id, replace_failed=True)
        jobs = self.jobs
        plan = submission.submit(request, jobs._policy, new_nonce(), jobs.clock(), jobs._decode)
        self.plans.append((plan, next(plan)))

    def step(self, number: int) -> None:
        """Send the next request of a submission, and hand it the reply."""
        if not self.plans:
            return
        plan, request = self.plans.pop(number % len(self.plans))
        self.sent.append(request)
        try:
            self.plans.insert(number % (len(self.plans) + 1), (plan, plan.send(self.send(request))))
        except StopIteration as ended:
            self.codes.append(ended.value.code)

    def send(self, request: Request) -> Any:
        transport = self.jobs._route.transport(request.operation)
        return _Sending(request, time.monotonic() + 9, doubtful=False).send(transport, request.parameters)

    def end(self, key: str) -> None:
        """Fail a job, whose end writes nothing but the job."""
        job_id = submission.derive_job_id(key, self.user_id, None)
        claimed = self.jobs.claim_job(job_id, lease=timedelta(minutes=1))
        if claimed:
            self.jobs.fail_job(claimed.unwrap(), "no").unwrap()

    def copy(self, number: int) -> None:
        """Deliver an earlier request once more; nobody hears the reply."""
        if self.sent:
            self.send(self.sent[number % len(self.sent)])

    def check(self) -> None:
        jobs = [self.jobs.get_job(submission.derive_job_id(key, self.user_id, None)) for key in KEYS]
        active = {job["job_id"] for job in jobs if job and job["status"] in ("PENDING", "PROCESSING")}
        seats = set((self.jobs.get_job(quota_key(self.user_id, None)) or {}).get("active_jobs", ()))
        assert active <= seats
        assert len(seats) <= CAP

    def finish(self) -> None:
        while self.plans:
            self.step(0)
            self.check()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(STEPS)
def test_no_order_of_requests_exceeds_the_cap(table_name: str, steps: list[tuple[str, Any]]) -> None:
    world = World(table_name)
    for name, argument in steps:
        getattr(world, name)(argument)
        world.check()
    world.finish()

    assert set(world.codes) <= {"SUCCESS", "TOO_MANY_ACTIVE_JOBS", "CONFLICT"}


def test_a_job_begun_anew_after_its_end_was_read_keeps_its_place(table_name: str) -> None:
    """The order that a removal without a look at the submission id would get wrong."""
    world = World(table_name)
    for key in "ab":
        world.begin(key)
        world.step(0)
    world.end("a")
    world.begin("c")
    world.step(0)  # no room
    world.step(0)  # reads that a has ended
    world.begin("a")
    world.step(1)  # finds the failed job
    world.step(1)  # begins it anew
    world.check()
    world.finish()

    assert world.codes == ["SUCCESS", "SUCCESS", "SUCCESS", "TOO_MANY_ACTIVE_JOBS"]


def test_a_claim_that_arrives_late_keeps_a_job_that_still_has_its_place(table_name: str) -> None:
    """It was sent just before the job expired, and moves the `ttl` on: the job is active after all."""
    world = World(table_name)
    for key in "ab":
        world.begin(key)
        world.step(0)
    world.clock.advance(timedelta(hours=24, seconds=-1))
    wanted = Claiming(timedelta(minutes=1), None, 3, False, new_nonce())
    plan = claim(submission.derive_job_id("a", world.user_id, None), wanted, world.clock(), world.jobs._decode)
    late = plan.send(world.send(next(plan)))
    world.clock.advance(LATENESS)
    world.begin("c")
    world.finish()

    assert not world.send(late).refused
    world.check()
    assert world.codes == ["SUCCESS", "SUCCESS", "TOO_MANY_ACTIVE_JOBS"]
