"""The command `stats`: it shows the number of jobs in each status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careervp_jobs_dal.cli.command import Command, add_where
from careervp_jobs_dal.cli.exits import Exit, unwrap
from careervp_jobs_dal.cli.session import operator, repository
from careervp_jobs_dal.cli.status_counts import tallied, tally

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from careervp_jobs_dal.cli.screen import Screen


def _configure(parser: ArgumentParser) -> None:
    help_whole = "count all jobs, which reads (and bills) the whole table"
    parser.add_argument("--whole-table", action="store_true", help=help_whole)
    add_where(parser)


def _run(options: Namespace, screen: Screen) -> Exit:
    jobs = repository(options)
    stats = unwrap(operator(jobs).stats(whole_table=options.whole_table, kind=options.kind))
    screen.show(tally(stats), tallied(stats, jobs.clock(), screen))
    return Exit.OK


STATS = Command(
    "stats",
    "count the jobs by status",
    "The unfinished ones are counted by an optional index, which costs little; all jobs by a scan.",
    ("stats", "stats --where kind=letter", "stats --whole-table --json"),
    _configure,
    _run,
)
