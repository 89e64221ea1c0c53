"""Text that is safe on a terminal, measured in the columns it takes there."""

from __future__ import annotations

from unicodedata import combining, east_asian_width


def printable(value: object) -> str:
    r"""The value as one line; what a terminal would obey, such as an escape sequence, is shown and not sent.

    >>> printable("red \x1b[31m\n")
    'red \\x1b[31m\\n'
    """
    return "".join(character if character.isprintable() else _escaped(character) for character in str(value))


def width(text: str) -> int:
    """The columns that a terminal needs for it.

    >>> width("job"), width("履歴書")
    (3, 6)
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def cut(text: str, columns: int, ellipsis: str = "…") -> str:
    """The beginning that fits, with a mark where something is missing.

    >>> cut("application-7", 6), cut("short", 6)
    ('appli…', 'short')
    """
    if width(text) <= columns:
        return text
    while text and width(text) > columns - width(ellipsis):
        text = text[:-1]
    return text + ellipsis


def pad(text: str, columns: int) -> str:
    """The text, and spaces up to a number of columns.

    >>> pad("job", 5)
    'job  '
    """
    return text + " " * (columns - width(text))


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _columns(character: str) -> int:
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1
