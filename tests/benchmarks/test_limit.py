"""A program under a limit runs to its end, and how it ended comes out."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from benchmarks import limit


def test_the_means_is_named_and_the_status_comes_out() -> None:
    with limit.limited(0.5) as limited:
        assert limited.means
        assert limited.run([sys.executable, "-c", "raise SystemExit(3)"], os.environ) == 3


def test_without_control_groups_and_cpulimit_the_parent_stops_and_continues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit, "_CGROUPS", Path("/nonexistent"))
    monkeypatch.setattr("shutil.which", lambda _: None)
    with limit.limited(0.5) as limited:
        assert "SIGSTOP" in limited.means
        assert limited.run([sys.executable, "-c", "raise SystemExit(4)"], os.environ) == 4


def test_a_control_group_that_refuses_its_limit_is_removed_and_not_used(tmp_path: Path) -> None:
    def impossible(_: float) -> dict[str, str]:
        return {"no/such/folder": "1"}

    with limit._cgroup(tmp_path, tmp_path, impossible, 0.5) as folder:
        assert folder is None
    assert list(tmp_path.iterdir()) == []


def test_a_quota_is_a_part_of_its_period() -> None:
    assert limit._v2(0.25) == {"cpu.max": "5000 20000"}
    assert limit._v1(0.25) == {"cpu.cfs_period_us": "20000", "cpu.cfs_quota_us": "5000"}
