"""Describes the command line, as its parser has it.

Run it after a change of a command: `python docs/describe_commands.py` writes `docs/reference/command-line.md`.
"""

from __future__ import annotations

import re
from argparse import Action, ArgumentParser, _HelpAction, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING

from careervp_jobs_dal.cli.command import add_connection, add_output
from careervp_jobs_dal.cli.exits import MEANINGS
from careervp_jobs_dal.cli.help_text import split_command
from careervp_jobs_dal.cli.invocation import PROGRAM
from careervp_jobs_dal.cli.parser import make_parser

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COLUMNS = 88
"""What the site shows of a line."""

PAGE = Path(__file__).parent / "reference" / "command-line.md"

INTRODUCTION = f"""\
# Command line

`{PROGRAM}` comes with the package; `python -m careervp_jobs_dal` is the same. It does what the library does, with the
same promises, for the people who run a service. `{PROGRAM} COMMAND --help` shows the same text on the terminal.

- A payload is never shown unless `show` is told to. Lists show no error text; `show` shows the job's error.
- `cancel`, `retry`, `recover`, `purge --no-dry-run`, `erase-user --no-dry-run` and `dead-letters redrive --no-dry-run`
  ask first. Where nobody is there to ask, they need `--yes`.
- Times such as TIME are written `90s`, `15m`, `1h30m` or `2d`. WHEN is such a time ago, or an instant with its zone:
  `14:00Z` is the last 14:00 UTC, `2026-02-03T14:00Z` that of a day.
- At a terminal tables are fitted to its width and statuses have colours, unless `NO_COLOR` is set. In a pipe they are
  neither cut nor coloured. A shortened id still names its job: `show`, `watch`, `cancel` and `retry` take the first
  characters of an id, at least four.
- A state stands beside each status: `waiting`, `pausing`, `overdue` (PENDING for 15 minutes), `running`, `cancelling`,
  `stuck` (its lease lapsed), `unleased`, `completed`, `failed`, `cancelled`.
- With `--json`, standard output is one JSON document. An error is a document on standard error: `{{"error": {{...}}}}`
  with `code`, `message`, `table`, `region`, `endpoint` (null for AWS's own) and `fix`. `watch --json` gives one
  document a line.
- Ids are sent to SQS in the form that `JobWorker` reads, `{{"job_id": "..."}}`. `--queue-url` or `$JOBS_QUEUE_URL`
  names the queue; `--no-queue` leaves it out. Without a queue no message is sent, and no worker sees the job before
  somebody sends one. On a FIFO queue (`.fifo`) each job is a message group of its own.
- `--debug`, or `$JOBS_DEBUG` with any value, shows each request on standard error: operation, status, time, request
  id, retries and capacity units. It shows no value of a record.
- Region, credentials and endpoints are found as boto3 finds them.

An error is one line on standard error. Below it stand the table, region and endpoint, and the command or the step
that mends it, with the options that were given:

```console
$ {PROGRAM} show vpr-1 --table jobs --region eu-west-1
careervp-jobs: DynamoDB error: Requested resource not found
  where: table jobs, region eu-west-1
  fix:   careervp-jobs table create --table jobs --region eu-west-1, or ...
```

After Ctrl-C a command says what was done so far. An error is never a traceback. A misspelt command, option or status
is answered with the nearest one. Without a command the help comes on standard error, with exit code 2.
"""


def page() -> str:
    """The page's text."""
    return "\n".join([INTRODUCTION, *exit_codes(), *shared(), *commands()]) + "\n"


def exit_codes() -> Iterator[str]:
    """What a script can rely on."""
    yield "## Exit codes\n\n| code | meaning |\n|---|---|"
    yield from (f"| {code:d} | {text} |" for code, text in MEANINGS.items())
    yield ""


def shared() -> Iterator[str]:
    """What every command takes, before its name or after it."""
    parser = ArgumentParser(add_help=False)
    add_connection(parser)
    add_output(parser)
    yield "## Options of every command\n"
    yield (
        "They stand before the command or after it. `demo`, `init` and `completion` go to no table, and take `--json` "
        "and `--debug` only.\n"
    )
    yield from options(parser._actions)


def commands() -> Iterator[str]:
    """Each command's part, in the order of the help."""
    yield "## Commands\n"
    for words, parser in parsers(make_parser()):
        command = parser.get_default("command")
        needed = (parser.usage or "").replace("%(prog)s", "").strip()
        yield f"### {words}\n\n```console\n$ {PROGRAM} {words} {needed}\n```\n"
        yield f"{marked(str(parser.description))}\n"
        own = [action for action in parser._actions if action.container not in parser._action_groups[-1:]]
        yield from options(action for action in own if not isinstance(action, _HelpAction))
        yield "```console"
        for example in command.examples:
            yield from split_command(f"$ {PROGRAM} {example}", COLUMNS)
        yield "```\n"


def parsers(parser: ArgumentParser, words: str = "") -> Iterator[tuple[str, ArgumentParser]]:
    """The commands that can be run, by what is typed."""
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            for name, below in action.choices.items():
                yield from parsers(below, f"{words} {name}".strip())
            return
    yield words, parser


def options(actions: Iterable[Action]) -> Iterator[str]:
    """A table of arguments."""
    rows = [f"| `{typed(action)}` | {marked(str(action.help))} |" for action in actions]
    if rows:
        yield "| argument | meaning |\n|---|---|"
        yield from rows
        yield ""


def marked(text: str) -> str:
    """What is typed, set as code."""
    return re.sub(r"python -m pip install \S+|\$[A-Z_]+|(?<!\w)--[a-z][a-z-]*", r"`\g<0>`", text)


def typed(action: Action) -> str:
    """An argument as it is typed."""
    if not action.option_strings:
        return str(action.metavar)
    names = ", ".join(action.option_strings)
    if action.nargs == 0:
        return names
    choices = r"\|".join(map(str, action.choices or ()))  # a bar alone would end the cell
    return f"{names} {action.metavar or choices}"


if __name__ == "__main__":
    PAGE.write_text(page())
    print(PAGE)
