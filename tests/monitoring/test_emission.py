"""No alarm and no graph is on a metric that nobody emits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from careervp_jobs_dal import ResultCode
from careervp_jobs_dal.job.metric import JobMetric
from tests.monitoring.conftest import DEAD_LETTERS, LEASE, NAMESPACE, QUEUE, SUBMIT, SWEEPER, WORKER, Service
from tests.monitoring.evaluation import Identity

OF_AWS: dict[str, dict[tuple[str, ...], set[str]]] = {
    "AWS/SQS": {
        ("QueueName",): {
            "ApproximateAgeOfOldestMessage",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesVisible",
            "NumberOfMessagesReceived",
        }
    },
    "AWS/Lambda": {("FunctionName",): {"ConcurrentExecutions", "Duration", "Errors", "Invocations", "Throttles"}},
    "AWS/DynamoDB": {
        ("TableName",): {
            *("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"),
            *("ReadThrottleEvents", "WriteThrottleEvents"),
        },
        ("GlobalSecondaryIndexName", "TableName"): {"ReadThrottleEvents", "WriteThrottleEvents"},
        ("Operation", "TableName"): {"SystemErrors"},
    },
}
"""Metrics by namespace and dimensions, from AWS's documentation. DynamoDB has system errors by operation only."""

FAILURES = {
    ResultCode.ACCESS_DENIED: ("AccessDeniedException", 400),
    ResultCode.CONFIG_ERROR: ("ResourceNotFoundException", 400),
    ResultCode.DYNAMODB_ERROR: ("SomethingNewException", 400),
    ResultCode.THROTTLED: ("ThrottlingException", 400),
    ResultCode.UNAVAILABLE: ("InternalServerError", 500),
}


@pytest.fixture
def lived(service: Service) -> Service:
    """A service in which everything has happened once."""
    service.an_ordinary_minute()
    service.jobs.submit_job("key-1", {}).unwrap()
    service.fail()
    slow = service.claimed()
    once = service.jobs.submit_job("once", {}, max_attempts=1).unwrap().job_id
    service.jobs.claim_job(once, lease=LEASE).unwrap()
    service.pass_time(2 * LEASE)
    service.jobs.claim_job(slow.job_id, lease=LEASE).unwrap()
    service.jobs.complete_job(slow)
    service.jobs.claim_job(once, lease=LEASE)
    service.counted.gauge_overdue(service.table_name, 0)
    for code, status in FAILURES.values():
        service.faults.answer(code, status=status)
        service.jobs.submit_job("key-1", {})
        service.faults.clear()
    broken = service.submitted()
    service.jobs.table.update_item(
        Key={"job_id": broken},
        UpdateExpression="SET attempt = :text",
        ExpressionAttributeValues={":text": "many"},
    )
    service.jobs.claim_job(broken, lease=LEASE)
    service.flush()
    return service


def of_alarms(service: Service) -> set[Identity]:
    return {
        (metric.namespace, metric.name, frozenset(metric.dimensions.items()))
        for alarm in service.monitoring().alarms()
        for metric in alarm.metrics
    }


def of_graphs(service: Service) -> set[Identity]:
    found = set()
    for widget in json.loads(service.monitoring().dashboard())["widgets"]:
        for namespace, name, *rest in filter(is_metric, widget["properties"].get("metrics", [])):
            dimensions = rest[:-1]
            found.add((namespace, name, frozenset(zip(dimensions[::2], dimensions[1::2], strict=True))))
    return found


def is_metric(drawn: list[Any]) -> bool:
    return len(drawn) > 1


@pytest.mark.parametrize("used", [of_alarms, of_graphs])
def test_each_metric_of_the_library_s_own_was_emitted_with_just_those_dimensions(lived: Service, used: Any) -> None:
    own = {identity for identity in used(lived) if identity[0] == NAMESPACE}

    assert len(own) > 8
    assert own - lived.recording.emitted == set()


@pytest.mark.parametrize("used", [of_alarms, of_graphs])
def test_each_other_metric_is_one_of_aws_with_just_its_dimensions(service: Service, used: Any) -> None:
    known = {QUEUE, DEAD_LETTERS, WORKER, SUBMIT, SWEEPER, service.table_name}
    known |= {index.name for index in service.monitoring().indexes()}
    for namespace, name, dimensions in used(service):
        if namespace != NAMESPACE:
            assert name in OF_AWS[namespace][tuple(sorted(dict(dimensions)))]
            assert {value for key, value in dimensions if key != "Operation"} <= known


def test_system_errors_are_watched_for_each_operation_that_is_sent(service: Service) -> None:
    alarm = next(alarm for alarm in service.monitoring().alarms() if alarm.key == "system-errors")

    assert {metric.dimensions["Operation"] for metric in alarm.metrics} == {
        *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem")
    }


def test_every_metric_has_its_name_from_one_list(lived: Service) -> None:
    names = {name for namespace, name, _ in lived.recording.emitted if namespace == NAMESPACE}

    assert names <= {*JobMetric, *ResultCode}
