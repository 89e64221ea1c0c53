"""The command `cancel`: it ends jobs that no worker holds, and asks the workers of the others to stop."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from careervp_jobs_dal.cli.command import Command, add_job_ids, add_user, add_yes
from careervp_jobs_dal.cli.outcome import Outcome, plural, show_outcomes
from careervp_jobs_dal.cli.prefix import by_prefix
from careervp_jobs_dal.cli.session import repository
from careervp_jobs_dal.job.attribute import STATUS
from careervp_jobs_dal.job.status import JobStatus

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from careervp_jobs_dal.cli.exits import Exit
    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.repository import JobsRepository


def _configure(parser: ArgumentParser) -> None:
    add_job_ids(parser)
    add_user(parser)
    add_yes(parser)


def _run(options: Namespace, screen: Screen) -> Exit:
    jobs = repository(options)
    screen.confirm(f"Cancel {plural(len(options.job_ids), 'job')} of {jobs.table_name}?", yes=options.yes)
    return show_outcomes((_cancel(jobs, job_id, options.user) for job_id in options.job_ids), options, screen)


def _cancel(jobs: JobsRepository, job_id: str, user_id: str | None) -> Outcome:
    job_id, result = by_prefix(partial(jobs.cancel_job, user_id=user_id), job_id, jobs, user_id)
    if not result:
        return Outcome.refused(job_id, result)
    status = str(result.unwrap()[STATUS])
    return Outcome(job_id, status, "its worker is asked to stop" if status == JobStatus.PROCESSING else "cancelled")


CANCEL = Command(
    "cancel",
    "cancel jobs",
    "A job that no worker holds is cancelled at once; else its worker is asked to stop.",
    ("cancel vpr-1", "cancel vpr-1 vpr-2 --yes"),
    _configure,
    _run,
)
