"""Sweep of `recover_jobs`: it searches for overdue jobs, brings each back, and sends it to its queue.

    search     64 queries, then reads of 100 records            each box: up to 8 requests side by side
    recover    8 writes, then their 8 messages, 8 writes, ...
    search     the next ones, while there are any, up to the limit

Work and search take turns, so a sweep that is stopped has lost nothing but the rest. A job that nothing can bring back
moves behind all others, so none stands in front of them for ever.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.job.index import Wait, position
from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.operations.gathering import HOPELESS
from careervp_jobs_dal.operations.outbox import Sent
from careervp_jobs_dal.operations.overdue import Search, Searching
from careervp_jobs_dal.operations.recovery import Recovered, foresee, move, recover
from careervp_jobs_dal.plans.plan import MOST_AT_ONCE, Plan, Sweep
from careervp_jobs_dal.plans.refusal import failed
from careervp_jobs_dal.result import Answer, Failure, Result, ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from careervp_jobs_dal.codec.packing import Decoder
    from careervp_jobs_dal.job.record import Item
    from careervp_jobs_dal.operations.outbox import Outbox

MOST_MOVED = 1000
"""The most jobs that one sweep moves on because they have kept the search from getting through."""
_ENDED = frozenset({ResultCode.ATTEMPTS_EXHAUSTED, ResultCode.ALREADY_FINISHED})

_Steps: TypeAlias = "Generator[list[Plan[Any]], list[Answer[Any]], None]"


@dataclass(frozen=True, slots=True)
class Recovery:
    """Outcome of a recovery: the ids of the overdue jobs, by their new state.

    Attributes:
        put_back: jobs that were PROCESSING with a lapsed lease, and are PENDING now.
        failed: jobs that are FAILED now: they had no attempt left, or were to be cancelled.
        waiting: jobs that were PENDING and still are.
        held: jobs that are PROCESSING without a lease, and were left alone.
        unread: jobs that could not be read or written; a later recovery finds them again.
        to_enqueue: jobs of `put_back` and `waiting` that were not sent to the queue.
        more: True where jobs can be overdue still, because of the limits or of a failure: recover again.
        dry_run: True where nothing was changed or sent, and each job is named by the state that it would get.
    """

    put_back: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    to_enqueue: tuple[str, ...] = ()
    more: bool = False
    dry_run: bool = False


class Recovering(NamedTuple):
    """Arguments of one recovery."""

    search: Search
    outbox: Outbox
    time_limit: timedelta | None
    dry_run: bool = False


def recover_jobs(asked: Recovering, decode: Decoder) -> Sweep[Recovery]:
    """Recover the overdue jobs in waves, and send each to the queue."""
    asked.outbox.check()
    sweeping = _Sweeping(asked, decode)
    while sweeping.room:
        jobs = yield from sweeping.search.following()
        if not jobs:
            break
        yield from sweeping.recover(jobs)
    if not asked.dry_run:
        yield from sweeping.clear_the_way()
    return sweeping.answer()


class _Sweeping:
    """Sweep under way."""

    def __init__(self, asked: Recovering, decode: Decoder) -> None:
        self._time_is_up = _time_is_up(asked.time_limit)
        self.search = Searching(asked.search, self._time_is_up)
        self._asked = asked
        self._decode = decode
        self._became: dict[str, list[str]] = {"held": self.search.unleased, "unread": self.search.unread}
        self._unsent: list[str] = []
        self._tried = 0
        self._left = False
        self._failure: Failure | None = None

    @property
    def room(self) -> bool:
        """Tell whether the sweep may begin with another job."""
        return self._tried < self._asked.search.limit and not self._ends()

    def recover(self, jobs: list[Item]) -> _Steps:
        """Recover these jobs in waves, as long as the sweep may."""
        rest = jobs
        while rest and self.room:
            size = min(MOST_AT_ONCE, self._asked.search.limit - self._tried)
            wave, rest = rest[:size], rest[size:]
            answers = yield from self._recovered(wave)
            for record, answer in zip(wave, answers, strict=True):
                self._note(record, answer)
            yield from self._take_back()
        self._left = self._left or bool(rest)

    def _recovered(self, wave: list[Item]) -> Generator[list[Plan[Any]], list[Answer[Any]], list[Answer[Recovered]]]:
        now = self._asked.search.now
        if self._asked.dry_run:
            return [foresee(record, now) for record in wave]
        return (yield [recover(record, now, self._decode) for record in wave])

    def clear_the_way(self) -> _Steps:
        """Move the jobs that only stand in front of others."""
        rest = [*self.search.damaged, *(self.search.idle[:MOST_MOVED] if self.search.at_bound else ())]
        while rest and not self._ends():
            wave, rest = rest[:MOST_AT_ONCE], rest[MOST_AT_ONCE:]
            answers = yield [move(place, self._asked.search.now) for place in wave]
            self._left = self._left or not all(answers)
        self._left = self._left or bool(rest)

    def answer(self) -> Answer[Recovery]:
        """Answer with the jobs, or with a failure that left nothing to be done."""
        failure = self.search.failure if self._failure is None else self._failure
        hopeless = failure is not None and (failure.code in HOPELESS or not self.search.answered)
        if failure is not None and hopeless and not self._did_something():
            return failed(failure)
        fields = {field: tuple(ids) for field, ids in self._became.items()}
        more = self._left or self.search.more or failure is not None
        return Result.success(Recovery(**fields, more=more, dry_run=self._asked.dry_run))

    def _ends(self) -> bool:
        return self._failure is not None or self._time_is_up()

    def _did_something(self) -> bool:
        return not self._became.keys().isdisjoint(("put_back", "waiting", "failed"))

    def _take_back(self) -> _Steps:
        """Let the jobs that could not be sent be overdue still."""
        now, older_than = self._asked.search.now, self._asked.search.older_than
        marked = [{JOB_ID: each, **position(each, Wait.QUEUED, instant_text(now))} for each in self._unsent]
        if marked:
            yield [move(place, now - older_than) for place in marked]
            self._left = True
            self._unsent.clear()

    def _note(self, record: Item, answer: Answer[Recovered]) -> None:
        """Note the outcome for a job, and send it to the queue.

        A job that was claimed, sent or deleted by others meanwhile is nobody's here, and leaves its room to another.
        """
        if answer.data is Recovered.TAKEN or answer.code is ResultCode.NOT_FOUND:
            return
        self._tried += 1
        if answer.data is not None:
            self._add(answer.data, record)
            self._send(record)
        elif answer.code in _ENDED:
            self._add("failed", record)
        else:
            self._add("unread", record)
            self._consider(record, answer)

    def _send(self, record: Item) -> None:
        sent = Sent.NO if self._asked.dry_run else self._asked.outbox.send(record, self._decode)
        if sent is not Sent.YES:
            self._add("to_enqueue", record)
        if sent is Sent.FAILED:
            self._unsent.append(record[JOB_ID])

    def _consider(self, record: Item, failure: Answer[Recovered]) -> None:
        """Judge a failure: it may pass, meet every job, or stay with this one."""
        if failure.code.retryable:
            self._left = True
        elif failure.code in HOPELESS:
            self._failure = failed(failure)
        else:
            self.search.damaged.append(record)

    def _add(self, field: str, record: Item) -> None:
        self._became.setdefault(field, []).append(record[JOB_ID])


def _time_is_up(limit: object) -> Callable[[], bool]:
    """Start a stopwatch, and return the question whether the time is up.

    Raises:
        InvalidInputError: the limit is neither None nor a timedelta above 0.
    """
    if limit is None:
        return bool
    if not isinstance(limit, timedelta) or limit <= timedelta(0):
        raise InvalidInputError("time_limit must be a timedelta above 0, or None")
    return partial(_is_past, time.monotonic() + limit.total_seconds())


def _is_past(end: float) -> bool:
    return time.monotonic() >= end
