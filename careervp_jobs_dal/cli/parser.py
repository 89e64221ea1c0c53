"""The parser of the command line, made from the commands."""

from __future__ import annotations

from argparse import Action, ArgumentParser, _SubParsersAction
from typing import TYPE_CHECKING, Any, NoReturn

from careervp_jobs_dal.cli.command import Command, add_connection, add_output
from careervp_jobs_dal.cli.commands import COMMANDS
from careervp_jobs_dal.cli.exits import MEANINGS, NO_COMMAND, Exit, StopError, usage
from careervp_jobs_dal.cli.help_text import HelpFormatter
from careervp_jobs_dal.cli.invocation import PROGRAM
from careervp_jobs_dal.job.line import printable
from careervp_jobs_dal.version import __version__

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

_GROUPS = {
    "table": "create, verify or export the table",
    "dead-letters": "list the dead letters, or send them back",
}


class Parser(ArgumentParser):
    """Parser that reports a wrong argument in one line, with the nearest right one."""

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments; argparse calls this.

        Raises:
            StopError: always.
        """
        raise usage(f"{message} (see {self.prog} --help)")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Parse the arguments; argparse calls this for each command, too.

        Raises:
            StopError: an option is misspelt, or no command is named.
        """
        words = list(args)
        self._refuse_misspelt(words)
        if self._commands() and not words:
            raise StopError(self.format_help().rstrip(), Exit.USAGE, NO_COMMAND)
        return super().parse_known_args(words, namespace)

    def _refuse_misspelt(self, words: list[str]) -> None:
        """Refuse an unknown option, before argparse complains of arguments that are missing for it."""
        skipped = False
        for word in words:
            if skipped:
                skipped = False
            elif word == "--" or (self._commands() and not word.startswith("-")):
                return
            elif word.startswith("--") and " " not in word:
                name, separator, _ = word.partition("=")
                action = self._option_string_actions.get(name)
                if action is None:
                    self.error(f"there is no option {printable(name)}{_nearest(name, self._option_string_actions)}")
                skipped = action.nargs is None and not separator

    def _commands(self) -> Container[str]:
        return next((action.choices or () for action in self._actions if isinstance(action, _SubParsersAction)), ())

    def _check_value(self, action: Action, value: Any) -> None:
        """Refuse a value that is none of the choices; argparse calls this."""
        choices = action.choices
        if choices is None or value in choices:
            return
        near = _nearest(value, choices)
        if isinstance(action, _SubParsersAction):
            self.error(f"there is no command {value!a}{near or _listed(choices)}")
        name = "/".join(action.option_strings) or action.metavar
        self.error(f"argument {name}: there is no {value!a}{near}{_listed(choices)}")


def _nearest(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1)
    return f", did you mean {near[0]}?" if near else ""


def _listed(choices: Iterable[str]) -> str:
    return f" (one of {', '.join(choices)})"


def make_parser() -> Parser:
    """Make the parser of the command line; `options.command` is the chosen command."""
    parser: Parser = _new(
        Parser, prog=PROGRAM, description="Job records in DynamoDB: find, watch, submit and mend them."
    )
    parser.epilog = "exit codes:\n" + "\n".join(f"  {code:<5}{text}" for code, text in MEANINGS.items())
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    add_connection(parser, default=None)
    add_output(parser, default=False)
    places: dict[str, Any] = {"": parser.add_subparsers(title="commands", metavar="COMMAND", required=True)}
    for command in COMMANDS:
        group, _, name = command.words.rpartition(" ")
        if group not in places:
            summary = _GROUPS[group]
            whole = _new(places[""].add_parser, name=group, help=summary, description=f"{summary}.")
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
    add_output(shared)
    parser.set_defaults(command=command, parser=make_parser)


def _needed(parser: Parser) -> Iterator[str]:
    """Yield the positional arguments and the required options, as they are typed."""
    for action in parser._actions:
        if not action.option_strings:
            yield {None: "{}", "?": "[{}]", "*": "[{} ...]", "+": "{} ..."}[action.nargs].format(action.metavar)  # type: ignore[index]
        elif action.required:
            yield f"{action.option_strings[0]} {action.metavar}"


def _new(make: Any, **arguments: Any) -> Any:
    return make(formatter_class=HelpFormatter, allow_abbrev=False, **arguments)
