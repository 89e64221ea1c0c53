"""The exceptions for input that is refused before anything is sent."""

from __future__ import annotations

from careervp_jobs_dal.job.line import printable

_PATH_SHOWN = 200


class InvalidInputError(ValueError):
    """Refusal of input that cannot be stored.

    The message gives the path to the value and the reason, never the value itself.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.steps: list[str] = []

    def within(self, step: str) -> InvalidInputError:
        """Put the step of one container in front of the path.

        >>> print(InvalidInputError("must be finite").within("[3]").within(".scores").within(".input_data"))
        input_data.scores[3]: must be finite
        """
        self.steps.insert(0, step)
        return self

    def __str__(self) -> str:
        path = printable("".join(self.steps).removeprefix(".").encode("ascii", "backslashreplace").decode())
        return f"{path[:_PATH_SHOWN]}: {self.reason}" if path else self.reason


class ItemTooLargeError(InvalidInputError):
    """Refusal of an item or an update above DynamoDB's limit of 400 KB."""


class InvalidPayloadError(InvalidInputError):
    """Refusal of an `input_data` that is no payload of the job's kind.

    The message gives the path and the reason, never a value. `JobWorker` fails a job for it, since no attempt would
    change that.
    """


class OtherKindError(InvalidPayloadError):
    """Refusal of a job that names another kind.

    `JobWorker` leaves such a job alone: it releases the claim, and the message stays in the queue.
    """
