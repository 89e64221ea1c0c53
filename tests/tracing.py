"""moto without the tracing of coverage, which makes its answers take two and a half times as long."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

from moto.core.botocore_stubber import BotocoreStubber

from careervp_jobs_dal.testing import embedded

_of_thread = threading.local()
"""The tracer that each thread had before moto."""


def _untraced(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        _of_thread.tracer = tracer = sys.gettrace()
        sys.settrace(None)
        try:
            return function(*args, **kwargs)
        finally:
            sys.settrace(tracer)

    return called


def _traced(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        sys.settrace(_of_thread.tracer)
        try:
            return function(*args, **kwargs)
        finally:
            sys.settrace(None)

    return called


def leave_moto_untraced() -> None:
    """Trace of a request to moto only the library's own functions."""
    BotocoreStubber.process_request = _untraced(BotocoreStubber.process_request)  # type: ignore[method-assign]
    own = vars(embedded)
    own |= {name: _traced(own[name]) for name in ("_locked_action", "_undone_if_refused")}
    own |= {name: _untraced(own[name]) for name in ("_moto_action", "_moto_update")}
