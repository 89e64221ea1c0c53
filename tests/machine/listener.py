"""Hears whatever is logged, by anyone but those who handle requests by trade, and knows what must not be heard."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from tests.conftest import CANARY

LOUD = ("boto3", "botocore", "moto", "urllib3", "responses", "werkzeug", "hypothesis")
"""At the level DEBUG these log requests and answers in full, for those who ask for it."""


class Listener(logging.Handler):
    """Keeps the text of every log record, with its extra fields and its exception."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        facts = {name: value for name, value in vars(record).items() if name != "exc_info"}
        raised = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        self.heard.append(f"{record.getMessage()} {facts} {raised}")

    def assert_discreet(self, *said: object) -> None:
        """Nothing that was logged since the last time, and nothing of this, shows a stored or submitted value."""
        texts = [*self.heard, *(text for thing in said for text in (repr(thing), str(thing)))]
        self.heard.clear()
        told = [text for text in texts if CANARY in text]
        assert not told, f"A value got out: {told}"

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear all loggers from DEBUG on; nobody else does meanwhile: who could read a report of every example?"""
        root = logging.getLogger()
        levels = {logger: logger.level for logger in (root, *map(logging.getLogger, LOUD))}
        handlers, root.handlers = root.handlers, [self]
        for logger in levels:
            logger.setLevel(logging.DEBUG if logger is root else logging.WARNING)
        try:
            yield
        finally:
            root.handlers = handlers
            for logger, level in levels.items():
                logger.setLevel(level)
