"""The command `show`: it shows one job's record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careervp_jobs_dal.cli.command import Command, add_user
from careervp_jobs_dal.cli.exits import Exit, unwrap
from careervp_jobs_dal.cli.grid import pairs
from careervp_jobs_dal.cli.portrait import described, portrait
from careervp_jobs_dal.cli.session import repository

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from careervp_jobs_dal.cli.screen import Screen


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("job_id", metavar="JOB_ID", help="the job's id")
    add_user(parser)
    parser.add_argument("--show-input", action="store_true", help="show the payload, not only its size")


def _run(options: Namespace, screen: Screen) -> Exit:
    jobs = repository(options)
    job = unwrap(jobs.find_job(options.job_id, user_id=options.user))
    shown = {"show_input": options.show_input}
    screen.show(portrait(job, **shown), pairs(described(job, jobs.clock(), **shown), screen))
    return Exit.OK


SHOW = Command(
    "show",
    "show one job",
    "The payload stays hidden unless it is asked for; the error text is shown.",
    ("show 5e0c6f7e-3c1d-5a80-9d0b-2f8c7a1b4e55", "show vpr-1 --json"),
    _configure,
    _run,
)
