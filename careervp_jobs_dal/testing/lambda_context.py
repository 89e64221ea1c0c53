"""The context that Lambda gives to a handler, for tests."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from aws_lambda_powertools.utilities import typing
from aws_lambda_powertools.utilities.typing.lambda_cognito_identity import LambdaCognitoIdentity

from careervp_jobs_dal.testing.argument_check import check_function, check_time

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_FIVE_MINUTES = timedelta(minutes=5)


class _Nobody(LambdaCognitoIdentity):
    """The Cognito identity of an invocation by a service, which has none."""

    _cognito_identity_id = None  # type: ignore[assignment]
    _cognito_identity_pool_id = None  # type: ignore[assignment]


class LambdaContext(typing.LambdaContext):
    """Context of one invocation, as Lambda gives it to a handler.

    powertools' class of the same name is its base.

    Args:
        remaining: the time that the invocation has left.
        clock: runs the remaining time out; without it, the time does not run out.
        function_name: the function's name.

    Raises:
        ValueError: `remaining` is no timedelta, or negative; or `clock` is no function.

    >>> clock = Clock()
    >>> context = LambdaContext(timedelta(minutes=5), clock=clock)
    >>> clock.advance(timedelta(minutes=2))
    >>> context.get_remaining_time_in_millis()
    180000
    """

    def __init__(
        self,
        remaining: timedelta = _FIVE_MINUTES,
        *,
        clock: Callable[[], datetime] | None = None,
        function_name: str = "worker",
    ) -> None:
        check_time("remaining", remaining)
        check_function("clock", clock, or_none=True)
        self._remaining = remaining
        self._clock = clock
        self._began = clock and clock()
        self._function_name = function_name
        self._function_version = "$LATEST"
        self._invoked_function_arn = f"arn:aws:lambda:eu-west-1:123456789012:function:{function_name}"
        self._memory_limit_in_mb = 512
        self._aws_request_id = str(uuid4())
        self._log_group_name = f"/aws/lambda/{function_name}"
        self._log_stream_name = f"[$LATEST]{self._aws_request_id}"
        self._identity = _Nobody()
        self._client_context = None  # type: ignore[assignment]  # only an app of Amplify's SDK sends one

    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override]  # powertools has a static one
        """Return the milliseconds until the invocation's time-out, at least 0.

        >>> LambdaContext(timedelta(seconds=3)).get_remaining_time_in_millis()
        3000
        """
        passed = self._clock() - self._began if self._clock and self._began else timedelta(0)
        return max((self._remaining - passed) // timedelta(milliseconds=1), 0)
