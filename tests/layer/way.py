"""A handler that runs the examples' handlers, and tells which way to DynamoDB they go; it is copied beside them."""

from __future__ import annotations

import importlib
from typing import Any

from botocore import client

traced: list[str] = []


def trace() -> None:
    """Wrap botocore's calls, as tracers do."""
    kind: Any = client.BaseClient
    call = kind._make_api_call

    def traced_call(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
        traced.append(operation)
        return call(self, operation, parameters)

    kind._make_api_call = traced_call


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Begin to trace, or import a module, if the event says so; then let one of the examples handle an event.

    Returns:
        Its answer, the way that its repository has taken, and the operations that were traced.
    """
    if event.get("trace"):
        trace()
    if "import" in event:
        importlib.import_module(event["import"])
    function = importlib.import_module(event["function"])
    answer = function.lambda_handler(event["event"], context)
    return {"answer": answer, "way": function.jobs.transport, "traced": traced}
