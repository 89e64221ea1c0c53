"""DynamoDB's requests and answers in the form that botocore sends and gets."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from botocore.awsrequest import AWSPreparedRequest


def said(request: AWSPreparedRequest) -> dict[str, Any]:
    """Read the parameters of a request."""
    body: Any = request.body  # bytes, for DynamoDB
    parameters: dict[str, Any] = json.loads(body)
    return parameters


def response(request: AWSPreparedRequest, status: int, body: Mapping[str, Any]) -> AWSResponse:
    """Make an answer to a request."""
    return raw_response(request, status, json.dumps(body).encode())


def raw_response(
    request: AWSPreparedRequest, status: int, body: bytes, headers: Mapping[str, str] | None = None
) -> AWSResponse:
    """Make an answer to a request, with any body."""
    sent = {"x-amzn-RequestId": "REQUEST-ID", "content-length": str(len(body)), **(headers or {})}
    return AWSResponse(request.url, status, HTTPHeaders.from_dict(sent), _Raw(body))


def batch_in_part(request: AWSPreparedRequest, answer: AWSResponse, read: int) -> AWSResponse:
    """Reduce an answer to a BatchGetItem to the first `read` keys.

    All others are returned as unprocessed.
    """
    body = json.loads(answer.content)
    asked: dict[str, dict[str, Any]] = said(request)["RequestItems"]
    every = [(table, key) for table, wanted in asked.items() for key in wanted["Keys"]]
    for table, key in every[read:]:
        found = body["Responses"].get(table, [])
        body["Responses"][table] = [item for item in found if not key.items() <= item.items()]
        unprocessed = body["UnprocessedKeys"].setdefault(table, {**asked[table], "Keys": []})
        unprocessed["Keys"].append(key)
    return response(request, answer.status_code, body)


class _Raw(BytesIO):
    """Body of an answer, with urllib3's interface."""

    def stream(self, **_: object) -> Iterator[bytes]:
        """Give the body in one piece."""
        yield self.read()
