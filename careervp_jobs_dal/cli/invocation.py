"""Command lines to type, with the options of the connection that were given."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from careervp_jobs_dal.job.line import hide_password, printable

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

PROGRAM = "careervp-jobs"
_CONNECTION = {"table": "--table", "region": "--region", "profile": "--profile", "endpoint_url": "--endpoint-url"}


def invocation(options: Namespace, words: str, *arguments: str, queue: bool = False) -> str:
    """Write a command line of this program that goes where the present one went.

    Args:
        options: the options of the present command.
        words: the other command and its own options, such as "table create".
        arguments: its positional arguments, which are quoted for a shell.
        queue: whether it takes the queue's address, too.

    >>> from argparse import Namespace
    >>> given = Namespace(table="jobs", region=None, profile="the team", endpoint_url=None)
    >>> invocation(given, "show", "a job"), invocation(Namespace(table="jobs"), "show", "-x")
    ("careervp-jobs show 'a job' --table jobs --profile 'the team'", 'careervp-jobs show --table jobs -- -x')
    """
    names = {**_CONNECTION, **({"queue_url": "--queue-url"} if queue else {})}
    given, typed = _given(options, names), map(_quoted, arguments)
    if any(argument.startswith("-") for argument in arguments):
        return " ".join([PROGRAM, words, *given, "--", *typed])
    return " ".join([PROGRAM, words, *typed, *given])


def aws_invocation(options: Namespace, command: str) -> str:
    """Add the options of the connection to a command line of `aws`.

    >>> from argparse import Namespace
    >>> aws_invocation(Namespace(region="eu-west-1"), "aws dynamodb describe-table --table-name jobs")
    'aws dynamodb describe-table --table-name jobs --region eu-west-1'
    """
    names = {name: option for name, option in _CONNECTION.items() if name != "table"}
    return " ".join([command, *_given(options, names)])


def _given(options: Namespace, names: dict[str, str]) -> Iterator[str]:
    for name, option in names.items():
        value = getattr(options, name, None)
        if value:
            yield f"{option} {_quoted(hide_password(value))}"


def _quoted(text: str) -> str:
    return printable(quote(text))
