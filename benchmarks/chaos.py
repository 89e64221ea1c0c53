"""Faults in the place of a share of a repository's requests, on each of its ways to DynamoDB."""

import json
import random
from typing import Any, Protocol

from botocore import exceptions
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from careervp_jobs_dal import JobsRepository
from careervp_jobs_dal.aws import direct_error, route
from careervp_jobs_dal.aws.http_answer import HttpAnswer
from careervp_jobs_dal.testing.answer import response

FAULTS = ("lose reply", "reset", "throttle", "break")


class Chaos(Protocol):
    """Faults, and what happened so far."""

    happened: list[tuple[str, str]]


def disturb(repository: JobsRepository, share: float) -> Chaos:
    """Let this share of a repository's requests fail."""
    if repository.transport.startswith("direct"):
        return DirectChaos(share)
    return Boto3Chaos(repository.dynamodb.meta.client, share)


class _Dice:
    """Chance that says what happens to each request."""

    def __init__(self, share: float) -> None:
        self.happened: list[tuple[str, str]] = []
        self._share = share

    def draw(self) -> str | None:
        """Choose a fault, or none, and note it."""
        if random.random() >= self._share:
            return None
        fault = random.choice(FAULTS)
        self.happened.append(("fault", fault))
        return fault


class Boto3Chaos(_Dice):
    """Faults between botocore and the network."""

    def __init__(self, client: Any, share: float) -> None:
        super().__init__(share)
        self._send = client._endpoint.http_session.send
        client.meta.events.register_first("before-send.dynamodb", self)

    def __call__(self, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        fault = self.draw()
        if fault is None:
            return None
        if fault == "lose reply":
            self._send(request)
            raise exceptions.ReadTimeoutError(endpoint_url=request.url)
        if fault == "reset":
            raise exceptions.ConnectionClosedError(endpoint_url=request.url)
        return response(request, *_error(fault))


class DirectChaos(_Dice):
    """Faults between the direct way and the network, for all of this process."""

    def __init__(self, share: float) -> None:
        super().__init__(share)
        (channel,) = route._channels.values()
        self._exchange = channel.pool.exchange
        channel.pool.exchange = self  # type: ignore[method-assign]

    def __call__(self, request: bytes, give_up_at: float) -> HttpAnswer:
        fault = self.draw()
        if fault is None:
            return self._exchange(request, give_up_at)
        if fault == "lose reply":
            self._exchange(request, give_up_at)
            raise direct_error.ReadTimeoutError("chaos", fault)
        if fault == "reset":
            raise direct_error.ConnectionClosedError("chaos", fault)
        status, content = _error(fault)
        return HttpAnswer(status, {}, json.dumps(content).encode(), reusable=True)


def _error(fault: str) -> tuple[int, dict[str, str]]:
    status, code = (400, "ThrottlingException") if fault == "throttle" else (500, "InternalServerError")
    return status, {"__type": f"com.amazonaws.dynamodb#{code}", "message": "chaos"}
