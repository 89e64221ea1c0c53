"""The job's id in the body of a message, in the forms in which AWS delivers one.

Each function is a `job_id_of` for `JobWorker` and `DeadLetterHandler`.
"""

from __future__ import annotations

import json
from typing import Any

from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.job.line import printable


class InvalidMessageError(ValueError):
    """Refusal of a message's body that names no job.

    The text says what is missing, and shows no value. The message stays in the queue, and becomes a dead letter.
    """


def job_id_from_json(body: str) -> str:
    """Read the id from `{"job_id": …}`, as this library's examples and commands send it.

    >>> job_id_from_json('{"job_id": "vpr-1"}')
    'vpr-1'
    >>> job_id_from_json('{"id": "vpr-1"}')
    Traceback (most recent call last):
    InvalidMessageError: job_id is missing in the message's body

    Raises:
        InvalidMessageError: the body has another form.
    """
    return _text_at(body, JOB_ID)


def job_id_from_sns(body: str) -> str:
    r"""Read the id from a notification of SNS.

    Its `Message` is `{"job_id": …}` as text. A subscription with raw message delivery needs `job_id_from_json`.

    >>> job_id_from_sns('{"Message": "{\\"job_id\\": \\"vpr-1\\"}"}')
    'vpr-1'

    Raises:
        InvalidMessageError: the body has another form.
    """
    return _text_at(_text_at(body, "Message"), JOB_ID)


def job_id_from_eventbridge(body: str) -> str:
    """Read the id from an event of EventBridge, whose `detail` has the `job_id`.

    >>> job_id_from_eventbridge('{"detail-type": "job", "detail": {"job_id": "vpr-1"}}')
    'vpr-1'

    Raises:
        InvalidMessageError: the body has another form.
    """
    return _text_at(body, "detail", JOB_ID)


def job_id_from_pipes(body: str) -> str:
    """Read the id from a record of the table's stream.

    EventBridge Pipes sends such a record, unless an input template is set.

    >>> job_id_from_pipes('{"dynamodb": {"Keys": {"job_id": {"S": "vpr-1"}}}}')
    'vpr-1'

    Raises:
        InvalidMessageError: the body has another form.
    """
    return _text_at(body, "dynamodb", "Keys", JOB_ID, "S")


def _text_at(text: str, *path: str) -> str:
    """Read the text that stands at a path in JSON.

    Raises:
        InvalidMessageError: there is none.
    """
    value = _parsed(text)
    for depth, name in enumerate(path, 1):
        if not isinstance(value, dict) or name not in value:
            raise InvalidMessageError(f"{'.'.join(path[:depth])} is missing in the message's body")
        value = value[name]
    if not isinstance(value, str):
        raise InvalidMessageError(f"{'.'.join(path)} in the message's body must be text, not {type(value).__name__}")
    return value


def _parsed(text: object) -> Any:
    """Parse JSON.

    Raises:
        InvalidMessageError: the text is none.
    """
    try:
        return json.loads(text)  # type: ignore[arg-type]  # what is no text is refused as well
    except (TypeError, ValueError, RecursionError) as error:
        kind = type(error).__name__
    # Outside the block, so that the parser's exception, which holds the whole text, is no part of this one.
    raise InvalidMessageError(f"the message's body is no JSON ({printable(kind)})")
