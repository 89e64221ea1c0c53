"""The ready-made sweeper: what is overdue gets its message, and the handler says how many jobs there were."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import boto3
import pytest
from moto import mock_aws

from careervp_jobs_dal import JobsOperator, JobsRepository, ResultError
from tests.conftest import Clock
from tests.faults import Faults
from tests.operations.conftest import Seed

SWEEPER = Path(__file__).parents[2] / "examples" / "sweeper.py"
NOTHING = {"put_back": 0, "failed": 0, "waiting": 0, "held": 0, "unread": 0, "to_enqueue": 0, "more": False}


class Context:
    """A context whose time is used up by each look at it."""

    def __init__(self, *seconds: int) -> None:
        self.seconds = list(seconds)

    def get_remaining_time_in_millis(self) -> int:
        return 1000 * (self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0])


@pytest.fixture
def sweeper(repository: JobsRepository, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    with mock_aws():
        for name in ("JOBS", "LETTERS"):
            queue = boto3.client("sqs").create_queue(QueueName=name.lower())
            monkeypatch.setenv(f"{name}_QUEUE_URL", queue["QueueUrl"])
        monkeypatch.setenv("JOBS_TABLE_NAME", repository.table_name)
        spec = spec_from_file_location("sweeper", SWEEPER)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        monkeypatch.setattr(module, "operator", JobsOperator(repository))
        yield module
    sys.modules.pop("sweeper", None)


def messages(sweeper: ModuleType, kind: str | None = None) -> list[str]:
    answer = boto3.client("sqs").receive_message(QueueUrl=sweeper.QUEUE_URLS[kind], MaxNumberOfMessages=10)
    return sorted(json.loads(message["Body"])["job_id"] for message in answer.get("Messages", []))


def test_it_puts_back_and_queues_what_is_stuck(sweeper: ModuleType, repository: JobsRepository, clock: Clock) -> None:
    jobs = [repository.submit_job(f"key {number}", {}).unwrap().job_id for number in range(2)]
    repository.claim_job(jobs[0], lease=timedelta(minutes=5)).unwrap()
    clock.advance(timedelta(hours=2))

    swept = sweeper.lambda_handler({"source": "aws.scheduler"}, Context(120))

    assert swept == {**NOTHING, "put_back": 1, "waiting": 1}
    assert messages(sweeper) == sorted(jobs)
    assert repository.find_job(jobs[0]).unwrap()["status"] == "PENDING"


def test_nothing_is_sent_where_nothing_is_stuck(sweeper: ModuleType, repository: JobsRepository) -> None:
    repository.submit_job("key", {}).unwrap()

    assert sweeper.lambda_handler({}, Context(120)) == NOTHING
    assert messages(sweeper) == []


def test_it_goes_on_while_there_is_more_and_time(sweeper: ModuleType, seed: Seed) -> None:
    seed(250)

    assert sweeper.lambda_handler({}, Context(120, 60, 14)) == {**NOTHING, "waiting": 200, "more": True}
    assert sweeper.lambda_handler({}, Context(120)) == {**NOTHING, "waiting": 50}


def test_it_does_not_turn_in_circles_where_nothing_can_be_done(sweeper: ModuleType, seed: Seed, faults: Faults) -> None:
    seed(3)
    faults.throttle(operation="UpdateItem")

    assert sweeper.lambda_handler({}, Context(120)) == {**NOTHING, "unread": 3, "more": True}


def test_each_kind_gets_its_own_queue_and_an_unknown_one_none(sweeper: ModuleType, seed: Seed) -> None:
    letters, reports, _ = seed(2, kind="letter"), seed(1), seed(1, kind="invoice")

    assert sweeper.lambda_handler({}, Context(120)) == {**NOTHING, "waiting": 4, "to_enqueue": 1}
    assert (messages(sweeper, "letter"), messages(sweeper)) == (letters, reports)


def test_a_failure_fails_the_invocation(sweeper: ModuleType, faults: Faults) -> None:
    faults.answer("AccessDeniedException")

    with pytest.raises(ResultError):
        sweeper.lambda_handler({}, Context(120))


def test_it_gauges_the_overdue_jobs_also_when_there_are_none(
    sweeper: ModuleType, seed: Seed, repository: JobsRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    sweeper.lambda_handler({}, Context(120))
    seed(3)
    sweeper.lambda_handler({}, Context(120))

    written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    gauges = [each for each in written if "JobsOverdue" in each]
    assert [each["JobsOverdue"] for each in gauges] == [[0.0], [3.0]]
    assert {each["table"] for each in gauges} == {repository.table_name}
