"""The requests that clients of SQS send about an embedded queue.

They find it, send to it, and change a message's visibility timeout. All others are moto's, which has no such queue.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.testing.answer import response, said
from careervp_jobs_dal.testing.sqs_event import md5_of
from careervp_jobs_dal.testing.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

_SENT_ALONG = ("MessageGroupId", "MessageDeduplicationId")


class SqsRequests:
    """Answers to the requests about one queue.

    Args:
        url: the queue's URL.
        put: adds a message with a delay and attributes, and returns its id.
        hide: sets the visibility timeout of the message with a handle; tells whether the queue has it.
    """

    def __init__(
        self, url: str, put: Callable[[str, timedelta, dict[str, str]], str], hide: Callable[[str, timedelta], bool]
    ) -> None:
        self._url = url
        self._put = put
        self._set_visibility = hide
        self._answers = {
            "GetQueueUrl": self._find,
            "SendMessage": self._send,
            "SendMessageBatch": self._send_batch,
            "ChangeMessageVisibility": self._hide,
        }
        self._wire = Wire(self, service="sqs")  # from now on it is asked

    def close(self) -> None:
        """Leave all further requests to moto."""
        self._wire.untap()

    def __call__(self, event_name: str, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        """Answer a request, or let it pass."""
        asked = said(request)
        answer = self._answers.get(event_name.rpartition(".")[2])
        is_ours = asked.get("QueueUrl") == self._url or asked.get("QueueName") == self._url.rpartition("/")[2]
        if answer is None or not is_ours:
            return self._wire.deliver(event_name, request)
        return response(request, *answer(asked))

    def _find(self, _: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return 200, {"QueueUrl": self._url}

    def _send(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return 200, self._sent(asked)

    def _send_batch(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return 200, {
            "Successful": [{"Id": entry["Id"], **self._sent(entry)} for entry in asked["Entries"]],
            "Failed": [],
        }

    def _sent(self, entry: dict[str, Any]) -> dict[str, Any]:
        body = entry["MessageBody"]
        given = {name: entry[name] for name in _SENT_ALONG if name in entry}
        message_id = self._put(body, timedelta(seconds=entry.get("DelaySeconds", 0)), given)
        return {"MessageId": message_id, "MD5OfMessageBody": md5_of(body)}

    def _hide(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self._set_visibility(asked["ReceiptHandle"], timedelta(seconds=asked["VisibilityTimeout"])):
            return 200, {}
        return 400, {"__type": "com.amazonaws.sqs#ReceiptHandleIsInvalid", "message": "The handle is not valid"}
