"""The jobs that `watch` follows: each look reads the unfinished ones, and tells of their changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.cli.duration import say_duration
from careervp_jobs_dal.cli.exits import Exit, StopError, unwrap
from careervp_jobs_dal.cli.portrait import attempts, percent, summary
from careervp_jobs_dal.cli.prefix import by_prefix
from careervp_jobs_dal.cli.progress import drawn, read_progress
from careervp_jobs_dal.cli.session import operator
from careervp_jobs_dal.cli.state import State, judge
from careervp_jobs_dal.cli.text import cut, pad, visible, width
from careervp_jobs_dal.job.attribute import ATTEMPT, COMPLETED_AT, CREATED_AT, JOB_ID, PROGRESS, STATUS
from careervp_jobs_dal.job.instant import parse_instant
from careervp_jobs_dal.job.status import JobStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.job.record import JobRecord
    from careervp_jobs_dal.operations.batch import JobBatch
    from careervp_jobs_dal.repository import JobsRepository
    from careervp_jobs_dal.result import Answer

_USUAL = (State.WAITING, State.RUNNING, State.COMPLETED, State.FAILED)
_MOST_LIVE_LINES = 12
_WIDEST_ID = 20


class Following:
    """Jobs that are followed to their ends, with their last records.

    Attributes:
        changed: whether the last look showed a change.
    """

    def __init__(self, jobs: JobsRepository, screen: Screen) -> None:
        self.changed: bool = True
        self._jobs = jobs
        self._screen = screen
        self._records: dict[str, JobRecord] = {}
        self._told: dict[str, tuple[Any, ...]] = {}

    @property
    def unfinished(self) -> list[JobRecord]:
        """Return the jobs that have not ended."""
        return [job for job in self._records.values() if not JobStatus(job[STATUS]).finished]

    @property
    def exit_code(self) -> Exit:
        """Return the exit code for the ends of the jobs."""
        return Exit.OK if all(job[STATUS] == JobStatus.COMPLETED for job in self._records.values()) else Exit.NO

    def begin(self, job_ids: Sequence[str], user_id: str | None) -> None:
        """Find the jobs, and show them.

        Raises:
            StopError: a job cannot be read, or is not the user's.
        """

        def find(job_id: str) -> Answer[JobRecord]:
            return self._jobs.find_job(job_id, user_id=user_id)

        found = [unwrap(by_prefix(find, job_id, self._jobs, user_id).answer) for job_id in job_ids]
        self._records = {job[JOB_ID]: job for job in found}
        self._tell()

    def look(self) -> None:
        """Read the unfinished jobs, 100 a request, and show their changes.

        A job whose read may succeed later is as it was until the next look.

        Raises:
            StopError: a job is gone, or can never be read.
        """
        result = operator(self._jobs).get_jobs([job[JOB_ID] for job in self.unfinished])
        if result or not result.retryable:
            self._take(unwrap(result))
        self._tell()

    def _take(self, batch: JobBatch) -> None:
        self._records |= batch.jobs
        if batch.missing:
            raise StopError(f"Job {batch.missing[0]} is gone: it expired or was deleted", Exit.NO, "NOT_FOUND")
        for job_id in batch.unread:
            alone = self._jobs.find_job(job_id)  # which says why
            self._records |= {} if alone.retryable else {job_id: unwrap(alone)}

    def redraw(self, expected: timedelta | None) -> None:
        """Draw the unfinished jobs, a line each."""
        if not self._screen.is_terminal:
            return
        jobs, now = self.unfinished, self._jobs.clock()
        names = {job[JOB_ID]: self._name(job) for job in jobs[:_MOST_LIVE_LINES]}
        room = max(map(width, names.values()))
        lines = []
        for job in jobs[:_MOST_LIVE_LINES]:
            name = pad(names[job[JOB_ID]], room)
            lines.append(f"{name}{drawn(read_progress(job, now, expected), self._screen, taken=width(name))}")
        if len(jobs) > _MOST_LIVE_LINES:
            lines.append(f"and {len(jobs) - _MOST_LIVE_LINES:,} more")
        self._screen.live(lines)

    def _tell(self) -> None:
        """Show each job that has changed since it was shown."""
        self.changed, now = False, self._jobs.clock()
        for job_id, job in self._records.items():
            told = self._told.get(job_id)
            self._told[job_id] = telling = job[STATUS], judge(job, now), job.get(ATTEMPT), job.get(PROGRESS)
            self.changed = self.changed or told != telling
            # Progress is not worth a line at a terminal, where the live line shows it.
            if told is None or told[:3] != telling[:3] or (told != telling and not self._screen.is_terminal):
                self._screen.event(summary(job, now), self._event(job, now))

    def _event(self, job: JobRecord, now: datetime) -> str:
        status, state = str(job[STATUS]), judge(job, now)
        facts = [
            "" if state in _USUAL else self._screen.paint(state, state),
            f"attempt {attempts(job)}" if job.get(ATTEMPT) else "",
            percent(job),
            _took(job),
        ]
        name = f"{job[JOB_ID]}  " if len(self._records) > 1 else ""
        shown = self._screen.paint(f"{status:<10}", status)
        return "  ".join([f"{now:%H:%M:%S}Z", f"{name}{shown}", *filter(None, facts)]).rstrip()

    def _name(self, job: JobRecord) -> str:
        """Name a job in its live line, if there are several."""
        return f"{cut(visible(job[JOB_ID]), _WIDEST_ID, self._screen.ellipsis)}  " if len(self._records) > 1 else ""


def _took(job: JobRecord) -> str:
    created_at, completed_at = parse_instant(job.get(CREATED_AT)), parse_instant(job.get(COMPLETED_AT))
    if not created_at or not completed_at:
        return ""
    return f"{say_duration(completed_at - created_at)} after it was created"
