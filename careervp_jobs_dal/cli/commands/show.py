"""The command `show`: it tells one job's life, and the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.cli.command import Command, add_user
from careervp_jobs_dal.cli.exits import Exit, unwrap
from careervp_jobs_dal.cli.next_step import next_step
from careervp_jobs_dal.cli.portrait import portrait
from careervp_jobs_dal.cli.prefix import by_prefix
from careervp_jobs_dal.cli.session import repository
from careervp_jobs_dal.cli.state import judge
from careervp_jobs_dal.cli.story import story
from careervp_jobs_dal.cli.timeline import timeline

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.job.record import JobRecord
    from careervp_jobs_dal.result import Answer


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("job_id", metavar="JOB_ID", help="the job's id, or its first characters")
    add_user(parser)
    parser.add_argument("--show-input", action="store_true", help="show the payload, not only its size")


def _run(options: Namespace, screen: Screen) -> Exit:
    jobs = repository(options)

    def find(job_id: str) -> Answer[JobRecord]:
        return jobs.find_job(job_id, user_id=options.user)

    job = unwrap(by_prefix(find, options.job_id, jobs, options.user).answer)
    now = jobs.clock()
    step = next_step(job, judge(job, now), now, options)
    told: dict[str, Any] = {
        "state": str(judge(job, now)),
        "timeline": [event.document() for event in timeline(job, now)],
        "next_step": step.document(),
    }
    document = {**portrait(job, show_input=options.show_input), **told}
    screen.show(document, story(job, step, now, screen, show_input=options.show_input))
    return Exit.OK


SHOW = Command(
    "show",
    "tell one job's life, and the next step",
    "The time-line holds the facts of the record: the first claim since it was submitted or retried,\n"
    "and the last ten attempts that ended.\n"
    "The payload stays hidden unless it is asked for; the error text is shown.",
    ("show 5e0c6f7e-3c1d-5a80-9d0b-2f8c7a1b4e55", "show 5e0c", "show vpr-1 --json"),
    _configure,
    _run,
)
