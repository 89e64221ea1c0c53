"""The file is the one that is written from the sync classes, and follows each of their changes."""

from __future__ import annotations

import inspect
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from careervp_jobs_dal import AsyncJobsOperator, AsyncJobsRepository, JobsOperator, JobsRepository
from careervp_jobs_dal import asynchronous as module
from careervp_jobs_dal.infrastructure.permission import METHODS
from release import asynchronous as writer

PAIRS = [(JobsRepository, AsyncJobsRepository), (JobsOperator, AsyncJobsOperator)]
WRITES = {"recover_jobs", "retry_job", "purge_jobs", "erase_user"}


def methods(room: type) -> dict[str, Callable[..., Any]]:
    return {name: each for name, each in vars(room).items() if inspect.isfunction(each) and not name.startswith("_")}


BOTH = [(name, each, methods(other).get(name)) for one, other in PAIRS for name, each in methods(one).items()]


def prose(function: Callable[..., Any]) -> str:
    return (function.__doc__ or "").partition(">>>")[0]


def test_the_file_is_current() -> None:
    assert writer.FILE.read_text(encoding="utf-8") == writer.written(), f"run: {writer.COMMAND}"


@pytest.mark.parametrize(("name", "sync", "asynchronous"), BOTH, ids=[each[0] for each in BOTH])
def test_a_method_is_the_same_but_awaited(
    name: str, sync: Callable[..., Any], asynchronous: Callable[..., Any] | None
) -> None:
    if name in WRITES:
        assert asynchronous is None
        return

    assert asynchronous is not None, f"run: {writer.COMMAND}"
    told, expected = inspect.signature(asynchronous), inspect.signature(sync)
    assert list(told.parameters.values()) == list(expected.parameters.values())
    assert prose(asynchronous) == prose(sync)
    iterates = str(expected.return_annotation).startswith("Iterator[")
    assert told.return_annotation == "Async" * iterates + expected.return_annotation
    assert inspect.iscoroutinefunction(asynchronous) is not iterates


def test_there_are_no_methods_but_those_and_those_that_end_the_threads() -> None:
    assert set(methods(AsyncJobsRepository)) - set(methods(JobsRepository)) == {"aclose"}
    assert set(methods(JobsOperator)) - set(methods(AsyncJobsOperator)) == WRITES
    assert set(METHODS["operator"]) > WRITES


def test_it_is_made_with_the_arguments_of_the_sync_one(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = dict(inspect.signature(AsyncJobsRepository).parameters)
    del parameters["max_workers"]
    given = {name: object() for name in parameters}
    passed: dict[str, object] = {}

    def recorded(*places: object, **names: object) -> None:
        passed.update(inspect.signature(JobsRepository).bind(*places, **names).arguments)

    monkeypatch.setattr(module, "JobsRepository", recorded)
    AsyncJobsRepository(**given)  # type: ignore[arg-type]

    assert parameters == dict(inspect.signature(JobsRepository).parameters)
    assert passed == given


# Each change of the source, as a pattern and what replaces it, and what has to stand in the file then.
CHANGES = {
    "a parameter of the constructor": (
        r"(    def __init__\(\n(?:        .*\n)+)",
        '\\1        way: Literal["a", "b"] | None = None,\n',
        ['        way: Literal["a", "b"] | None = None,\n', "way=way,"],
    ),
    "another type of result, from another module": (
        r"def cancel_job\((.*)\) -> .*:\n",
        "def cancel_job(\\1) -> Submission | JobEvent:\n",
        ["async def cancel_job(self, job_id: str | UUID, *, user_id", "-> Submission | JobEvent:"],
    ),
    "a new method": (
        "    def complete_job\\(",
        "    def touch_job(self, job_id: str = DEFAULT, /) -> Plan[JobRecord]:\n"
        '        """Touch.\n\n        >>> repository.touch_job(repository.touch_job("ü"))\n        """\n\n'
        "    def complete_job(",
        [
            "    async def touch_job(self, job_id: str = DEFAULT, /) -> Plan[JobRecord]:\n",
            '        >>> asyncio.run(jobs.touch_job(asyncio.run(jobs.touch_job("ü"))))\n',
            "        return await self._executor.run(self.repository.touch_job, job_id)\n",
            "import DEFAULT, JobsRepository, _utc_now",
            "    from careervp_jobs_dal.plans.plan import Plan\n",
        ],
    ),
    "a type of several lines": (
        r"    def connect\(self\) -> .*:\n",
        "    def connect(\n        self,\n        how: Literal[\n            1,\n            2,\n        ],\n"
        "    ) -> Plan[\n        None\n    ]:\n",
        ["    async def connect(self, how: Literal[1, 2]) -> Plan[None]:"],
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_the_source_changes_the_file(change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new, expected = CHANGES[change]
    copy = Path(shutil.copytree(writer.PACKAGE, tmp_path / writer.LIBRARY))
    text = (copy / "repository.py").read_text().replace("LONGEST_RETENTION =", 'DEFAULT = ""\nLONGEST_RETENTION =')
    changed, number = re.subn(old, new, text, count=1)
    (copy / "repository.py").write_text(changed)
    monkeypatch.setattr(writer, "PACKAGE", copy)

    written = writer.written()

    assert number == 1
    compile(written, "asynchronous.py", "exec")
    assert [each for each in expected if each not in written] == []
    assert max(len(line) for line in written.splitlines()) <= writer.WIDTH
    assert re.search(r"^        return await self\._executor\.run\(self\.repository\.connect\b", written, re.MULTILINE)
