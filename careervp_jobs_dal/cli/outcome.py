"""The outcomes of a command for several jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from careervp_jobs_dal.cli.complaint import complaint
from careervp_jobs_dal.cli.exits import Exit, StopError, exit_for
from careervp_jobs_dal.cli.grid import Column, grid
from careervp_jobs_dal.cli.invocation import invocation
from careervp_jobs_dal.cli.next_step import RECOVER
from careervp_jobs_dal.job.attribute import STATUS
from careervp_jobs_dal.result import ResultCode

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable

    from careervp_jobs_dal.cli.complaint import Complaint
    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.result import Result

_COLUMNS = (Column("JOB"), Column("STATUS", status=True), Column("OUTCOME", cut="fold"))


class Outcome(NamedTuple):
    """Outcome for one job: id, present status if known, words, and code.

    `queue_error` is the reason for which the queue did not get the id.
    """

    job_id: str
    status: str
    said: str
    code: ResultCode = ResultCode.SUCCESS
    queue_error: str | None = None

    @staticmethod
    def refused(job_id: str, result: Result[Any]) -> Outcome:
        """Make the outcome of a call that was refused."""
        status = str((result.record or {}).get(STATUS, ""))
        return Outcome(job_id, status, str(result.error), result.code)


def show_outcomes(outcomes: Iterable[Outcome], options: Namespace, screen: Screen) -> Exit:
    """Show the outcomes and their remedies, and return the exit code of the worst.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed; the outcomes so far are shown.
    """
    found, interrupted = _until_interrupted(outcomes)
    complaints = {one.job_id: _complaint(one, options) for one in found if exit_for(one.code) is not Exit.OK}
    document = [_document(one, complaints.get(one.job_id)) for one in found]
    screen.show({"jobs": document}, grid(_COLUMNS, map(_row, found), screen))
    if not screen.json:
        for line in dict.fromkeys(line for each in complaints.values() for line in [*each.lines()][1:]):
            screen.note(line)
    if interrupted:
        raise interrupted
    return max(exit_for(one.code) for one in found)


def _until_interrupted(outcomes: Iterable[Outcome]) -> tuple[list[Outcome], KeyboardInterrupt | None]:
    found: list[Outcome] = []
    try:
        for one in outcomes:
            found.append(one)  # noqa: PERF402  # those before an interruption are kept
    except KeyboardInterrupt as interrupted:
        return found, interrupted
    return found, None


def _complaint(one: Outcome, options: Namespace) -> Complaint:
    again = invocation(options, RECOVER, queue=True)
    fix = f"mend the queue; once the job has waited so long, {again} sends its id" if one.queue_error else None
    return complaint(StopError(one.said, exit_for(one.code), one.code, fix=fix, job_id=one.job_id), options)


def _document(one: Outcome, trouble: Complaint | None) -> dict[str, Any]:
    told = {"job_id": one.job_id, "status": one.status or None, "code": one.code, "outcome": one.said}
    return told | {"queue_error": one.queue_error, "fix": trouble.fix if trouble else None}


def _row(one: Outcome) -> tuple[str, str, str]:
    refused = exit_for(one.code) is not Exit.OK
    return one.job_id, one.status, f"{one.code}: {one.said}" if refused else one.said


def may_be_more(limit: int) -> str:
    """Write the remark under a list that is as long as its limit.

    >>> may_be_more(1000)
    'There may be more than these 1,000: --limit N shows more.'
    """
    return f"There may be more than these {limit:,}: --limit N shows more."


def plural(number: int, noun: str) -> str:
    """Write a number and a noun, in the plural where needed.

    >>> plural(1, "job"), plural(2000, "job")
    ('1 job', '2,000 jobs')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
