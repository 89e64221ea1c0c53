"""What a service gains by the changed import: each test fails with the hand-written repository, and must.

The page `docs/guides/adopt.md` lists the same gains; the last test compares.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from careervp_jobs_dal import ResultCode
from careervp_jobs_dal.testing import Faults

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "adopt.md"


def gain(raises: type[Exception] = AssertionError) -> pytest.MarkDecorator:
    """Run a test with both; with the one by hand it must fail, and by nothing else than this exception."""
    must_fail = pytest.mark.xfail(strict=True, raises=raises, reason="by hand")
    return pytest.mark.parametrize("jobs", [pytest.param("by hand", marks=must_fail), "library"], indirect=True)


@pytest.fixture
def network(jobs: Any) -> Iterator[Faults]:
    faults = Faults(jobs.table.meta.client)
    yield faults
    faults.stop()


@gain()
def test_a_lost_reply_is_no_failure(jobs: Any, network: Faults, job: dict[str, Any]) -> None:
    network.lose_reply()

    assert jobs.create_job({**job, "input_data": {}}).success


@gain()
def test_a_finished_job_is_not_overwritten(jobs: Any, job: dict[str, Any]) -> None:
    jobs.create_job({**job, "input_data": {}})
    jobs.update_job_status("vpr-1", "COMPLETED", result_key="r.json")

    late = jobs.update_job_status("vpr-1", "FAILED", error="a worker that was thought dead")

    assert not late.success
    assert jobs.get_job("vpr-1")["status"] == "COMPLETED"


@gain()
def test_a_misspelt_status_is_refused(jobs: Any, job: dict[str, Any]) -> None:
    jobs.create_job({**job, "input_data": {}})

    assert not jobs.update_job_status("vpr-1", "COMPLETE").success


@gain()
def test_an_update_makes_no_phantom(jobs: Any) -> None:
    assert not jobs.update_job_status("vpr-1", "COMPLETED").success
    assert jobs.get_job("vpr-1") is None


@gain()
def test_a_read_is_current(jobs: Any) -> None:
    reads: list[dict[str, Any]] = []
    jobs.table.meta.client.meta.events.register(
        "before-call.dynamodb.GetItem", lambda params, **_: reads.append(json.loads(params["body"]))
    )

    jobs.get_job("vpr-1")

    assert [read.get("ConsistentRead") for read in reads] == [True]


@gain()
def test_a_field_may_have_any_name(jobs: Any, job: dict[str, Any]) -> None:
    jobs.create_job({**job, "input_data": {}})

    assert jobs.update_job("vpr-1", {"language": "en", "report-url": "r.json"}).success


@gain(TypeError)
def test_floats_may_stand_anywhere(jobs: Any, job: dict[str, Any]) -> None:
    assert jobs.create_job({**job, "input_data": {"scores": [0.5, 0.75]}}).success


@gain(TypeError)
def test_a_record_goes_into_json(jobs: Any, job: dict[str, Any]) -> None:
    jobs.create_job({**job, "input_data": {"pages": 2}})

    assert json.loads(json.dumps(jobs.get_job("vpr-1")))["input_data"] == {"pages": 2}


@gain(ReadTimeoutError)
def test_a_network_that_is_down_is_an_answer(jobs: Any, network: Faults, job: dict[str, Any]) -> None:
    network.fail(lambda: ReadTimeoutError(endpoint_url="http://127.0.0.1"))

    created = jobs.create_job({**job, "input_data": {}})

    assert (created.success, created.code, created.retryable) == (False, ResultCode.UNAVAILABLE, True)


@gain()
def test_no_update_is_no_error(jobs: Any, job: dict[str, Any]) -> None:
    jobs.create_job({**job, "input_data": {}})

    assert jobs.update_job("vpr-1", {}).success


@pytest.mark.parametrize(
    "way", [pytest.param("five methods", marks=pytest.mark.xfail(strict=True, raises=AssertionError)), "submit_job"]
)
@pytest.mark.parametrize("service", ["after"], indirect=True)
def test_two_submissions_at_once_make_one_job(way: str, service: Any) -> None:
    """The next step: with the five methods a look-up and a put leave a gap, whoever wrote them."""
    repository, request = service.jobs, {"application_id": "application-7"}
    submit: Callable[[], Any] = {
        "five methods": lambda: service.submit("user-1", request, list),
        "submit_job": lambda: repository.submit_job("application-7", request, user_id="user-1").unwrap(),
    }[way]
    events = repository.table.meta.client.meta.events

    def submit_first(**_: Any) -> None:
        events.unregister("before-call.dynamodb.PutItem", submit_first)
        submit()

    events.register("before-call.dynamodb.PutItem", submit_first)
    submit()

    assert len(repository.table.scan()["Items"]) == 1


def test_the_page_lists_just_these_gains() -> None:
    shown = {name for name in globals() if name.startswith("test_")} - {"test_the_page_lists_just_these_gains"}

    assert set(re.findall(r"`(test_\w+)`", PAGE.read_text())) == shown
