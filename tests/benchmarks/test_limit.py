"""A program under a limit runs to its end, and how it ended comes out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import cold


def test_the_means_is_named_and_the_status_comes_out() -> None:
    with cold.limited(0.5) as limited:
        assert limited.means
        assert limited.run([sys.executable, "-c", "raise SystemExit(3)"])[0] == 3


def test_without_control_groups_and_cpulimit_the_parent_stops_and_continues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cold, "_CGROUPS", Path("/nonexistent"))
    monkeypatch.setattr("shutil.which", lambda _: None)
    with cold.limited(0.5) as limited:
        assert "SIGSTOP" in limited.means
        assert limited.run([sys.executable, "-c", "raise SystemExit(4)"])[0] == 4


def test_a_control_group_that_refuses_its_limit_is_removed_and_not_used(tmp_path: Path) -> None:
    mark = tmp_path / "cgroup.controllers"
    mark.touch()
    assert cold._group(mark, {"no/such/folder": "1"}) is None
    assert list(tmp_path.iterdir()) == [mark]


def test_a_control_group_that_takes_its_limit_is_joined_and_removed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "cgroup.controllers").touch()
    monkeypatch.setattr(cold, "_CGROUPS", tmp_path)
    with cold.limited(0.25) as limited:
        assert limited.means == "cgroup v2, cpu.max"
        (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
        assert (folder / "cpu.max").read_text() == "5000 20000"
        assert limited.run([sys.executable, "-c", "import os; raise SystemExit(os.getpid() % 100)"])[0] == (
            int((folder / "cgroup.procs").read_text()) % 100
        )
        for file in folder.iterdir():  # of a true one these go with it
            file.unlink()
    assert not folder.exists()


def test_a_quota_is_a_part_of_its_period() -> None:
    assert [settings for _, _, settings in cold._quotas(0.25)] == [
        {"cpu.max": "5000 20000"},
        {"cpu.cfs_period_us": "20000", "cpu.cfs_quota_us": "5000"},
    ]
