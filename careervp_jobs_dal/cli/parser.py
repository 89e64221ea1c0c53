"""The parser of the command line, made from the commands."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING, Any, NoReturn

from careervp_jobs_dal.cli.command import Command, add_connection, add_json
from careervp_jobs_dal.cli.commands import COMMANDS
from careervp_jobs_dal.cli.exits import MEANINGS, usage
from careervp_jobs_dal.cli.invocation import PROGRAM
from careervp_jobs_dal.version import __version__

if TYPE_CHECKING:
    from argparse import _SubParsersAction
    from collections.abc import Iterator

_TABLE_SUMMARY = "create, verify or export the table"


class Parser(ArgumentParser):
    """Parser that reports a wrong argument in one line, without the whole usage."""

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments; argparse calls this.

        Raises:
            StopError: always.
        """
        raise usage(f"{message} (see {self.prog} --help)")


def make_parser() -> Parser:
    """Make the parser of the command line; `options.command` is the chosen command."""
    parser: Parser = _new(
        Parser, prog=PROGRAM, description="Job records in DynamoDB: find, watch, submit and mend them."
    )
    parser.epilog = "exit codes:\n" + "\n".join(f"  {code:<5}{text}" for code, text in MEANINGS.items())
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    add_connection(parser, default=None)
    add_json(parser, default=False)
    places: dict[str, Any] = {"": parser.add_subparsers(title="commands", metavar="COMMAND", required=True)}
    for command in COMMANDS:
        group, _, name = command.words.rpartition(" ")
        if group not in places:
            whole = _new(places[""].add_parser, name=group, help=_TABLE_SUMMARY, description=f"{_TABLE_SUMMARY}.")
            places[group] = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
        _add(places[group], name, command)
    return parser


def _add(place: _SubParsersAction[Parser], name: str, command: Command) -> None:
    parser = _new(place.add_parser, name=name, help=command.summary)
    parser.description = f"{command.summary[0].upper()}{command.summary[1:]}.\n{command.description}"
    parser.epilog = "examples:\n" + "\n".join(f"  {PROGRAM} {example}" for example in command.examples)
    command.configure(parser)
    parser.usage = " ".join(["%(prog)s", *_needed(parser), "[options]"])
    shared = parser.add_argument_group("for every command")
    if command.connects:
        add_connection(shared)
    add_json(shared)
    parser.set_defaults(command=command)


def _needed(parser: Parser) -> Iterator[str]:
    """Yield the positional arguments and the required options, as they are typed."""
    for action in parser._actions:
        if not action.option_strings:
            yield {None: "{}", "?": "[{}]", "+": "{} ..."}[action.nargs].format(action.metavar)  # type: ignore[index]
        elif action.required:
            yield f"{action.option_strings[0]} {action.metavar}"


def _new(make: Any, **arguments: Any) -> Any:
    return make(formatter_class=RawDescriptionHelpFormatter, allow_abbrev=False, **arguments)
