"""What a command is: its words, what it says of itself, its arguments and its action; and arguments that many have."""

from __future__ import annotations

import re
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace, _ArgumentGroup
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from careervp_jobs_dal.cli.duration import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import timedelta

    from careervp_jobs_dal.cli.exits import Exit
    from careervp_jobs_dal.cli.screen import Screen
    from careervp_jobs_dal.job.status import JobStatus

_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")
_ARN = re.compile(r"arn:[^\s:]+:dynamodb:[^\s:]*:[^\s:]*:table/[A-Za-z0-9_.-]{3,255}")
Arguments: TypeAlias = ArgumentParser | _ArgumentGroup


class Command(NamedTuple):
    """One command.

    Attributes:
        words: what is typed, such as "table create".
        summary: one line for the list of commands.
        description: what else its help says.
        examples: command lines without the program's name.
        configure: adds its arguments.
        run: does it.
        connects: whether it goes to a table, and so has the options for that.
    """

    words: str
    summary: str
    description: str
    examples: tuple[str, ...]
    configure: Callable[[ArgumentParser], None]
    run: Callable[[Namespace, Screen], Exit]
    connects: bool = True


def add_connection(parser: Arguments, *, default: str | None = SUPPRESS) -> None:
    """The options that say which table is meant, and where it is."""
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


def add_json(parser: Arguments, *, default: bool | str = SUPPRESS) -> None:
    """The option for machines."""
    parser.add_argument("--json", action="store_true", default=default, help="JSON on standard output, errors too")


def add_job_ids(parser: ArgumentParser) -> None:
    """One or more jobs."""
    parser.add_argument("job_ids", nargs="+", metavar="JOB_ID", help="the job's id")


def add_user(parser: ArgumentParser) -> None:
    """The user whose jobs alone can be found."""
    parser.add_argument("--user", metavar="USER_ID", help="only if it is this user's")


def add_queue(parser: ArgumentParser) -> None:
    """The queue to send ids to."""
    parser.add_argument("--queue-url", metavar="URL", help="send the ids to this SQS queue (default: only name them)")


def add_yes(parser: ArgumentParser) -> None:
    """The consent in advance."""
    parser.add_argument("--yes", action="store_true", help="do not ask")


def add_older_than(parser: ArgumentParser, what: str) -> None:
    """An age."""
    parser.add_argument("--older-than", type=duration, required=True, metavar="TIME", help=what)


def add_status(parser: ArgumentParser, statuses: Iterable[JobStatus], what: str) -> None:
    """One of these statuses."""
    choices = [str(status) for status in statuses]
    parser.add_argument("--status", type=str.upper, choices=choices, metavar="STATUS", help=what)


def duration(text: str) -> timedelta:
    """A length of time in an argument.

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        return parse_duration(text)
    except ValueError:
        raise ArgumentTypeError("a time is written like 90s, 15m, 1h30m or 2d") from None


def table(text: str) -> str:
    """The name of a table, or its ARN, in an argument.

    Raises:
        ArgumentTypeError: it is none.
    """
    return text if _ARN.fullmatch(text) else name(text)


def arn(text: str) -> str:
    """The ARN of a table in an argument.

    Raises:
        ArgumentTypeError: it is none.
    """
    if not _ARN.fullmatch(text):
        raise ArgumentTypeError("must be like arn:aws:dynamodb:REGION:ACCOUNT:table/NAME")
    return text


def name(text: str) -> str:
    """A name as DynamoDB takes it, in an argument.

    Raises:
        ArgumentTypeError: it is none.
    """
    if not _NAME.fullmatch(text):
        raise ArgumentTypeError("must have 3 to 255 letters, digits, '_', '.' or '-'")
    return text


def count(text: str) -> int:
    """A number of things in an argument, at least 1.

    Raises:
        ArgumentTypeError: it is none.
    """
    if not text.isdecimal() or not 1 <= len(text) <= 9 or int(text) < 1:
        raise ArgumentTypeError("must be a whole number of at least 1")
    return int(text)


def nothing(_: ArgumentParser) -> None:
    """For a command without arguments of its own."""
