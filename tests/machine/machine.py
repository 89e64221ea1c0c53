"""The machine: users, workers, time and trouble, in any order.

A worker's crash needs no rule of its own: it is a claim that is never used again, and a zombie one that is used late.
"""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from careervp_jobs_dal import JobStatus
from tests.conftest import CANARY
from tests.machine.calls import JOB_IDS, MADE, USERS, Cancel, Create, Find, Submit, TakeUp, Update
from tests.machine.claim_calls import Complete, Fail, Renew
from tests.machine.trouble import CALM, FOR_GOOD, PASSING, Kind, Trouble
from tests.machine.world import Bench, World

NAMES = tuple(JOB_IDS)
SUBMITTED = tuple(name for name in NAMES if name != MADE)
# The first job meets more calls than the others do: most of what can go wrong takes several on one.
SUBMITTED_JOBS = st.sampled_from((*SUBMITTED[:1] * 4, *SUBMITTED))
JOBS = st.sampled_from((*NAMES[:1] * 4, *NAMES))
LEASES = st.sampled_from([timedelta(seconds=seconds) for seconds in (60, 1, 7200)])
STEPS = st.sampled_from([timedelta(seconds=seconds) for seconds in (61, 1, 60, 60.999999, 1800, 5400, 7201, 86400, -2)])
LIMITS = st.integers(1, 3)
OWNERS = st.sampled_from((None, *USERS))
NOTES = st.sampled_from((None, f"{CANARY} 1", f"{CANARY} 2"))
CLAIMS = st.integers(0, 5)

SUBMITS = st.builds(Submit, SUBMITTED_JOBS, st.sampled_from("AB"), LIMITS, st.booleans(), st.booleans())
TAKE_UPS = st.builds(TakeUp, JOBS, st.sampled_from(("worker-1", "worker-2")), LEASES, LIMITS, st.booleans())
RENEWS = st.builds(Renew, CLAIMS, LEASES, NOTES)
COMPLETES = st.builds(Complete, CLAIMS, NOTES)
FAILS = st.builds(Fail, CLAIMS, st.sampled_from((f"{CANARY} failed", f"{CANARY} gave out")), st.booleans())
CANCELS = st.builds(Cancel, JOBS, OWNERS)
FINDS = st.builds(Find, JOBS, OWNERS)
CREATES = st.builds(Create, st.sampled_from("AB"))
UPDATES = st.builds(Update, JOBS, st.sampled_from(JobStatus), NOTES)

# The contract's updates have no fence, so they don't overtake.
OVERTAKING = st.one_of(SUBMITS, TAKE_UPS, RENEWS, COMPLETES, FAILS, CANCELS)
PLACES = st.integers(0, 2)
TROUBLES = st.one_of(
    st.just(CALM),
    st.builds(Trouble, st.sampled_from(Kind), PLACES),
    st.builds(Trouble, st.sampled_from(sorted(PASSING)), PLACES, OVERTAKING),
)


class JobsMachine(RuleBasedStateMachine):
    """Every rule makes one call; the world checks it."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.world = World(bench)

    def has_claims(self) -> bool:
        return bool(self.world.claims)

    @rule(call=SUBMITS, trouble=TROUBLES)
    def submit(self, call: Submit, trouble: Trouble) -> None:
        self.world.perform(call, trouble)

    @rule(call=TAKE_UPS, trouble=TROUBLES)
    def deliver(self, call: TakeUp, trouble: Trouble) -> None:
        self.world.perform(call, trouble)

    @precondition(has_claims)
    @rule(call=RENEWS, trouble=TROUBLES)
    def renew(self, call: Renew, trouble: Trouble) -> None:
        self.world.perform(call, trouble)

    @precondition(has_claims)
    @rule(call=COMPLETES, trouble=TROUBLES)
    def complete(self, call: Complete, trouble: Trouble) -> None:
        self.world.perform(call, trouble)

    @precondition(has_claims)
    @rule(call=FAILS, trouble=TROUBLES)
    def fail(self, call: Fail, trouble: Trouble) -> None:
        self.world.perform(call, trouble)

    @rule(call=CANCELS, trouble=TROUBLES)
    def cancel(self, call: Cancel, trouble: Trouble) -> None:
        self.world.perform(call, trouble)

    @rule(call=FINDS, trouble=TROUBLES)
    def find(self, call: Find, trouble: Trouble) -> None:
        self.world.perform(call, trouble)

    @rule(call=CREATES, trouble=TROUBLES)
    def create(self, call: Create, trouble: Trouble) -> None:
        self.world.perform(call, trouble)

    @rule(call=UPDATES, trouble=TROUBLES)
    def update(self, call: Update, trouble: Trouble) -> None:
        self.world.perform(call, trouble)

    @rule(step=STEPS)
    def let_pass(self, step: timedelta) -> None:
        self.world.let_pass(step)

    @rule()
    def delete_expired(self) -> None:
        self.world.delete_expired()
