"""Whoever cannot take part is named with the reason, in every table and at the end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from benchmarks import environments, suite
from benchmarks.__main__ import unacceptable
from benchmarks.contender import Contender, Field
from benchmarks.environments import DIRECT, LIBRARY, REFERENCE
from benchmarks.race import BrokenError, Cost, Race, Results, Section, Spread, Standing
from benchmarks.report import absences, section_text, tables

ONE = Spread(1, 1, 1)


class Fake:
    """A contender that needs no process."""

    def __init__(self, name: str, *, wrong: str | None = None, breaks: bool = False) -> None:
        self.name = name
        self.workloads = list(suite.TITLES)
        self._wrong, self._breaks = wrong, breaks

    def wrong(self, _: str) -> str | None:
        return self._wrong

    def sample(self, *_: Any) -> Cost:
        if self._breaks:
            raise BrokenError("its process has ended")
        return Cost(1, 1)


def field(*fakes: Fake, **missing: str) -> Field:
    return Field({fake.name: cast("Contender", fake) for fake in fakes}, missing)


def standings(running: Field) -> dict[str, str | None]:
    (first, *_) = suite.measure(running, rounds=2, calls=1)
    return {standing.name: standing.missing for standing in first.standings}


def test_who_is_not_installed_is_in_every_race() -> None:
    races = suite.measure(field(Fake(REFERENCE), Fake(LIBRARY), pydynox="not installed"), rounds=1, calls=1)
    assert len(races) == len(suite.TITLES)
    assert all("pydynox" in [one.name for one in race.standings if one.missing] for race in races)


def test_a_wrong_answer_is_not_timed_but_reported() -> None:
    running = field(Fake(REFERENCE), Fake("PynamoDB", wrong="wrong or missing: status"))
    assert standings(running) == {REFERENCE: None, "PynamoDB": "wrong or missing: status"}


def test_who_breaks_down_on_the_way_is_reported_and_the_others_go_on() -> None:
    running = field(Fake(REFERENCE), Fake("dyntastic", breaks=True))
    assert standings(running) == {REFERENCE: None, "dyntastic": "broke down: its process has ended"}


def test_what_pip_says_is_the_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        fails = "bench-pydynox" in command
        return subprocess.CompletedProcess(
            command, int(fails), "", "noise\nNo matching distribution\n" if fails else ""
        )

    monkeypatch.setattr(environments, "HOME", tmp_path)
    monkeypatch.setattr(environments, "CHECKOUT", tmp_path)
    monkeypatch.setattr("venv.create", lambda folder, **_: folder.mkdir(parents=True))
    monkeypatch.setattr(environments, "_wanted", lambda _: "this")
    monkeypatch.setattr("subprocess.run", fail)
    assert environments.install() == {"pydynox": "No matching distribution"}


def test_the_tables_and_the_end_say_who_is_missing() -> None:
    race = Race(
        "get", REFERENCE, [Standing(REFERENCE, ONE, ONE, ONE, ONE), Standing("pydynox", missing="not installed")]
    )
    sections = [Section("stub", "Calls", "", [race]), Section("engine", "Engine", "", [], missing="no cargo")]
    assert "pydynox      MISSING: not installed" in section_text(sections[0])
    assert "MISSING: no cargo" in section_text(sections[1])
    published = tables(Results({}, {}, sections))
    assert "| pydynox | MISSING: not installed |" in published
    assert "**MISSING**: no cargo" in published
    assert absences(sections) == ["Engine: no cargo", "Calls, get: pydynox"]


def test_a_run_without_the_library_or_the_reference_fails_and_in_ci_without_anyone() -> None:
    def results(name: str) -> Results:
        return Results({}, {}, [Section("stub", "", "", [Race("get", REFERENCE, [Standing(name, missing="gone")])])])

    names = (LIBRARY, DIRECT, REFERENCE, "pydynox")
    assert [unacceptable(results(name), in_ci=False) for name in names] == [True, True, True, False]
    assert unacceptable(results("pydynox"), in_ci=True)
    engine = Results({}, {}, [Section("engine", "", "", [], missing="no cargo")])
    assert [unacceptable(engine, in_ci=ci) for ci in (False, True)] == [False, True]
    assert not unacceptable(Results({}, {}, []), in_ci=True)


def test_a_process_that_ends_is_an_error_of_its_own() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with pytest.raises(BrokenError, match="its process has ended"), ended:
        Contender(ended)
