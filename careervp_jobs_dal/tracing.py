"""Tracing: `trace_context` keeps a submission's place in its trace, and `linked_span` links the worker's span to it.

    submitter                     record                         worker
      | trace_context() ----------> traceparent, correlation_id    |
      |                             (hours may pass)  -----------> | linked_span: a trace of its own,
      |                                                            | which names the submission's

A job can wait for hours and be attempted three times, so its work is not a part of the submitter's trace: it is linked.
OpenTelemetry, the X-Ray SDK and powertools are used if they are loaded already; this module imports none of them.
Whatever they raise is logged, and never ends a submission or a job.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from careervp_jobs_dal.aws.log import frames_of, present_correlation_id, set_correlation_id, write_line
from careervp_jobs_dal.job.attribute import CORRELATION_ID, TRACEPARENT
from careervp_jobs_dal.job.traceparent import TraceParent, parse_traceparent, parse_xray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from careervp_jobs_dal.job.record import Claim

    _Making: TypeAlias = Callable[[Claim, TraceParent | None], AbstractContextManager[None]]

_XRAY_VARIABLE = "_X_AMZN_TRACE_ID"
_LONGEST_ID = 256
_NAME = "careervp-jobs"


def trace_context(*, traceparent: str | None = None, correlation_id: str | None = None) -> dict[str, str]:
    """Return the attributes that keep the present trace in a job's record.

    Nothing is kept without this call: pass its answer to `submit_job` as `fields`. Each job grows by up to 66 bytes for
    the trace, and by its correlation id.

    Args:
        traceparent: the place in the trace, such as the header of a request. Without it, that of OpenTelemetry's
            present span, if OpenTelemetry is loaded; else that of X-Ray, from the environment of a Lambda function.
        correlation_id: an id that log lines share, of at most 256 characters. Without it, that of powertools' Logger,
            if it is loaded and the service has one.

    Returns:
        The attributes `traceparent` and `correlation_id`, as far as there are any. An invalid one is left out, with a
        log line.

    >>> request = {"traceparent": "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01"}
    >>> context = trace_context(traceparent=request["traceparent"])
    >>> job = repository.submit_job("application-9", {}, fields=context).unwrap().job
    >>> job["traceparent"] == request["traceparent"]
    True
    """
    place = _checked(traceparent) if traceparent is not None else _present_place()
    shared = correlation_id if correlation_id is not None else _guarded(present_correlation_id)
    if shared is not None and not _is_id(shared):
        _ignore(CORRELATION_ID)
        shared = None
    return {
        **({} if place is None else {TRACEPARENT: str(place)}),
        **({} if shared is None else {CORRELATION_ID: shared}),
    }


@contextmanager
def linked_span(claim: Claim) -> Iterator[None]:
    """Run the work on a claim in a span, linked to the submission.

    It is for `JobWorker(span=linked_span)`. OpenTelemetry gets a span of kind CONSUMER with a link. X-Ray has no links:
    it gets a subsegment with the annotation `submission_trace`, by which traces can be searched. powertools' log lines
    get the submission's correlation id. Ids and attempt are attributes of the span; of an exception, its class alone,
    because its text can hold a payload.

    >>> worker = JobWorker(repository, lambda claim: None, span=linked_span)
    >>> worker.process("vpr-1", timedelta(minutes=5))
    <ResultCode.SUCCESS: 'SUCCESS'>
    """
    stored = claim.job.get(TRACEPARENT)
    place = None if stored is None else _checked(stored)
    stack = ExitStack()
    for make in (_opentelemetry_span, _xray_subsegment, _correlated):
        _guarded(partial(_enter, stack, make, claim, place))
    try:
        yield
    except BaseException as error:
        _guarded(partial(stack.__exit__, type(error), error, error.__traceback__))
        raise
    _guarded(stack.close)


def _enter(stack: ExitStack, make: _Making, claim: Claim, place: TraceParent | None) -> None:
    stack.enter_context(make(claim, place))


def _present_place() -> TraceParent | None:
    """Return the place of the present span or invocation."""
    place: TraceParent | None = _guarded(_opentelemetry_place)
    return place or parse_xray(os.environ.get(_XRAY_VARIABLE))


def _opentelemetry_place() -> TraceParent | None:
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return None
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return TraceParent(f"{context.trace_id:032x}", f"{context.span_id:016x}", int(context.trace_flags))


@contextmanager
def _opentelemetry_span(claim: Claim, place: TraceParent | None) -> Iterator[None]:
    trace: Any = sys.modules.get("opentelemetry.trace")
    if trace is None:
        yield
        return
    span = trace.get_tracer(_NAME).start_span(
        "process job",
        kind=trace.SpanKind.CONSUMER,
        links=[] if place is None else [trace.Link(_span_context(trace, place))],
        attributes={"careervp.job.id": claim.job_id, "careervp.job.attempt": claim.attempt},
    )
    with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield
        except BaseException as error:
            span.set_status(trace.Status(trace.StatusCode.ERROR, type(error).__name__))
            raise


def _span_context(trace: Any, place: TraceParent) -> Any:
    trace_id, span_id = int(place.trace_id, 16), int(place.span_id, 16)
    return trace.SpanContext(trace_id, span_id, is_remote=True, trace_flags=trace.TraceFlags(place.flags))


@contextmanager
def _xray_subsegment(claim: Claim, place: TraceParent | None) -> Iterator[None]:
    core: Any = sys.modules.get("aws_xray_sdk.core")
    recorder = None if core is None else core.xray_recorder
    subsegment = None if recorder is None else recorder.begin_subsegment("process job")
    if recorder is None or subsegment is None:
        yield
        return
    try:
        subsegment.put_annotation("job_id", claim.job_id)
        subsegment.put_annotation("job_attempt", claim.attempt)
        if place is not None:
            subsegment.put_annotation("submission_trace", place.xray_trace_id)
            subsegment.put_metadata(TRACEPARENT, str(place), _NAME)
        yield
    except BaseException:
        subsegment.add_fault_flag()
        raise
    finally:
        recorder.end_subsegment()


@contextmanager
def _correlated(claim: Claim, _: TraceParent | None) -> Iterator[None]:
    shared = claim.job.get(CORRELATION_ID)
    if not _is_id(shared):
        yield
        return
    before = present_correlation_id()
    set_correlation_id(shared)
    try:
        yield
    finally:
        set_correlation_id(before)


def _checked(traceparent: object) -> TraceParent | None:
    place = parse_traceparent(traceparent)
    if place is None:
        _ignore(TRACEPARENT)
    return place


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and 1 <= len(value) <= _LONGEST_ID


def _ignore(name: str) -> None:
    write_line("warning", f"A {name} was ignored: it has not its form", {"attribute": name})


def _guarded(call: Callable[[], Any]) -> Any:
    """Call a tracer; an exception is logged, and gives None."""
    try:
        return call()
    except Exception as error:
        kind, frames = type(error).__name__, frames_of(error)
        write_line("warning", f"Tracing failed: {kind}, at {frames}", {"exception": kind, "frames": frames})
        return None
