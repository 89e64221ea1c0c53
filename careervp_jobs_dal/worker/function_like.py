"""An object that passes for a function, because decorators of Lambda handlers take nothing else.

The middleware of powertools asks `inspect.isfunction`, its Tracer and its idempotency for a function's names.
"""

from __future__ import annotations

from types import CodeType, FunctionType
from typing import Any


def _handler(event: Any, context: Any) -> Any: ...


class FunctionLike:
    """Object with the names and the form of a handler's function.

    >>> import inspect
    >>> worker = JobWorker(repository, lambda claim: None)
    >>> inspect.isfunction(worker), isinstance(worker, JobWorker), str(inspect.signature(worker))
    (True, True, '(event, context)')
    """

    # `inspect` reads these of all that it takes for a function.
    __code__: CodeType = _handler.__code__
    __defaults__ = None
    __kwdefaults__ = None

    def __init__(self, name: str) -> None:
        self.__name__ = self.__qualname__ = name

    # `isinstance` finds this class beside the true one.
    __class__: Any = property(lambda _: FunctionType)
