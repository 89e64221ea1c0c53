"""Texts that stay one line, in a log and on a terminal, whatever an id or the name of an attribute holds."""

from __future__ import annotations


def printable(value: object) -> str:
    r"""Return one line that is safe in a log and on a terminal.

    A character that is not printable is written as its escape: a line break would begin a second line that anyone can
    forge, and an escape sequence would steer the terminal.

    >>> printable("red \x1b[31m\n")
    'red \\x1b[31m\\n'
    """
    text = str(value)
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
