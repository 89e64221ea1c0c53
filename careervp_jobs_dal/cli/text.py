"""Text for a terminal: safe to print, and measured in the columns that it takes."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING
from unicodedata import category, east_asian_width

from careervp_jobs_dal.job.line import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Letters and marks that Python calls printable, and that take no place on a screen: joiners, fillers, selectors.
_INVISIBLE = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# Marks, and the second and third letters of a Korean syllable, stand in the place of the letter before them.
_COMBINING = ("Mn", "Me")
_MEDIAL_JAMO, _LAST_JAMO = "\u1161", "\u11ff"
_TAB = 4
_WIDEST = 2


def visible(value: object) -> str:
    r"""Write a value as one line, with escapes for characters that nobody would see.

    >>> visible("red \x1b[31m\n"), visible("a\u200bb"), visible("履歴書")
    ('red \\x1b[31m\\n', 'a\\u200bb', '履歴書')
    """
    text = printable(value)
    return text if text.isascii() else _INVISIBLE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def folded(text: str, columns: int) -> list[str]:
    """Split a line into lines of at most this many columns.

    A line ends at a space, if it has any.

    >>> folded("put back until tomorrow", 14), folded("履歴書", 4), folded("", 4)
    (['put back until', 'tomorrow'], ['履歴', '書'], [''])
    """
    text = text.rstrip(" ")
    return [text] if width(text) <= columns else list(_broken(text, max(columns, _WIDEST)))


def _broken(text: str, columns: int) -> Iterator[str]:
    line, taken = "", 0
    for character in text:
        wanted = _columns(character)
        if taken + wanted > columns:
            head, space, tail = (line, " ", "") if character == " " else line.rpartition(" ")
            whole = bool(head.strip()) and bool(space)
            yield head if whole else line
            line = tail if whole else ""
            taken = width(line)
            if character == " ":
                continue
        line, taken = line + character, taken + wanted
    yield line


def telling_width(texts: Iterable[str], ellipsis: str = "…") -> int:
    """Return the least width to which texts can be cut and still differ.

    What is left of each begins no other one.

    >>> telling_width(["5e0c6f7e", "5e0d1a2b"]), telling_width(["vpr-1"])
    (5, 2)
    """
    distinct = sorted(set(texts))
    shared = max((_shared(one, other) for one, other in pairwise(distinct)), default=0)
    return max((width(text[: shared + 1]) for text in distinct), default=0) + width(ellipsis)


def _shared(one: str, other: str) -> int:
    """Count the first characters that two texts share."""
    letters = enumerate(zip(one, other, strict=False))
    return next((number for number, (left, right) in letters if left != right), min(len(one), len(other)))


def paragraphs(text: str) -> list[str]:
    r"""Split a text of several lines into lines that are safe to print.

    >>> paragraphs("ValueError:\n\tno cv\r\n")
    ['ValueError:', '    no cv']
    """
    lines = text.replace("\r\n", "\n").expandtabs(_TAB).split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    return [visible(line.rstrip()) for line in lines]


def width(text: str) -> int:
    """Count the columns that a terminal needs for the text.

    >>> width("job"), width("履歴書")
    (3, 6)
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def cut(text: str, columns: int, ellipsis: str = "…") -> str:
    """Cut the text to a number of columns, with a mark at the cut.

    >>> cut("application-7", 6), cut("short", 6)
    ('appli…', 'short')
    """
    if width(text) <= columns:
        return text
    while text and width(text) > columns - width(ellipsis):
        text = text[:-1]
    return text + ellipsis


def pad(text: str, columns: int) -> str:
    """Fill the text with spaces up to a number of columns.

    >>> pad("job", 5)
    'job  '
    """
    return text + " " * (columns - width(text))


def _columns(character: str) -> int:
    if category(character) in _COMBINING or _MEDIAL_JAMO <= character <= _LAST_JAMO:
        return 0
    return 2 if east_asian_width(character) in "WF" else 1
