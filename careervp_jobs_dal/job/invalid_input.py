"""The exception for input that is refused before anything is sent."""

from __future__ import annotations

_PATH_SHOWN = 200


class InvalidInputError(ValueError):
    """Input that cannot be stored; the message is the path that leads to it and the reason, never its value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.steps: list[str] = []

    def within(self, step: str) -> InvalidInputError:
        """Add one container's part of the path, on the way out of it.

        >>> print(InvalidInputError("must be finite").within("[3]").within(".scores").within(".input_data"))
        input_data.scores[3]: must be finite
        """
        self.steps.insert(0, step)
        return self

    def __str__(self) -> str:
        path = "".join(self.steps).removeprefix(".").encode("ascii", "backslashreplace").decode()
        return f"{path[:_PATH_SHOWN]}: {self.reason}" if path else self.reason


class ItemTooLargeError(InvalidInputError):
    """An item, or the fields of one update, that are larger than DynamoDB's limit."""
