"""The demo's terminal output: paragraphs and steps that fit into the terminal's width, at most 110 columns."""

from __future__ import annotations

import os
import shutil
import sys
from textwrap import wrap

COLOURS = {"PENDING": "33", "PROCESSING": "36", "COMPLETED": "32", "FAILED": "31"}
BOLD, DIM = "1", "2"
WIDTH = max(60, min(110, shutil.get_terminal_size((100, 0)).columns))
COLUMNS = f"{'WHO':<8}{'TABLE SAYS':<12}"


def show(text: str, style: str = "") -> None:
    """Print a paragraph, with an empty line before it."""
    print("", *(paint(line, style) for line in wrap(text, WIDTH)), sep="\n", flush=True)


def show_columns() -> None:
    """Print the headings of the columns of `show_step`."""
    print(paint(f"{COLUMNS}WHAT IT DOES, AND WHY", DIM))


def show_step(who: str, status: str, text: str) -> None:
    """Print an actor, the status that the table holds now, and a sentence."""
    first, *rest = wrap(text, WIDTH - len(COLUMNS))
    print(f"{who:<8}{paint(f'{status:<12}', COLOURS.get(status, ''))}{first}")
    print(
        *(" " * len(COLUMNS) + line + "\n" for line in rest), sep="", end="", flush=True
    )


def paint(text: str, style: str) -> str:
    """Colour a text for people at a terminal, unless they asked for none."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    wanted = style and sys.stdout.isatty() and not plain
    return f"\033[{style}m{text}\033[0m" if wanted else text
