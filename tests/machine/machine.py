"""The machine: users, workers, time and trouble, in any order.

A worker's crash needs no rule of its own: it is a claim that is never used again, and a zombie one that is used late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from itertools import product
from typing import NamedTuple, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from careervp_jobs_dal import JobStatus
from tests.conftest import CANARY
from tests.machine.calls import JOB_IDS, MADE, SAME, USERS, Call, Cancel, Create, Find, Retry, Submit, TakeUp, Update
from tests.machine.claim_calls import Complete, Fail, OnClaim, Release, Renew
from tests.machine.trouble import CALM, PASSING, Kind, Trouble
from tests.machine.world import Bench, World

T = TypeVar("T")

FIRST, *OTHERS = JOB_IDS
# The first job meets more calls than the others do: most of what can go wrong takes several on one.
JOBS = (*[FIRST] * 12, *OTHERS)
WORKERS = ("worker-1", "worker-2")
LEASES = (60, 60, 1, 7200)
LIMITS = (1, 2, 1, 3)
OWNERS = (None, None, *USERS)
NOTES = (None, f"{CANARY} 1", f"{CANARY} 2")
ERRORS = (f"{CANARY} failed", f"{CANARY} gave out")
CLAIMS = (0, 0, 0, 1, 2, 3)
EITHER = (False, True)
STARTS = (None, None, 61, 5400)
"""In how many seconds a job is to begin."""
PAUSES_OF_JOBS = (None, None, 60, 50_000)
"""In seconds; the last is longer than a message can be invisible."""
STEPS = (61, 61, 61, 60.999999, 1, 1800, 5400, 7201, -2)


class Pause(NamedTuple):
    """Time that passes, and whether DynamoDB deletes what has expired by then."""

    seconds: float
    delete: bool = False


def every(call: Callable[..., T], *arguments: Iterable[object]) -> list[T]:
    """The call with every combination of these arguments, the plainest first."""
    return [call(*chosen) for chosen in product(*arguments)]


def submits(*jobs: str) -> list[Submit]:
    return every(Submit, jobs, "AB", LIMITS, EITHER, EITHER, STARTS)


def take_ups(*jobs: str) -> list[TakeUp]:
    return every(TakeUp, jobs, WORKERS, LEASES, LIMITS, EITHER)


def cancels(*jobs: str) -> list[Cancel]:
    return every(Cancel, jobs, OWNERS)


RETRIES = every(Retry, (*[FIRST] * 3, *JOB_IDS))
CREATES = every(Create, "AB")
FINDS = every(Find, JOB_IDS, OWNERS)
UPDATES = every(Update, JOB_IDS, JobStatus, NOTES)
RENEWS = every(Renew, CLAIMS, LEASES, NOTES)
COMPLETES = every(Complete, CLAIMS, NOTES)
FAILS = every(Fail, CLAIMS, ERRORS, EITHER, PAUSES_OF_JOBS)
RELEASES = every(Release, CLAIMS, PAUSES_OF_JOBS)
SUBMITS = submits(*(job for job in JOBS if job != MADE))
TAKE_UPS = take_ups(*JOBS)
CANCELS = cancels(*[FIRST] * 3, *JOB_IDS)


def one_of(*calls: tuple[int, Sequence[Call]]) -> st.SearchStrategy[Call]:
    """One of these calls, each kind as often as its weight says."""
    kinds = [kind for weight, kind in calls for _ in range(weight)]
    return st.sampled_from(kinds).flatmap(st.sampled_from)


# Jobs that are done, or are not there, teach little: so most calls begin jobs, work on them, and fail.
CALLS = one_of(
    (4, SUBMITS),
    (5, TAKE_UPS),
    (4, FAILS),
    (2, RELEASES),
    (1, RENEWS),
    (1, COMPLETES),
    (2, CANCELS),
    (1, UPDATES),
    (1, RETRIES),
    (1, CREATES),
    (1, FINDS),
)
# The contract's updates have no fence, so they don't overtake.
OVERTAKING = one_of(
    (1, cancels(SAME)),
    (1, [Retry(SAME)]),
    (1, submits(SAME)),
    (1, take_ups(SAME)),
    (1, RENEWS),
    (1, COMPLETES),
    (1, FAILS),
    (1, RELEASES),
)
KINDS = (*Kind, *[Kind.REPLY_LOST] * 5, Kind.REPLY_ALWAYS_LOST)
PLACES = (0, 0, 1)
TROUBLES = st.one_of(
    st.just(CALM),
    st.sampled_from(every(Trouble, KINDS, PLACES)),
    st.builds(Trouble, st.sampled_from(PASSING), st.sampled_from(PLACES), OVERTAKING),
)
PAUSES = (
    *[Pause(0)] * 9,
    *every(Pause, (61, 61, 61, 61, 60.999999, 1, 1800, 5400, -2)),
    *every(Pause, (1, 7201), (True,)),
)


class JobsMachine(RuleBasedStateMachine):
    """Each step: time passes, or not, and someone makes a call; the world checks it."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.world = World(bench)

    @initialize(call=st.sampled_from(submits(FIRST)))
    def begin(self, call: Submit) -> None:
        self.world.perform(call)

    @rule(pause=st.sampled_from(PAUSES), call=CALLS, trouble=TROUBLES, late=st.booleans())
    def step(self, pause: Pause, call: Call, trouble: Trouble, late: bool) -> None:
        self.world.let_pass(timedelta(seconds=pause.seconds))
        if late:
            self.world.deliver_late()
        if pause.delete:
            self.world.delete_expired()
        if not isinstance(call, OnClaim) or self.world.claims:
            self.world.perform(call, trouble)
