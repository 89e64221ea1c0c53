"""The command's output: coloured lines of the terminal's width for people, whole lines for pipes, JSON for machines.

Every line passes here on its way to the terminal. A character that the terminal would obey, or that nobody would see,
is written as its escape; the colours of `paint` are the only exception.
"""

from __future__ import annotations

import base64
import json
import os
import re
import select
import shutil
import sys
from collections.abc import Iterable, Set
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.cli.exits import Exit, StopError, usage
from careervp_jobs_dal.cli.text import visible

if TYPE_CHECKING:
    from careervp_jobs_dal.cli.complaint import Complaint

_COLOURS = {
    **dict.fromkeys(("FAILED", "failed", "stuck", "overdue", "unleased"), "31"),
    **dict.fromkeys(("COMPLETED", "completed"), "32"),
    **dict.fromkeys(("PENDING", "pausing", "cancelling"), "33"),
    **dict.fromkeys(("PROCESSING", "running"), "36"),
    "bold": "1",
    "dim": "2",
}
_CLEAR_LINE = "\r\033[2K"
UNLIMITED = sys.maxsize


class Screen:
    """Standard output and standard error of one run.

    Attributes:
        json: whether a machine reads.
        is_terminal: whether a person looks at standard output, and the terminal can draw lines anew.
        width: the columns that a line can have.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.json: bool = as_json
        is_seen = sys.stdout.isatty() and not as_json
        self.is_terminal: bool = is_seen and os.environ.get("TERM") != "dumb"
        self.width: int = shutil.get_terminal_size().columns if is_seen else UNLIMITED
        self._colour = self.is_terminal and not os.environ.get("NO_COLOR")
        self._unicode = _can_write("█…", sys.stdout)
        self._live = 0
        # A record cannot hold the mark of a colour, because nobody knows it in advance.
        self._mark = os.urandom(8).hex()
        self._painted = re.compile(rf"{self._mark}<(\d+)>")

    @property
    def ellipsis(self) -> str:
        """Return the mark for text that was cut off."""
        return "…" if self._unicode else "~"

    def show(self, document: Any, lines: Iterable[str]) -> None:
        """Show the answer: the document to a machine, the lines to a person."""
        if self.json:
            print(_json(document, indent=2))
            return
        for line in lines:
            self.line(line)

    def event(self, document: Any, line: str) -> None:
        """Show one of many answers as they come; to a machine as JSON Lines."""
        self.line(_json(document) if self.json else line)

    def line(self, text: str) -> None:
        """Write one line, in the place of the live lines."""
        self.unlive()
        print(self._rendered(text), flush=True)

    def check_reader(self) -> None:
        """Refuse to go on if nobody reads the output any more.

        Raises:
            BrokenPipeError: the other end of the pipe is closed.
        """
        gone = False
        with suppress(AttributeError, OSError, ValueError):  # no poll on this system, or a stream that is no file
            poll = select.poll()
            poll.register(sys.stdout.fileno(), 0)
            gone = any(event & select.POLLERR for _, event in poll.poll(0))
        if gone:
            raise BrokenPipeError

    def note(self, text: str) -> None:
        """Write a remark beside the answer, on standard error."""
        print(visible(text), file=sys.stderr)

    def paint(self, text: str, style: str) -> str:
        """Paint the text in the colour of a status or state, "bold" or "dim".

        Without colours, the text stays plain.
        """
        code = _COLOURS.get(style) if self._colour else None
        return f"{self._mark}<{code}>{text}{self._mark}<0>" if code else text

    def live(self, lines: list[str]) -> None:
        """Write lines that the next call replaces."""
        self.unlive()
        sys.stdout.write("\n".join(map(self._rendered, lines)))
        sys.stdout.flush()
        self._live = len(lines)

    def unlive(self) -> None:
        """Remove the live lines."""
        if self._live:
            sys.stdout.write(_CLEAR_LINE + f"\033[A{_CLEAR_LINE}" * (self._live - 1))
            self._live = 0

    def settle(self) -> None:
        """Keep the live lines, and go on below them."""
        if self._live:
            print(flush=True)
            self._live = 0

    def bar(self, share: float, columns: int) -> str:
        """Draw a progress bar for a share between 0 and 1."""
        full, empty = ("█", "░") if self._unicode else ("#", "-")
        done = int(share * columns)
        return full * done + empty * (columns - done)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask for consent to a change that cannot be undone.

        Raises:
            StopError: the answer is not yes, or no person is there to answer.
        """
        if yes:
            return
        if not sys.stdin.isatty():
            raise usage(f"{question} Nobody is there to ask: pass --yes")
        if _asked(f"{visible(question)} [y/N] ").strip().lower() not in ("y", "yes"):
            raise StopError("Nothing was changed", Exit.NO, "DECLINED")

    def complain(self, complaint: Complaint) -> None:
        """Write on standard error why the command ends."""
        self.settle()
        if self.json:
            self.note(_json(complaint.document()))
            return
        for line in complaint.lines():
            self.note(line)

    def readable(self, value: object) -> str:
        """Write a value as the terminal can show it, before its columns are counted."""
        text = visible(value)
        if self._unicode:
            return text
        encoding = sys.stdout.encoding or "ascii"
        return text.encode(encoding, "backslashreplace").decode(encoding)

    def _rendered(self, text: str) -> str:
        """Write the line as the terminal gets it."""
        pieces = self._painted.split(text)
        return "".join(f"\033[{each}m" if number % 2 else self.readable(each) for number, each in enumerate(pieces))


def _json(document: Any, *, indent: int | None = None) -> str:
    """Write JSON without a control character; the standard form leaves DEL as DEL."""
    return json.dumps(document, default=_plain, indent=indent).replace("\x7f", "\\u007f")


def _asked(question: str) -> str:
    """Ask on standard error, and return the answer.

    Without a typed line, a new line is begun, so that no output stands behind the question.
    """
    answer = ""
    sys.stderr.write(question)
    sys.stderr.flush()
    try:
        answer = sys.stdin.readline()
    finally:
        sys.stderr.write("" if answer else "\n")
    return answer


def _can_write(text: str, stream: Any) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _plain(value: object) -> Any:
    """Convert a value that JSON does not have: sets to lists, bytes to base64."""
    if isinstance(value, Set):
        return sorted(value, key=repr)
    return base64.b64encode(bytes(value)).decode("ascii")  # type: ignore[call-overload]
