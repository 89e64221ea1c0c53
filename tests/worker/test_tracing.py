"""`trace_context` and `linked_span`: a job's work is linked to its submission, by the tracers that are loaded.

The stand-ins note what they are asked. The last tests run the same on the real libraries, where they are installed.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from careervp_jobs_dal import JobsRepository, JobWorker, NotAcknowledgedError, linked_span, trace_context
from careervp_jobs_dal.aws import log
from careervp_jobs_dal.job.traceparent import parse_traceparent, parse_xray
from tests.conftest import CANARY
from tests.worker.invocation import MINUTE

TRACE, SPAN = "5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
PARENT = f"00-{TRACE}-{SPAN}-01"
XRAY = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
INVALID = {
    "not text": 5,
    "empty": "",
    "too short": PARENT[:-1],
    "capital letters": PARENT.upper(),
    "a version that is none": f"ff{PARENT[2:]}",
    "no trace": f"00-{'0' * 32}-{SPAN}-01",
    "no parent": f"00-{TRACE}-{'0' * 16}-01",
    "more than the first version has": f"{PARENT}-more",
    "a line break": f"{PARENT}\n",
}


@pytest.fixture(autouse=True)
def no_tracer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("opentelemetry.trace", "aws_xray_sdk.core", "aws_lambda_powertools.logging"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)


class Tracers:
    """Stand-ins for OpenTelemetry and the X-Ray SDK, as far as they are used."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.present: Any = SimpleNamespace(is_valid=False)
        self.broken = False
        self.has_segment = True

    def tell(self, *what: Any) -> None:
        if self.broken:
            raise RuntimeError(CANARY)
        self.told.append(what)

    def opentelemetry(self) -> Any:
        @contextmanager
        def use_span(span: Any, **options: bool) -> Iterator[None]:
            assert options == {"end_on_exit": True, "record_exception": False, "set_status_on_exception": False}
            try:
                yield
            finally:
                self.tell("ended")

        def start_span(name: str, **options: Any) -> Any:
            self.tell(name, options["kind"], options["links"], options["attributes"])
            return SimpleNamespace(set_status=lambda status: self.tell(*status))

        return SimpleNamespace(
            get_current_span=lambda: SimpleNamespace(get_span_context=lambda: self.present),
            get_tracer=lambda name: SimpleNamespace(start_span=start_span),
            use_span=use_span,
            SpanKind=Enum("SpanKind", "CONSUMER"),
            StatusCode=Enum("StatusCode", "ERROR"),
            Status=lambda code, text: (code.name, text),
            SpanContext=lambda trace, span, is_remote, trace_flags: (f"{trace:x}", f"{span:x}", is_remote, trace_flags),
            TraceFlags=int,
            Link=lambda context: context,
        )

    def xray(self) -> Any:
        subsegment = SimpleNamespace(
            put_annotation=lambda *given: self.tell("annotation", *given),
            put_metadata=lambda *given: self.tell("metadata", *given),
            add_fault_flag=lambda: self.tell("fault"),
        )

        def begin(name: str) -> Any:
            self.tell("begin", name)
            return subsegment if self.has_segment else None

        return SimpleNamespace(
            xray_recorder=SimpleNamespace(begin_subsegment=begin, end_subsegment=lambda: self.tell("end"))
        )


@pytest.fixture
def tracers() -> Tracers:
    return Tracers()


@pytest.fixture
def with_opentelemetry(tracers: Tracers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", tracers.opentelemetry())


@pytest.fixture
def with_xray(tracers: Tracers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aws_xray_sdk.core", tracers.xray())


def done(repository: JobsRepository, work: Callable[[Any], Any], **context: Any) -> str:
    job_id = repository.submit_job("key", {}, **context).unwrap().job_id
    with suppress(NotAcknowledgedError):
        JobWorker(repository, work, span=linked_span).process(job_id, MINUTE)
    return job_id


def nothing(_: Any) -> None:
    """Work that does nothing."""


def breaks(_: Any) -> None:
    raise ArithmeticError(CANARY)


# What a submission keeps.


def test_without_a_tracer_nothing_is_kept_and_nothing_is_imported() -> None:
    before = set(sys.modules)

    assert trace_context() == {}
    assert {name for name in set(sys.modules) - before if "telemetry" in name or "xray" in name} == set()


@pytest.mark.parametrize("text", [PARENT, f"00-{TRACE}-{SPAN}-00"])
def test_a_given_place_and_id_are_kept(text: str) -> None:
    assert trace_context(traceparent=text, correlation_id="c-1") == {"traceparent": text, "correlation_id": "c-1"}


@pytest.mark.parametrize("text", INVALID.values(), ids=INVALID)
def test_an_invalid_place_is_ignored_with_one_log_line(text: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert trace_context(traceparent=text) == {}
    assert [each.getMessage() for each in caplog.records] == ["A traceparent was ignored: it has not its form"]


@pytest.mark.parametrize("text", ["", "x" * 257, "a\nb", 5])
def test_an_invalid_id_is_ignored_with_one_log_line(text: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert trace_context(correlation_id=text) == {}
    assert [each.getMessage() for each in caplog.records] == ["A correlation_id was ignored: it has not its form"]


def test_a_later_version_is_kept_as_the_one_that_is_known() -> None:
    assert trace_context(traceparent=f"01{PARENT[2:]}-more") == {"traceparent": PARENT}
    assert parse_traceparent(f"01{PARENT[2:]}") == parse_traceparent(PARENT)


def test_x_rays_place_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", XRAY)
    assert trace_context() == {"traceparent": PARENT}

    monkeypatch.setenv("_X_AMZN_TRACE_ID", XRAY.replace("Sampled=1", "Sampled=0;Lineage=a:1"))
    assert trace_context() == {"traceparent": f"00-{TRACE}-{SPAN}-00"}


@pytest.mark.parametrize("header", [None, "", "Root=1-5759e988", XRAY.split(";")[0], "Root", f"{XRAY};Root=2-x"])
def test_x_rays_place_without_a_trace_or_a_parent_is_none(header: Any) -> None:
    assert parse_xray(header) is None


@pytest.mark.usefixtures("with_opentelemetry")
def test_opentelemetrys_present_span_comes_before_x_rays_place(
    tracers: Tracers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", XRAY)
    assert trace_context() == {"traceparent": PARENT}

    tracers.present = SimpleNamespace(is_valid=True, trace_id=0xAB, span_id=0xCD, trace_flags=1)
    assert trace_context() == {"traceparent": f"00-{'ab'.zfill(32)}-{'cd'.zfill(16)}-01"}


@pytest.mark.usefixtures("with_opentelemetry")
def test_a_broken_tracer_keeps_nothing_and_breaks_nothing(tracers: Tracers, caplog: pytest.LogCaptureFixture) -> None:
    tracers.present = object()

    assert trace_context() == {}
    assert "Tracing failed: AttributeError" in caplog.text


def test_powertools_id_is_kept_and_given_to_the_work(
    repository: JobsRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    import aws_lambda_powertools.logging as powertools

    monkeypatch.setitem(sys.modules, "aws_lambda_powertools.logging", powertools)
    service = Logger()
    service.set_correlation_id("request-1")
    context = trace_context()
    service.set_correlation_id("invocation-2")
    seen: list[str | None] = []

    done(repository, lambda claim: seen.append(service.get_correlation_id()), **context)

    assert context == {"correlation_id": "request-1"}
    assert seen == ["request-1"]
    assert service.get_correlation_id() == "invocation-2"
    service.set_correlation_id(None)


def test_a_service_without_a_logger_has_no_lines_to_mark(
    repository: JobsRepository, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import aws_lambda_powertools.logging as powertools

    monkeypatch.setitem(sys.modules, "aws_lambda_powertools.logging", powertools)
    monkeypatch.setattr(log, "logger", lambda: Logger(service="nobody's", child=True))

    done(repository, nothing, correlation_id="c-1")

    assert trace_context() == {}
    assert caplog.records == []


# What a worker does with it.


def test_without_a_tracer_the_work_is_done(repository: JobsRepository) -> None:
    job_id = done(repository, nothing, **trace_context(traceparent=PARENT, correlation_id="c-1"))

    assert repository.find_job(job_id).unwrap()["status"] == "COMPLETED"


@pytest.mark.usefixtures("with_opentelemetry")
def test_opentelemetry_gets_a_span_with_a_link(repository: JobsRepository, tracers: Tracers) -> None:
    job_id = done(repository, nothing, traceparent=PARENT)

    (name, kind, links, attributes), ended = tracers.told
    assert (name, kind.name, ended) == ("process job", "CONSUMER", ("ended",))
    assert links == [(TRACE, SPAN, True, 1)]
    assert attributes == {"careervp.job.id": job_id, "careervp.job.attempt": 1}


@pytest.mark.usefixtures("with_opentelemetry")
def test_a_job_without_a_place_has_a_span_without_a_link(repository: JobsRepository, tracers: Tracers) -> None:
    done(repository, nothing)

    assert tracers.told[0][2] == []


@pytest.mark.usefixtures("with_xray")
def test_x_ray_gets_annotations_because_it_has_no_links(repository: JobsRepository, tracers: Tracers) -> None:
    job_id = done(repository, nothing, traceparent=PARENT)

    assert tracers.told == [
        ("begin", "process job"),
        ("annotation", "job_id", job_id),
        ("annotation", "job_attempt", 1),
        ("annotation", "submission_trace", "1-5759e988-bd862e3fe1be46a994272793"),
        ("metadata", "traceparent", PARENT, "careervp-jobs"),
        ("end",),
    ]


@pytest.mark.usefixtures("with_xray")
def test_without_a_place_or_a_segment_x_ray_gets_less(repository: JobsRepository, tracers: Tracers) -> None:
    done(repository, nothing)
    assert [each[0] for each in tracers.told] == ["begin", "annotation", "annotation", "end"]

    tracers.has_segment = False
    done(repository, nothing, user_id="user-2")
    assert tracers.told[4:] == [("begin", "process job")]


@pytest.mark.usefixtures("with_opentelemetry", "with_xray")
def test_an_exception_marks_the_span_by_its_class_and_never_by_its_text(
    repository: JobsRepository, tracers: Tracers
) -> None:
    job_id = done(repository, breaks, traceparent=PARENT)

    assert tracers.told[-4:] == [("fault",), ("end",), ("ERROR", "ArithmeticError"), ("ended",)]
    assert CANARY not in str(tracers.told)
    assert repository.find_job(job_id).unwrap()["error"] == f"ArithmeticError: {CANARY}"


@pytest.mark.parametrize("work", [nothing, breaks])
@pytest.mark.parametrize("when", ["from the start", "at the end"])
@pytest.mark.usefixtures("with_opentelemetry", "with_xray")
def test_a_tracer_that_breaks_changes_nothing_for_the_job(
    repository: JobsRepository,
    tracers: Tracers,
    caplog: pytest.LogCaptureFixture,
    work: Callable[[Any], None],
    when: str,
) -> None:
    tracers.broken = when == "from the start"

    def then(claim: Any) -> None:
        tracers.broken = True
        work(claim)

    job = repository.find_job(done(repository, then, traceparent=PARENT)).unwrap()

    assert job["status"] == ("COMPLETED" if work is nothing else "PENDING")
    assert job.get("error") == (None if work is nothing else f"ArithmeticError: {CANARY}")
    lines = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert any(line.startswith("Tracing failed: RuntimeError, at ") for line in lines)
    assert not any(CANARY in line for line in lines if "Tracing" in line)


def test_a_stored_place_that_is_none_is_ignored(repository: JobsRepository, caplog: pytest.LogCaptureFixture) -> None:
    job_id = done(repository, nothing, traceparent="by hand", correlation_id="a\nb")

    assert repository.find_job(job_id).unwrap()["status"] == "COMPLETED"
    assert "A traceparent was ignored" in caplog.text


def test_a_span_that_is_no_function_is_refused(repository: JobsRepository) -> None:
    with pytest.raises(ValueError, match="span must be a function of a claim"):
        JobWorker(repository, nothing, span=5)  # type: ignore[arg-type]


# The real libraries.


def test_the_real_opentelemetry_keeps_and_links(repository: JobsRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    sdk = pytest.importorskip("opentelemetry.sdk.trace", reason="opentelemetry-sdk is not installed")
    export = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    trace = pytest.importorskip("opentelemetry.trace")
    processors = pytest.importorskip("opentelemetry.sdk.trace.export")

    monkeypatch.setitem(sys.modules, "opentelemetry.trace", trace)
    exporter, provider = export.InMemorySpanExporter(), sdk.TracerProvider()
    provider.add_span_processor(processors.SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    with provider.get_tracer("test").start_as_current_span("submit") as submitting:
        context = trace_context()
    done(repository, breaks, **context)

    span = next(each for each in exporter.get_finished_spans() if each.name == "process job")
    assert [link.context.span_id for link in span.links] == [submitting.get_span_context().span_id]
    assert span.context.trace_id != submitting.get_span_context().trace_id
    assert span.status.description == "ArithmeticError"
    assert CANARY not in span.to_json()


def test_the_real_x_ray_sdk_gets_annotations(repository: JobsRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    core = pytest.importorskip("aws_xray_sdk.core", reason="aws-xray-sdk is not installed")
    monkeypatch.setitem(sys.modules, "aws_xray_sdk.core", core)
    monkeypatch.setattr(core.xray_recorder, "emitter", SimpleNamespace(send_entity=lambda _: None))
    core.xray_recorder.configure(sampling=False, context_missing="LOG_ERROR")
    segment = core.xray_recorder.begin_segment("worker")

    done(repository, breaks, traceparent=PARENT)

    (subsegment,) = segment.subsegments
    assert subsegment.annotations["submission_trace"] == "1-5759e988-bd862e3fe1be46a994272793"
    assert (subsegment.fault, subsegment.in_progress) == (True, False)
    assert CANARY not in str(subsegment.to_dict())
    core.xray_recorder.clear_trace_entities()
