"""Text measured in the columns that it takes on a terminal."""

from __future__ import annotations

from unicodedata import combining, east_asian_width


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
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1
