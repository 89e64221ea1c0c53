"""The census of somebody who watches: the numbers of the active jobs, of which each look counts a part anew.

    look 1   all 64 partitions of the active index
    look 2   the 8 partitions of part 0, and the records of their jobs
    look 3   part 1
    ...
    look 10  part 0 again

A job never leaves its part, whatever becomes of it, so the sum counts each job once. The numbers are as old as the part
that was counted first.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from careervp_jobs_dal.job.index import ACTIVE_JOBS, ACTIVE_SHARDS
from careervp_jobs_dal.job.instant import parse_instant, read_clock
from careervp_jobs_dal.job.verb import Verb
from careervp_jobs_dal.operations.counting import Stats, count_jobs
from careervp_jobs_dal.operations.missing_index import with_index
from careervp_jobs_dal.operations.partition import SHARDS
from careervp_jobs_dal.plans.refusal import failed
from careervp_jobs_dal.repository import backend_of
from careervp_jobs_dal.result import Answer, Result

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from careervp_jobs_dal.repository import JobsRepository

PARTS = 8
SECONDS_A_PART = 2.0
"""The time for one part: a slower pace counts more parts at each look, and the numbers are not older for it."""


class Census:
    """Census of one table's active jobs, with a look every so often.

    Attributes:
        as_of: the instant at which the oldest part was counted; None before the first look.
    """

    def __init__(self, jobs: JobsRepository, every: timedelta) -> None:
        self.as_of: datetime | None = None
        self._jobs = jobs
        self._a_look = min(PARTS, max(1, int(every.total_seconds() / SECONDS_A_PART)))
        self._counted: dict[int, tuple[datetime, Stats]] = {}
        self._next = 0

    def look(self) -> Answer[Stats]:
        """Count the next parts, all of them at the first look.

        A part that fails is the first of the next look.
        """
        for _ in range(self._a_look if len(self._counted) == PARTS else PARTS):
            now = read_clock(self._jobs.clock)
            answer = self._count(now)
            if answer.data is None:
                return failed(answer)
            self._counted[self._next] = now, answer.data
            self._next = (self._next + 1) % PARTS
        self.as_of = min(at for at, _ in self._counted.values())
        return Result.success(_added(stats for _, stats in self._counted.values()))

    def _count(self, now: datetime) -> Answer[Stats]:
        # A job's numeral is that of its id in each kind of wait, so all its places belong to one part.
        shards = [shard for shard in SHARDS if int(shard[1:], ACTIVE_SHARDS) % PARTS == self._next]
        name, gateway, _, _ = backend_of(self._jobs)
        counted = gateway.sweep(Verb.STATS, count_jobs(name, now, whole_table=False, shards=shards))
        return with_index(counted, name, ACTIVE_JOBS)


def _added(parts: Iterable[Stats]) -> Stats:
    """Add the numbers of the parts."""
    counts: Counter[str] = Counter()
    lapsed, oldest = 0, []
    for part in parts:
        counts.update(part.counts)
        lapsed += part.lapsed
        oldest += [part.oldest_pending_at] if part.oldest_pending_at else []
    return Stats(dict(sorted(counts.items())), lapsed, min(oldest, key=_instant, default=None), whole_table=False)


def _instant(text: str) -> datetime:
    return parse_instant(text) or datetime.max.replace(tzinfo=UTC)
