"""A worker is a Lambda handler for every decorator of powertools, and for any other that takes a function."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable
from functools import partial
from typing import Any
from unittest.mock import MagicMock

import pytest
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import EphemeralMetrics
from aws_lambda_powertools.middleware_factory import lambda_handler_decorator
from aws_lambda_powertools.utilities.data_classes import SQSEvent, event_source
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent
from aws_lambda_powertools.utilities.typing import LambdaContext

from careervp_jobs_dal import Claim, DeadLetterHandler, JobKind, JobsRepository, JobWorker, NotAcknowledgedError
from tests.unit.test_docstrings import LetterRequest
from tests.worker.invocation import MINUTE, Context, Sqs, event, failures, message


def make_the_report(claim: Claim) -> dict[str, Any]:
    return {"score": 0.5}


def tracer() -> Tracer:
    """A Tracer whose segments go nowhere; X-Ray's own library is not needed for that."""
    return Tracer(service="vpr", disabled=False, auto_patch=False, provider=MagicMock())


def traced(worker: Any) -> Any:
    return tracer().capture_lambda_handler(worker)


def traced_method(worker: Any) -> Any:
    return tracer().capture_method(worker)


@lambda_handler_decorator
def middleware(handler: Any, event: Any, context: Any) -> Any:
    return handler(event, context)


def measured(worker: Any) -> Any:
    metrics = EphemeralMetrics(namespace="vpr", service="vpr")
    return metrics.log_metrics(worker, capture_cold_start_metric=True)


def logged(worker: Any) -> Any:
    return Logger(service="vpr").inject_lambda_context(worker, log_event=False, clear_state=True)


def wrapped(worker: Any) -> Any:
    @functools.wraps(worker)
    def call(event: Any, context: Any) -> Any:
        return worker(event, context)

    return call


DECORATORS: dict[str, Callable[[Any], Any]] = {
    "Tracer": traced,
    "Tracer's method": traced_method,
    "middleware": middleware,
    "Metrics": measured,
    "Logger": logged,
    "event source": partial(event_source, data_class=SQSEvent),
    "wraps": wrapped,
}


class FullContext(Context, LambdaContext):
    """All that powertools asks of the context."""


@pytest.fixture
def job_id(repository: JobsRepository) -> str:
    return repository.submit_job("key", {}).unwrap().job_id


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
@pytest.mark.parametrize("decorate", DECORATORS.values(), ids=DECORATORS)
@pytest.mark.parametrize(
    "make", [lambda jobs: JobWorker(jobs, make_the_report), DeadLetterHandler], ids=["jobs", "dead"]
)
def test_a_decorated_worker_does_its_jobs(
    repository: JobsRepository, job_id: str, decorate: Callable[[Any], Any], make: Callable[[JobsRepository], Any]
) -> None:
    handler = decorate(make(repository))

    assert handler(event(job_id), FullContext()) == failures()
    assert repository.find_job(job_id).unwrap()["status"] in ("COMPLETED", "FAILED")


def test_a_worker_behind_powertools_idempotency_does_a_batch_once(
    repository: JobsRepository, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POWERTOOLS_IDEMPOTENCY_DISABLED", raising=False)
    repository.dynamodb.create_table(
        TableName="idempotency",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    calls: list[str] = []
    worker = JobWorker(repository, lambda claim: calls.append(claim.job_id))
    once: Any = idempotent
    handler = once(
        worker,
        persistence_store=DynamoDBPersistenceLayer(table_name="idempotency", key_attr="id"),
        config=IdempotencyConfig(event_key_jmespath="Records[0].messageId"),
    )

    assert [handler(event(job_id), FullContext()) for _ in range(2)] == [failures()] * 2
    assert calls == [job_id]


def test_records_of_powertools_are_messages_too(repository: JobsRepository, job_id: str) -> None:
    worker = JobWorker(repository, make_the_report, sqs=(sqs := Sqs()))
    repository.claim_job(job_id, lease=MINUTE).unwrap()
    (record,) = SQSEvent(event(job_id)).records

    with pytest.raises(NotAcknowledgedError):
        worker.handle_record(record, Context())
    assert sqs.pauses == [61]
    assert json.loads(record.body)["job_id"] == job_id


def test_a_worker_has_the_name_of_its_work(repository: JobsRepository) -> None:
    class Work:
        def __call__(self, claim: Claim) -> None: ...

    kind = JobKind("letter", LetterRequest)

    def write_the_letter(request: LetterRequest, claim: Claim) -> None: ...

    assert JobWorker(repository, make_the_report).__name__ == "make_the_report"
    assert JobWorker(repository, kind.work(write_the_letter)).__name__ == "write_the_letter"
    assert JobWorker(repository, Work()).__name__ == "Work"
    assert JobWorker(repository, partial(make_the_report)).__qualname__ == "partial"
    assert DeadLetterHandler(repository).__name__ == "dead_letter_handler"


def test_a_worker_still_shows_how_a_handler_is_called(repository: JobsRepository) -> None:
    assert list(inspect.signature(JobWorker(repository, make_the_report)).parameters) == ["event", "context"]


def test_metrics_and_a_worker_share_a_function(repository: JobsRepository, job_id: str) -> None:
    metrics = Metrics(namespace="vpr", service="vpr")

    def work(claim: Claim) -> None:
        metrics.add_metric(name="Reports", unit="Count", value=1)

    handler: Any = metrics.log_metrics(JobWorker(repository, work))

    assert handler({"Records": [message(job_id)]}, FullContext()) == failures()
