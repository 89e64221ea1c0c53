"""Makes calls beside the reference, and compares: what is answered, what is stored, and what gets out.

A call that answers UNAVAILABLE is made again at once, as its caller would, and must not have a second effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from careervp_jobs_dal import Claim, JobsRepository, Result, ResultCode, Submission
from tests.conftest import Clock
from tests.machine.calls import Call, Create, Update
from tests.machine.claim_calls import OnClaim
from tests.machine.ledger import Ledger
from tests.machine.listener import Listener
from tests.machine.reference import NEW, Job, Outcome, seen
from tests.machine.store import Record, Store
from tests.machine.trouble import CALM, FOR_GOOD, Copy, Trouble, Troubles

BEGINNING = Clock().now + timedelta(milliseconds=250)
LATENESS = timedelta(minutes=5)
"""How long a signed request is good for."""
MOST_COPIES = 6
WITH_RECORD = frozenset(
    {
        ResultCode.ALREADY_EXISTS,
        ResultCode.ALREADY_FINISHED,
        ResultCode.ATTEMPTS_EXHAUSTED,
        ResultCode.IDEMPOTENCY_MISMATCH,
        ResultCode.INVALID_TRANSITION,
        ResultCode.LEASE_HELD,
        ResultCode.LEASE_LOST,
        ResultCode.NOT_DUE,
    }
)


class Bench(NamedTuple):
    """What is slow to make, and serves many worlds one after the other."""

    repository: JobsRepository
    store: Store
    clock: Clock
    troubles: Troubles
    listener: Listener


@dataclass
class Attempt:
    """A call on its way.

    Attributes:
        expected: what comes of it if nothing overtakes it.
        overtaken: whether another call came in between.
        mine: the job as this call had left it when it was overtaken, if it had done anything by then.
        failed: what went wrong with the call that came in between.
    """

    call: Call
    claims: tuple[Claim, ...]
    job_id: str
    expected: Outcome
    overtaken: bool = False
    mine: Job | None = None
    failed: Exception | None = None


class Sent(NamedTuple):
    """A write that was sent: whose it was, about which job, and when."""

    call: Call
    job_id: str
    at: datetime
    copy: Copy


class World:
    """The jobs of one example: as the reference has them, and as the table does."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._jobs: dict[str, Job] = {}
        self._ledger = Ledger()
        self.claims: list[Claim] = []
        self._sent: list[Sent] = []
        bench.store.clear()
        bench.clock.now = BEGINNING

    def perform(self, call: Call, trouble: Trouble = CALM, claims: Iterable[Claim] | None = None) -> None:
        """Make a call, in trouble or not, and check all that comes of it."""
        before = self._bench.store.records()
        self._bench.troubles.written.clear()
        attempt = self._begin(call, tuple(self.claims if claims is None else claims))
        with self._bench.troubles.around(call, trouble, partial(self._overtake, attempt)):
            result = call.make(self._bench.repository, attempt.claims)
        if attempt.failed is not None:
            raise attempt.failed
        self._note_sent(attempt)
        after = self._bench.store.records()
        outcome = self._settle(attempt, result, trouble, after.get(attempt.job_id))
        self._compare(after)
        self._check_fence(attempt, before, after)
        self._check_answer(result, outcome, after.get(attempt.job_id))
        if result.code is ResultCode.UNAVAILABLE:
            self._repeat(attempt, before, after)

    def deliver_late(self) -> None:
        """Copies of the writes of the last minutes arrive once more, and change nothing."""
        now, before = self._bench.clock.now, self._bench.store.records()
        for sent in self._sent:
            job = self._jobs.get(sent.job_id)
            # Two instants that are the same, or a clock that went back, do not tell which of the two came first.
            told = job is None or job.available_at is None or job.available_at > sent.at
            # A job that DynamoDB has deleted refuses nothing any more.
            if job is not None and told and timedelta(0) < now - sent.at <= LATENESS:
                self._bench.troubles.deliver(sent.copy)
                assert self._bench.store.records() == before, f"A late copy of {sent.call} took effect"

    def _note_sent(self, attempt: Attempt) -> None:
        """Keep what was written; the contract's updates have no fence, and what was overtaken is not told apart.

        What met no job is not kept: a job that begins later cannot know of it.
        """
        written, now = self._bench.troubles.written, self._bench.clock.now
        kept = not attempt.overtaken and attempt.expected.job is not None
        if kept and not isinstance(attempt.call, Update | Create):
            self._sent += [Sent(attempt.call, attempt.job_id, now, copy) for copy in written]
            del self._sent[:-MOST_COPIES]

    def let_pass(self, time: timedelta) -> None:
        """Move the clock, in either direction."""
        self._bench.clock.advance(time)

    def delete_expired(self) -> None:
        """DynamoDB gets round to what has expired."""
        for job_id in [job_id for job_id, job in self._jobs.items() if job.expired(self._bench.clock.now)]:
            self._bench.store.delete(job_id)
            self._ledger.forget(job_id)
            del self._jobs[job_id]

    def _begin(self, call: Call, claims: tuple[Claim, ...]) -> Attempt:
        job_id = call.target(claims)
        return Attempt(call, claims, job_id, call.expect(self._jobs.get(job_id), self._bench.clock.now, claims))

    def _overtake(self, attempt: Attempt, other: Call) -> None:
        """Another call between two requests of this one, which may have had its effect already."""
        claims = [claim for claim in self.claims if claim.job_id == attempt.job_id]
        on_same = other.about(attempt.job_id)
        if on_same is None or (isinstance(other, OnClaim) and not claims):
            return
        attempt.overtaken = True
        try:
            self._let_in(attempt, on_same, claims)
        except Exception as error:
            attempt.failed = error  # the library makes a code of it
            raise

    def _let_in(self, attempt: Attempt, other: Call, claims: Iterable[Claim]) -> None:
        records = self._bench.store.records()
        record = records.get(attempt.job_id)
        if record and seen(record) != self._jobs.get(attempt.job_id):
            attempt.mine = seen(record)
            self._adopt(attempt, [attempt.expected], record, attempt.expected.code)
            self._compare(records)
        self.perform(other, CALM, claims)

    def _settle(self, attempt: Attempt, result: Result[Any], trouble: Trouble, record: Record | None) -> Outcome:
        allowed = list(self._allowed(attempt))
        if trouble.kind is not CALM.kind:
            allowed += [outcome._replace(code=outcome.if_resent) for outcome in allowed if outcome.if_resent]
        if trouble.kind in FOR_GOOD:
            unchanged = Outcome(ResultCode.UNAVAILABLE, self._jobs.get(attempt.job_id))
            allowed += [unchanged, unchanged._replace(job=attempt.expected.job)]
        return self._adopt(attempt, allowed, record, result.code)

    def _allowed(self, attempt: Attempt) -> Iterator[Outcome]:
        """What may come of a call, whatever overtook it; a second effect only where the call has no nonce."""
        if not attempt.overtaken:
            yield attempt.expected
            return
        present = self._jobs.get(attempt.job_id)
        anew = attempt.call.expect(present, self._bench.clock.now, attempt.claims)
        if attempt.mine is None or attempt.call.again:
            yield anew
        if attempt.mine is None:
            yield Outcome(ResultCode.CONFLICT, present)
            if attempt.call.stands(attempt.expected, present):
                yield attempt.expected._replace(job=present)
            return
        yield attempt.expected._replace(job=present)
        if not attempt.call.shows(attempt.mine, present):
            yield Outcome(ResultCode.CONFLICT, present)
            if anew.code is not ResultCode.SUCCESS:
                yield anew._replace(job=present)

    def _adopt(self, attempt: Attempt, allowed: list[Outcome], record: Record | None, code: ResultCode) -> Outcome:
        """Find the outcome that this is, and make the stored job the reference's."""
        actual = None if record is None else seen(record)
        for outcome in allowed:
            if outcome.code is code and self._is(outcome.job, actual):
                if actual is not None:
                    self._jobs[attempt.job_id] = actual
                return outcome
        lines = (f"or {outcome.code} and {_unlike(outcome.job, actual)}" for outcome in allowed)
        raise AssertionError("\n  ".join([f"{attempt.call} answered {code} and left {actual}; should be", *lines]))

    def _is(self, expected: Job | None, actual: Job | None) -> bool:
        """Whether they are the same, where a new id may be any that was never seen before."""
        if expected is None or actual is None:
            return expected is actual
        fresh = {name: getattr(actual, name) for name in ("life", "claim_id") if getattr(expected, name) == NEW}
        return replace(expected, **fresh) == actual and self._ledger.is_fresh(*fresh.values())

    def _compare(self, records: dict[str, Record]) -> None:
        """Nothing else has changed, come or gone."""
        self._ledger.observe(records, self._bench.clock.now)
        stored = {job_id: seen(record) for job_id, record in records.items()}
        assert stored == self._jobs, "A call changed another job than its own"

    def _check_fence(self, attempt: Attempt, before: dict[str, Record], after: dict[str, Record]) -> None:
        """Only the present claim of a job that is worked on writes."""
        if not isinstance(attempt.call, OnClaim) or attempt.overtaken:
            return
        claim = attempt.call.held(attempt.claims)
        record = before.get(attempt.job_id, {})
        present = (record.get("status"), record.get("attempt"), record.get("claim_id"))
        held = present == ("PROCESSING", claim.attempt, claim.claim_id)
        assert held or before == after, f"{claim} is over, and wrote"

    def _check_answer(self, result: Result[Any], outcome: Outcome, record: Record | None) -> None:
        """What is answered is what is stored, and nothing of it can be read where it should not be."""
        data = result.data
        self._bench.listener.assert_discreet(result, result.error, data if isinstance(data, Submission | Claim) else "")
        assert result.retry_after == outcome.retry_after
        if isinstance(data, Submission):
            assert data.created is outcome.created, f"{data}, but expected was {outcome}"
            assert data.should_enqueue is seen(data.job).wants_message(self._bench.clock.now, created=data.created)
            self._ledger.note(data)
        if isinstance(data, Claim):
            held = seen(data.job)
            assert (data.attempt, data.claim_id) == (held.attempt, held.claim_id)
            assert data.lease_expires_at == held.leased_until
            self.claims.append(data)
        if result or result.code in WITH_RECORD:
            answered = data.job if isinstance(data, Submission | Claim) else data
            assert (answered if result else result.record) == record, "The answer is not what is stored"

    def _repeat(self, attempt: Attempt, before: dict[str, Record], after: dict[str, Record]) -> None:
        self.perform(attempt.call, CALM, attempt.claims)
        if before != after:
            assert self._bench.store.records() == after, f"{attempt.call} had a second effect"


def _unlike(expected: Job | None, actual: Job | None) -> str:
    """Where a job should be another than it is."""
    if expected is None or actual is None:
        return f"{expected}"
    wanted, found = vars(expected), vars(actual)
    return ", ".join(f"{name}={wanted[name]!r}" for name in wanted if wanted[name] != found[name]) or "this job"
