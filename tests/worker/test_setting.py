"""A worker with a setting that cannot be right is refused when it is made, with a text that says what is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from careervp_jobs_dal import AsyncJobsRepository, Claim, DeadLetterHandler, JobKind, JobsRepository, JobWorker
from tests.unit.test_docstrings import LetterRequest
from tests.worker.invocation import MINUTE

DAY = timedelta(days=1)
WRONG: list[tuple[str, Any]] = [
    *(("permanent", value) for value in ([ValueError], ValueError, (ValueError(),), (int,), (SystemExit,), None)),
    *(("lease", value) for value in (300, 0, timedelta(0), -MINUTE, 8 * DAY)),
    *(("heartbeat", value) for value in (60, timedelta(0), -MINUTE, 8 * DAY)),
    *(("min_remaining", value) for value in (1, timedelta(0), -MINUTE, DAY, None)),
    *(("max_attempts", value) for value in (0, -1, "3", True, 1.5, None)),
    *(("retry_delay", value) for value in (30, -MINUTE, 367 * DAY, "30", None)),
    *(("worker_id", value) for value in (7, b"w")),
    ("adopt_unleased", "yes"),
    ("job_id_of", 5),
    *(("queue_url", value) for value in ("jobs", 5)),
    ("sqs", object()),
    *(("results", value) for value in ("bucket", object())),
    ("on_error", "log"),
]


@pytest.mark.parametrize(
    ("name", "value"), WRONG, ids=[f"{name}={value!r}".partition(" at 0x")[0] for name, value in WRONG]
)
def test_a_setting_that_cannot_be_right_is_refused_by_its_name(
    repository: JobsRepository, name: str, value: Any
) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must"):
        JobWorker(repository, lambda claim: None, **{name: value})


def test_a_lease_that_one_lost_beat_would_lose_is_refused(repository: JobsRepository) -> None:
    with pytest.raises(ValueError, match="lease must be at least twice the heartbeat"):
        JobWorker(repository, lambda claim: None, lease=3 * MINUTE, heartbeat=2 * MINUTE)

    JobWorker(repository, lambda claim: None, lease=4 * MINUTE, heartbeat=2 * MINUTE)


async def awaited(claim: Claim) -> None: ...


async def awaited_with_payload(request: LetterRequest, claim: Claim) -> str:
    return request.company


async def streamed(claim: Claim) -> AsyncIterator[None]:
    yield


def stepped(claim: Claim) -> Iterator[None]:
    yield


class Later:
    async def __call__(self, claim: Claim) -> None: ...


LATER: dict[str, Any] = {
    "async def": awaited,
    "a partial of one": partial(partial(awaited)),
    "an object of one": Later(),
    "a method of one": Later().__call__,
    "a kind's work of one": JobKind("letter", LetterRequest).work(awaited_with_payload),
    "an async generator": streamed,
    "a generator": stepped,
}


@pytest.mark.parametrize("work", LATER.values(), ids=LATER)
def test_work_that_would_not_run_when_it_is_called_is_refused(repository: JobsRepository, work: Any) -> None:
    with pytest.raises(ValueError, match="no async def, no yield"):
        JobWorker(repository, work)


@pytest.mark.parametrize("work", [None, "work", {}])
def test_work_that_is_no_function_is_refused(repository: JobsRepository, work: Any) -> None:
    with pytest.raises(ValueError, match="work must be a function"):
        JobWorker(repository, work)


def test_only_a_repository_is_one(repository: JobsRepository) -> None:
    for wrong in (None, "jobs", repository.table, JobsRepository):
        with pytest.raises(ValueError, match="repository must be a JobsRepository"):
            JobWorker(wrong, lambda claim: None)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="repository must be a JobsRepository"):
            DeadLetterHandler(wrong)  # type: ignore[arg-type]
    later: Any = AsyncJobsRepository.of(repository)
    with pytest.raises(ValueError, match="not one for asyncio"):
        JobWorker(later, lambda claim: None)
    with pytest.raises(ValueError, match="not one for asyncio"):
        DeadLetterHandler(later)


@pytest.mark.parametrize(
    ("name", "value"), [("public_error", 7), ("max_attempts", 0), ("job_id_of", 5), ("queue_url", 5), ("sqs", 5)]
)
def test_a_handler_of_dead_letters_checks_its_settings_as_well(
    repository: JobsRepository, name: str, value: Any
) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must"):
        DeadLetterHandler(repository, **{name: value})
