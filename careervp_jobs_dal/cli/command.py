"""The parts of a command (its words, help, arguments and action), and the arguments that many commands share."""

from __future__ import annotations

import re
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace, _ArgumentGroup
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from careervp_jobs_dal.cli.duration import parse_duration
from careervp_jobs_dal.cli.moment import Moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import timedelta

    from careervp_jobs_dal.cli.exits import Exit
    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.job.status import JobStatus

# DynamoDB's rule for the names of tables and indexes.
_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")
_ARN = re.compile(r"arn:[^\s:]+:dynamodb:[^\s:]*:[^\s:]*:table/[A-Za-z0-9_.-]{3,255}")
Arguments: TypeAlias = ArgumentParser | _ArgumentGroup


class Command(NamedTuple):
    """Command of `careervp-jobs`.

    Attributes:
        words: the words to type, such as "table create".
        summary: one line for the list of commands.
        description: the rest of its help text.
        examples: command lines without the program's name.
        configure: adds its arguments to the parser.
        run: the action.
        connects: whether the command needs a table, and so has the options of a connection.
    """

    words: str
    summary: str
    description: str
    examples: tuple[str, ...]
    configure: Callable[[ArgumentParser], None]
    run: Callable[[Namespace, Screen], Exit]
    connects: bool = True


def add_connection(parser: Arguments, *, default: str | None = SUPPRESS) -> None:
    """Add the options that name the table, its endpoint, profile and region."""
    add = parser.add_argument
    add(
        "--table",
        type=table,
        default=default,
        metavar="NAME",
        help="the table (default: $JOBS_TABLE_NAME, $VPR_JOBS_TABLE_NAME)",
    )
    add("--endpoint-url", default=default, metavar="URL", help="another DynamoDB, such as a local engine")
    add("--profile", default=default, metavar="NAME", help="a profile of the AWS configuration")
    add("--region", default=default, metavar="NAME", help="the AWS region")


def add_output(parser: Arguments, *, default: bool | str = SUPPRESS) -> None:
    """Add the options for the form of the output."""
    add = parser.add_argument
    add("--json", action="store_true", default=default, help="JSON on standard output, errors too")
    debug = "show each request on standard error, without any value (also: $JOBS_DEBUG)"
    add("--debug", action="store_true", default=default, help=debug)


def add_job_ids(parser: ArgumentParser) -> None:
    """Add one or more ids of jobs."""
    parser.add_argument("job_ids", nargs="+", metavar="JOB_ID", help="the job's id, or its first characters")


def add_user(parser: ArgumentParser) -> None:
    """Add the option that restricts a command to one user's jobs."""
    parser.add_argument("--user", metavar="USER_ID", help="only if it is this user's")


def add_queue(parser: ArgumentParser) -> None:
    """Add the options for the queue that gets the ids."""
    queue = parser.add_mutually_exclusive_group()
    queue.add_argument("--queue-url", metavar="URL", help="send the ids to this SQS queue (default: $JOBS_QUEUE_URL)")
    queue.add_argument("--no-queue", action="store_true", help="send nothing, only name the ids")


def add_yes(parser: ArgumentParser) -> None:
    """Add the option that answers the question in advance."""
    parser.add_argument("--yes", action="store_true", help="do not ask")


def add_dry_run(parser: ArgumentParser, *, would: str = "deleted", do: str = "delete") -> None:
    """Add the option that lets a command act; without it, nothing is changed.

    The help says what `would` be done, and `do`es it.
    """
    dry = parser.add_mutually_exclusive_group()
    dry.add_argument("--dry-run", action="store_true", help=f"say what would be {would} (the default)")
    dry.add_argument("--no-dry-run", action="store_false", dest="dry_run", help=do)
    parser.set_defaults(dry_run=True)


def add_older_than(parser: ArgumentParser, what: str) -> None:
    """Add the option for the least age of a job."""
    parser.add_argument("--older-than", type=duration, required=True, metavar="TIME", help=what)


def add_status(parser: ArgumentParser, statuses: Iterable[JobStatus], what: str) -> None:
    """Add the option for one of these statuses."""
    choices = [str(status) for status in statuses]
    parser.add_argument("--status", type=str.upper, choices=choices, metavar="STATUS", help=what)


def add_window(parser: ArgumentParser, what: str, *, beside: str = "") -> None:
    """Add the options for a time in the past.

    The help says `what` happened in it, and the option `beside` which they stand.
    """
    add = parser.add_argument
    add("--since", type=moment, metavar="WHEN", help=f"{what} since then: 1h, 14:00Z or 2026-02-03T14:00Z{beside}")
    add("--until", type=moment, metavar="WHEN", help="and until then (default: now)")


def add_where(parser: ArgumentParser) -> None:
    """Add the option for the kind of the jobs, `options.kind`."""
    parser.add_argument(
        "--where", type=_where, dest="kind", metavar="NAME=VALUE", help="only jobs of this kind: kind=letter"
    )


def _where(text: str) -> str:
    """Read the kind from a choice of jobs.

    Raises:
        ArgumentTypeError: the choice is not by a kind.
    """
    name, _, value = text.partition("=")
    if name != "kind" or not value:
        raise ArgumentTypeError("jobs are chosen by their kind only, such as --where kind=letter")
    return value


def duration(text: str) -> timedelta:
    """Read a duration from an argument.

    Raises:
        ArgumentTypeError: the argument is no duration.
    """
    try:
        return parse_duration(text)
    except ValueError:
        raise ArgumentTypeError("a time is written like 90s, 15m, 1h30m or 2d, up to 100 years") from None


def moment(text: str) -> Moment:
    """Read a moment from an argument.

    Raises:
        ArgumentTypeError: the argument is no moment.
    """
    try:
        return Moment(text)
    except ValueError:
        raise ArgumentTypeError(
            "write how long ago, such as 1h, or when, such as 14:00Z or 2026-02-03T14:00Z"
        ) from None


def table(text: str) -> str:
    """Read a table's name or ARN from an argument.

    Raises:
        ArgumentTypeError: the argument is neither.
    """
    return text if _ARN.fullmatch(text) else name(text)


def arn(text: str) -> str:
    """Read a table's ARN from an argument.

    Raises:
        ArgumentTypeError: the argument is no ARN of a table.
    """
    if not _ARN.fullmatch(text):
        raise ArgumentTypeError("must be like arn:aws:dynamodb:REGION:ACCOUNT:table/NAME")
    return text


def name(text: str) -> str:
    """Read a name that DynamoDB takes from an argument.

    Raises:
        ArgumentTypeError: DynamoDB does not take the name.
    """
    if not _NAME.fullmatch(text):
        raise ArgumentTypeError("must have 3 to 255 letters, digits, '_', '.' or '-'")
    return text


def count(text: str) -> int:
    """Read a number of at least 1 from an argument.

    Raises:
        ArgumentTypeError: the argument is no such number.
    """
    if not text.isdecimal() or not 1 <= len(text) <= 9 or int(text) < 1:
        raise ArgumentTypeError("must be a whole number of at least 1")
    return int(text)


def nothing(_: ArgumentParser) -> None:
    """Add no argument, for a command without arguments of its own."""
