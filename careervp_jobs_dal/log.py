"""The library's logger: a child of the application's, made when there is something to say."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


@cache
def logger() -> Logger:
    """A powertools Logger; importing powertools takes time that a call without failures need not spend."""
    from aws_lambda_powertools import Logger

    return Logger(child=True)
