"""The ready-made sweeper: what is stuck gets its message, and the handler says how many there were."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from careervp_jobs_dal import JobsOperator, JobsRepository, ResultError
from tests.conftest import Clock
from tests.faults import Faults

SWEEPER = Path(__file__).parents[2] / "examples" / "sweeper.py"


@pytest.fixture
def sweeper(repository: JobsRepository, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    with mock_aws():
        queue = boto3.client("sqs").create_queue(QueueName="jobs")
        monkeypatch.setenv("JOBS_QUEUE_URL", queue["QueueUrl"])
        monkeypatch.setenv("JOBS_TABLE_NAME", repository.table_name)
        spec = spec_from_file_location("sweeper", SWEEPER)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        monkeypatch.setattr(module, "operator", JobsOperator(repository))
        yield module
    sys.modules.pop("sweeper", None)


def messages(sweeper: ModuleType) -> list[Any]:
    answer = sweeper.sqs().receive_message(QueueUrl=sweeper.QUEUE_URL, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def test_it_puts_back_and_queues_what_is_stuck(sweeper: ModuleType, repository: JobsRepository, clock: Clock) -> None:
    jobs = [repository.submit_job(f"key {number}", {}).unwrap().job_id for number in range(2)]
    repository.claim_job(jobs[0], lease=timedelta(minutes=5)).unwrap()
    clock.advance(timedelta(hours=2))

    swept = sweeper.lambda_handler({"source": "aws.scheduler"}, None)

    assert swept == {"put_back": 1, "failed": 0, "waiting": 1, "held": 0, "unread": 0, "to_enqueue": 0}
    assert sorted(message["job_id"] for message in messages(sweeper)) == sorted(jobs)
    assert repository.find_job(jobs[0]).unwrap()["status"] == "PENDING"


def test_nothing_is_sent_where_nothing_is_stuck(sweeper: ModuleType, repository: JobsRepository) -> None:
    repository.submit_job("key", {}).unwrap()

    assert set(sweeper.lambda_handler({}, None).values()) == {0}
    assert messages(sweeper) == []


def test_a_failure_fails_the_invocation(sweeper: ModuleType, faults: Faults) -> None:
    faults.answer("AccessDeniedException")

    with pytest.raises(ResultError):
        sweeper.lambda_handler({}, None)
