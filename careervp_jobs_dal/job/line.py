"""Texts that stay one line, in a log and on a terminal, whatever an id or the name of an attribute holds."""

from __future__ import annotations

import re

_USER_OF_ADDRESS = re.compile(r"(?<=//)[^/@\s]*(?=@)")


def printable(value: object) -> str:
    r"""Return one line that is safe in a log and on a terminal.

    A character that is not printable is written as its escape: a line break would begin a second line that anyone can
    forge, and an escape sequence would steer the terminal.

    >>> printable("red \x1b[31m\n")
    'red \\x1b[31m\\n'
    """
    text = str(value)
    return text if text.isprintable() else "".join(map(_shown, text))


def hide_password(text: str) -> str:
    """Hide the user and password of each address in a text.

    >>> hide_password("https://me:secret@dynamodb.example.com")
    'https://...@dynamodb.example.com'
    """
    return _USER_OF_ADDRESS.sub("...", text)


def _shown(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
