"""The help's texts in lines that fit: sentences end at a space, example commands before an option."""

from __future__ import annotations

import re
import textwrap
from argparse import RawDescriptionHelpFormatter
from typing import TYPE_CHECKING

from careervp_jobs_dal.cli.invocation import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator


class HelpFormatter(RawDescriptionHelpFormatter):
    """Formatter that keeps the lines of a text, and breaks the long ones."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(part for line in text.splitlines() for part in _fitting(f"{indent}{line}", width))


def _fitting(line: str, columns: int) -> Iterator[str]:
    if line.lstrip().startswith(PROGRAM):
        yield from split_command(line, columns)
    else:
        yield from textwrap.wrap(line, columns, break_long_words=False, break_on_hyphens=False) or [""]


def split_command(line: str, columns: int) -> Iterator[str]:
    r"""Split a command before its options, with backslashes at the ends.

    >>> list(split_command("careervp-jobs list --user user-1 --limit 10", 36))
    ['careervp-jobs list --user user-1 \\', '    --limit 10']
    """
    while len(line) > columns:
        # The second column of the margin is for the backslash.
        ends = [match.start() for match in re.finditer(r"(?<=\S) (?=-|> )", line[: columns - 1])]
        if not ends:
            break
        yield f"{line[: ends[-1]]} \\"
        margin = len(line) - len(line.lstrip())
        line = " " * (margin if margin >= _MARGIN else margin + _MARGIN) + line[ends[-1] + 1 :]
    yield line


_MARGIN = 4
