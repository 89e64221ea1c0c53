"""The log of each request of a client: operation, status, time, request id, attempts and capacity, and no value."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.job.line import printable

if TYPE_CHECKING:
    from collections.abc import Callable

_BEGUN = "careervp_jobs_begun"
_ASKED = "ReturnConsumedCapacity"


def log_requests(client: Any, say: Callable[[str], object]) -> None:
    """Call `say` with one line after each request of a boto3 client.

    botocore's own debug log is no way to this, because it has the bodies.
    """
    service = client.meta.service_model.service_id

    def ask_for_capacity(params: dict[str, Any], model: Any, **_: object) -> None:
        if model.input_shape is not None and _ASKED in model.input_shape.members:
            params.setdefault(_ASKED, "TOTAL")

    def begin(context: dict[str, Any], **_: object) -> None:
        context[_BEGUN] = monotonic()

    def answered(parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: object) -> None:
        say(f"{service} {model.name}: {_outcome(parsed)}, {_took(context)}{_facts(parsed)}")

    def failed(exception: Exception, context: dict[str, Any], event_name: str, **_: object) -> None:
        operation = event_name.rpartition(".")[2]
        say(f"{service} {operation}: no answer ({type(exception).__name__}), {_took(context)}")

    events = client.meta.events
    events.register("before-parameter-build", ask_for_capacity)
    events.register("before-call", begin)
    events.register("after-call", answered)
    events.register("after-call-error", failed)


def _outcome(parsed: dict[str, Any]) -> str:
    status = parsed.get("ResponseMetadata", {}).get("HTTPStatusCode")
    code = parsed.get("Error", {}).get("Code")
    return f"{status} {printable(code)}" if code else str(status)


def _took(context: dict[str, Any]) -> str:
    return f"{(monotonic() - context[_BEGUN]) * 1000:.0f} ms"


def _facts(parsed: dict[str, Any]) -> str:
    """Write the facts of an answer that are no values of a record."""
    metadata = parsed.get("ResponseMetadata", {})
    consumed = parsed.get("ConsumedCapacity") or []
    consumed = consumed if isinstance(consumed, list) else [consumed]
    capacity = sum(one.get("CapacityUnits", 0) for one in consumed)
    facts = f", request {printable(metadata.get('RequestId'))}, retries {metadata.get('RetryAttempts', 0)}"
    return f"{facts}, {capacity:g} units" if consumed else facts
