"""The service of `examples/adopt/` with the hand-written repository, and with the library's in its place."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import careervp_jobs_dal

ADOPT = Path(__file__).parents[2] / "examples" / "adopt"
BEFORE = "from jobs_repository import JobsRepository\n"
AFTER = "from careervp_jobs_dal import JobsRepository\n"


def load(name: str, source: str) -> ModuleType:
    """Run a module's text; dataclasses look for their module by its name."""
    module = ModuleType(name)
    with pytest.MonkeyPatch.context() as only_now:
        only_now.setitem(sys.modules, name, module)
        exec(compile(source, f"{name}.py", "exec"), module.__dict__)
    return module


@pytest.fixture
def table_name() -> str:
    """The table that the hand-written code was made for: its index has whole records."""
    name = careervp_jobs_dal.create_table("careervp-jobs-table-dev", index_projection="ALL")
    return name.unwrap()


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The hand-written module, under the name by which the service imports it."""
    with pytest.MonkeyPatch.context() as only_now:  # the library has a logger of another name
        only_now.setenv("POWERTOOLS_SERVICE_NAME", "by-hand")
        only_now.setenv("POWERTOOLS_LOG_LEVEL", "CRITICAL")
        module = load("jobs_repository", (ADOPT / "jobs_repository.py").read_text())
    monkeypatch.setitem(sys.modules, "jobs_repository", module)
    return module


@pytest.fixture
def service(
    request: pytest.FixtureRequest, by_hand: ModuleType, table_name: str, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """The service as it is before, or with its one import changed after."""
    monkeypatch.setenv("JOBS_TABLE_NAME", table_name)
    source = (ADOPT / "service.py").read_text()
    assert source.count(BEFORE) == 1
    return load("service", source if request.param == "before" else source.replace(BEFORE, AFTER))


@pytest.fixture
def jobs(request: pytest.FixtureRequest, by_hand: Any, table_name: str) -> Any:
    """The hand-written repository, or the library's."""
    maker = by_hand.JobsRepository if request.param == "by hand" else careervp_jobs_dal.JobsRepository
    return maker(table_name)
