"""The pytest plugin: fixtures for the tests of services, there in every run once the package is installed.

pytest imports this module in each run, whether the tests need it or not, so boto3 and moto are imported in fixtures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from careervp_jobs_dal.repository import JobsRepository
    from careervp_jobs_dal.testing import Clock, EmbeddedJobs, Faults, JobBuilder


@pytest.fixture
def jobs_options() -> dict[str, Any]:
    """Arguments of `embedded_jobs`, such as `retention`; a fixture of your own with this name gives others."""
    return {}


@pytest.fixture
def jobs_clock() -> Clock:
    """The clock of `jobs_repository`, which stands at the present until the test moves it."""
    from careervp_jobs_dal.testing import Clock

    return Clock()


@pytest.fixture
def jobs_embedded(jobs_clock: Clock, jobs_options: dict[str, Any]) -> Iterator[EmbeddedJobs]:
    """A new jobs table in an AWS inside the process: what the other fixtures give the parts of."""
    from careervp_jobs_dal.testing import embedded_jobs

    with embedded_jobs(**{"clock": jobs_clock, **jobs_options}) as jobs:
        yield jobs


@pytest.fixture
def jobs_repository(jobs_embedded: EmbeddedJobs) -> JobsRepository:
    """A `JobsRepository` on a new, empty table in an AWS inside the process."""
    return jobs_embedded.repository


@pytest.fixture
def jobs_faults(jobs_embedded: EmbeddedJobs) -> Faults:
    """Faults on demand: what happens to the next requests about the table of `jobs_repository`."""
    return jobs_embedded.faults


@pytest.fixture
def jobs_builder(jobs_embedded: EmbeddedJobs) -> JobBuilder:
    """Puts jobs in any state into the table of `jobs_repository`."""
    return jobs_embedded.builder
