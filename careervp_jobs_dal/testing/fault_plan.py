"""The faults that a test has planned: each request meets the first one that applies to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from careervp_jobs_dal.aws.fork import ForkSafeLock
from careervp_jobs_dal.testing.argument_check import check_whole

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

Behaviour: TypeAlias = "Callable[[str, AWSPreparedRequest], AWSResponse | None]"
Filter: TypeAlias = Callable[[str, Mapping[str, Any]], bool]


@dataclass(slots=True)
class _Planned:
    """Fault for the next `left` requests that it applies to; None means all."""

    name: str
    behave: Behaviour
    applies: Filter
    left: int | None
    struck: bool = False


class FaultPlan:
    """Planned faults, the first one first."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []
        self._lock = ForkSafeLock()

    def add(self, name: str, behave: Behaviour, applies: Filter, times: int | None) -> None:
        """Add a fault for a number of requests; None for all that follow.

        Raises:
            ValueError: `times` is no such number.
        """
        check_whole("times", times, or_none="all that follow")
        with self._lock:
            self._planned.append(_Planned(name, behave, applies, times))

    def next(self, operation: str, asked: Mapping[str, Any]) -> Behaviour | None:
        """Return what the fault of a request does, and count it; None where the request has no fault."""
        with self._lock:
            planned = next((each for each in self._planned if each.applies(operation, asked)), None)
            if planned is None:
                return None
            planned.struck = True
            if planned.left is not None:
                planned.left -= 1
                if planned.left == 0:
                    self._planned.remove(planned)
            return planned.behave

    def unused(self) -> list[str]:
        """Return the names of the faults that no request has met."""
        with self._lock:
            return [planned.name for planned in self._planned if not planned.struck]

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._planned.clear()
