"""The pytest plugin: fixtures for the tests of services, available in every run once the package is installed.

pytest imports this module in every run, even if no test needs it. So boto3 and moto are imported inside the fixtures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careervp_jobs_dal.repository import JobsRepository
    from careervp_jobs_dal.testing import Clock, EmbeddedJobs, EmbeddedQueue, Faults, JobBuilder


@pytest.fixture
def jobs_options() -> dict[str, Any]:
    """Return further arguments of `embedded_jobs`, such as `retention`.

    A fixture of your own with this name replaces them.
    """
    return {}


@pytest.fixture
def jobs_clock() -> Clock:
    """Return the clock of `jobs_repository`, which stands still until a test moves it."""
    from careervp_jobs_dal.testing import Clock

    return Clock()


@pytest.fixture
def jobs_embedded(jobs_clock: Clock, jobs_options: dict[str, Any]) -> Iterator[EmbeddedJobs]:
    """Yield a new jobs table in an embedded AWS, with repository, faults and builder."""
    from careervp_jobs_dal.testing import embedded_jobs

    with embedded_jobs(**{"clock": jobs_clock, **jobs_options}) as jobs:
        yield jobs


@pytest.fixture
def jobs_repository(jobs_embedded: EmbeddedJobs) -> JobsRepository:
    """Return a `JobsRepository` on a new, empty table in an embedded AWS."""
    return jobs_embedded.repository


@pytest.fixture
def jobs_faults(jobs_embedded: EmbeddedJobs) -> Faults:
    """Return the faults for the next requests about the table of `jobs_repository`."""
    return jobs_embedded.faults


@pytest.fixture
def jobs_builder(jobs_embedded: EmbeddedJobs) -> JobBuilder:
    """Return a builder that puts jobs in any state into `jobs_repository`'s table."""
    return jobs_embedded.builder


@pytest.fixture
def jobs_queue(jobs_embedded: EmbeddedJobs) -> Iterator[EmbeddedQueue]:
    """Yield a queue in the embedded AWS; JOBS_QUEUE_URL holds its URL."""
    from careervp_jobs_dal.testing import embedded_queue

    with embedded_queue(clock=jobs_embedded.clock) as queue:
        yield queue
