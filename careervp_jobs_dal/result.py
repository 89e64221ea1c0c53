"""The result of a call, success or failure, as a value.

A `Result` is a `Success` or a `Failure`, and there is no third. A method's type says both, so that a type checker knows
after `if not result` which of the two is left. This module does not depend on DynamoDB.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    Literal,
    Never,
    Protocol,
    TypeAlias,
    TypeVar,
    final,
    overload,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
D = TypeVar("D")


class ResultCode(StrEnum):
    """Code of a result; every public method documents the codes that it can return."""

    SUCCESS = "SUCCESS"
    VALIDATION_ERROR = "VALIDATION_ERROR"
    ITEM_TOO_LARGE = "ITEM_TOO_LARGE"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    INVALID_TRANSITION = "INVALID_TRANSITION"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    LEASE_HELD = "LEASE_HELD"
    LEASE_LOST = "LEASE_LOST"
    ALREADY_FINISHED = "ALREADY_FINISHED"
    ATTEMPTS_EXHAUSTED = "ATTEMPTS_EXHAUSTED"
    NOT_DUE = "NOT_DUE"
    TOO_MANY_ACTIVE_JOBS = "TOO_MANY_ACTIVE_JOBS"
    CONFLICT = "CONFLICT"
    THROTTLED = "THROTTLED"
    UNAVAILABLE = "UNAVAILABLE"
    ACCESS_DENIED = "ACCESS_DENIED"
    CONFIG_ERROR = "CONFIG_ERROR"
    CORRUPT_RECORD = "CORRUPT_RECORD"
    DYNAMODB_ERROR = "DYNAMODB_ERROR"

    @property
    def retryable(self) -> bool:
        """Tell whether the same call, made again later, can succeed.

        >>> ResultCode.THROTTLED.retryable, ResultCode.NOT_FOUND.retryable
        (True, False)
        """
        return self in _RETRYABLE


_RETRYABLE = frozenset(
    {
        ResultCode.THROTTLED,
        ResultCode.UNAVAILABLE,
        ResultCode.CONFLICT,
        ResultCode.LEASE_HELD,
        ResultCode.NOT_DUE,
        ResultCode.TOO_MANY_ACTIVE_JOBS,
    }
)


class ResultError(Exception):
    """Error from unwrapping a `Failure`.

    `result` is that failure; the message is its code and error text.
    """

    def __init__(self, result: Result[Any]) -> None:
        super().__init__(f"{result.code}: {result.error}")
        self.result = result

    def __reduce__(self) -> tuple[Any, ...]:
        return ResultError, (self.result,)


class _SuccessConstructor(Protocol):
    """Type of `Result.success`, read from the class."""

    def __call__(self, data: T) -> Success[T]: ...


def _succeed(data: T) -> Success[T]:
    return Success(data)


class _Success:
    """Descriptor of `Result.success`: a constructor on the class, a bool on an instance."""

    @overload
    def __get__(self, instance: None, owner: type[Result[Any]]) -> _SuccessConstructor: ...
    @overload
    def __get__(self, instance: Success[Any], owner: type[Result[Any]]) -> Literal[True]: ...
    @overload
    def __get__(self, instance: Failure, owner: type[Result[Any]]) -> Literal[False]: ...
    @overload
    def __get__(self, instance: Result[Any], owner: type[Result[Any]]) -> bool: ...
    def __get__(self, instance: Result[Any] | None, owner: type[Result[Any]]) -> _SuccessConstructor | bool:
        return _succeed if instance is None else bool(instance)


@dataclass(frozen=True, slots=True, repr=False, match_args=False)
class Result(ABC, Generic[T_co]):
    """Outcome of a call, a `Success` or a `Failure`: immutable, safe to log.

    `Result.success(data)` and `Result.failure(error, code)` make them, as their own names do. A success is true. `repr`
    shows no data.

    Attributes:
        success: True when the call succeeded; on the class it is the constructor of a success.
        data: the data of a success; None on failure.
        error: the reason of a failure in words, without any stored or submitted value; None on success.
        code: the `ResultCode`.
        record: the stored record that refused the call, where there is one.
        retry_after: the time to wait before the call is worth repeating, where that is known.

    >>> result = Result.success({"job_id": "vpr-1"})
    >>> result.success, result.unwrap()["job_id"]
    (True, 'vpr-1')
    >>> refused = Result.failure("Job not found: vpr-2", ResultCode.NOT_FOUND)
    >>> if not refused:
    ...     print(refused)
    Failure(code=NOT_FOUND, error='Job not found: vpr-2')
    >>> match refused:
    ...     case Success(data=job):
    ...         print(job["status"])
    ...     case Failure(code=ResultCode.NOT_FOUND):
    ...         print("404")
    404
    """

    data: T_co | None
    error: str | None
    code: ResultCode
    record: Mapping[str, Any] | None
    retry_after: timedelta | None
    success: ClassVar[_Success] = _Success()

    @staticmethod
    def failure(
        error: str,
        code: ResultCode = ResultCode.DYNAMODB_ERROR,
        *,
        record: Mapping[str, Any] | None = None,
        retry_after: timedelta | None = None,
    ) -> Failure:
        """Make a failure, which fits in the place of a `Result` of any type.

        >>> Result.failure("DynamoDB error: internal").code
        <ResultCode.DYNAMODB_ERROR: 'DYNAMODB_ERROR'>

        Raises:
            ValueError: `code` is SUCCESS.
        """
        return Failure(error, code, record=record, retry_after=retry_after)

    @property
    def retryable(self) -> bool:
        """Tell whether the same call, made again later, can succeed."""
        return self.code.retryable

    def unwrap(self) -> T_co:
        """Return the data of a success.

        >>> Result.success(7).unwrap()
        7

        Raises:
            ResultError: this is a failure.
        """
        if not self:
            raise ResultError(self)
        return self.data  # type: ignore[return-value]  # a success holds a T_co

    def unwrap_or(self, default: D) -> T_co | D:
        """Return the data of a success, or `default` for a failure.

        >>> Result.failure("no such job", ResultCode.NOT_FOUND).unwrap_or({})
        {}
        """
        return self.unwrap() if self else default

    @abstractmethod
    def __bool__(self) -> bool: ...

    def __repr__(self) -> str:
        reason = "" if self.error is None else f", error={self.error!r}"
        return f"{type(self).__name__}(code={self.code}{reason})"


@final
@dataclass(frozen=True, slots=True, repr=False, init=False)
class Success(Result[T_co]):
    """Result of a call that succeeded: true, with the data.

    Attributes:
        data: the data.
        retry_after: the time until the call is worth making again, where that is known; `find_status` gives one.

    >>> done = Success({"status": "PENDING"})
    >>> bool(done), done.data["status"], done
    (True, 'PENDING', Success(code=SUCCESS))
    """

    __match_args__ = ("data",)
    data: T_co
    error: None

    def __init__(self, data: T_co, *, retry_after: timedelta | None = None) -> None:
        Result.__init__(self, data, None, ResultCode.SUCCESS, None, retry_after)

    def __bool__(self) -> Literal[True]:
        return True


@final
@dataclass(frozen=True, slots=True, repr=False, init=False)
class Failure(Result[Never]):
    """Result of a call that failed: false, with the reason.

    It fits in the place of a `Result` of any type.

    Attributes:
        error: the reason in words, without any stored or submitted value.
        code: the `ResultCode`.
        record: the stored record that refused the call, where there is one.
        retry_after: the time to wait before the call is worth repeating, where that is known.

    >>> refused = Failure("Job not found: vpr-2", ResultCode.NOT_FOUND)
    >>> bool(refused), refused.error, refused.data
    (False, 'Job not found: vpr-2', None)

    Raises:
        ValueError: `code` is SUCCESS.
    """

    __match_args__ = ("error", "code")
    data: None
    error: str

    def __init__(
        self,
        error: str,
        code: ResultCode = ResultCode.DYNAMODB_ERROR,
        *,
        record: Mapping[str, Any] | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        if code is ResultCode.SUCCESS:
            raise ValueError("A failure cannot carry the code SUCCESS")
        Result.__init__(self, None, error, code, record, retry_after)

    def __bool__(self) -> Literal[False]:
        return False


Answer: TypeAlias = Success[T] | Failure
"""The two results of a call; unlike `Result`, a type checker can tell them apart after `if` and in `match`."""
