"""The command `completion`: it writes a script by which a shell completes the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careervp_jobs_dal.cli.command import Command
from careervp_jobs_dal.cli.exits import Exit

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from careervp_jobs_dal.cli.screen import Screen

_SHELLS = ("bash", "zsh", "fish")


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("shell", choices=_SHELLS, metavar="SHELL", help=f"{', '.join(_SHELLS[:-1])} or {_SHELLS[-1]}")


def _run(options: Namespace, screen: Screen) -> Exit:
    from careervp_jobs_dal.cli.completion_script import completion

    text = completion(options.shell, options.parser())
    screen.show({"shell": options.shell, "text": text}, text.splitlines())
    return Exit.OK


COMPLETION = Command(
    "completion",
    "write a script that completes commands and options in a shell",
    'In bash: eval "$(careervp-jobs completion bash)". The script\'s first lines say where to keep it.',
    ("completion bash > careervp-jobs.bash", "completion zsh > _careervp-jobs", "completion fish > careervp-jobs.fish"),
    _configure,
    _run,
    connects=False,
)
