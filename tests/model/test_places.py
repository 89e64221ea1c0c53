"""Every order of a few submissions, ends, lost replies and late copies keeps to the cap and loses no place.

Where one rule of the set is broken, the checker shows how.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from careervp_jobs_dal.plans import quota
from tests.model.checker import explore
from tests.model.places import Places, Scenario, Submitter

Mutant = Callable[[pytest.MonkeyPatch], None]

A, B, C, D = (Submitter(key.upper(), key, 2) for key in "abcd")
SCENARIOS = {
    "three for two places": Scenario((A, B, C), ends=2, lost=1),
    "late copies": Scenario((A, B), before=(C, D), ends=2, copies=2),
    "ended jobs in a full set": Scenario((A._replace(name="A2"), C, D), before=(A, B), ended="a", ends=2),
    "one job three times": Scenario((A, A._replace(name="A2"), A._replace(name="A3")), ends=2, lost=1, copies=1),
    "a lower cap": Scenario((A._replace(name="A2", cap=1), C._replace(cap=1), D), before=(A, B), ended="a", ends=2),
    "jobs that are kept for ever": Scenario(
        (A._replace(retention=None), C), before=(B, D._replace(retention=None)), ended="b", ends=2, lost=1
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_order_exceeds_the_cap_or_loses_a_place(name: str) -> None:
    places = Places(SCENARIOS[name])

    found = explore(places.initial, places.steps)

    assert found.counterexample is None, str(found.counterexample)
    assert any(not any(state.flights) for state in found.states)


def _with_other_text(text: str, other: str) -> Mutant:
    """A set whose condition asks for something else."""
    update = quota._update

    def asking(*given: Any) -> dict[str, Any]:
        written = update(*given)
        return {**written, "ConditionExpression": written["ConditionExpression"].replace(text, other)}

    return lambda patch: patch.setattr(quota, "_update", asking)


def _write_no_name(patch: pytest.MonkeyPatch) -> None:
    update = quota._update

    def nameless(change: str, condition: str, values: dict[str, Any], seat: quota.Seat) -> dict[str, Any]:
        return update(change, condition, values, seat._replace(submission_id="nobody"))

    patch.setattr(quota, "_update", nameless)


def _taking_all_for(*, ended: bool) -> Mutant:
    return lambda patch: patch.setattr(quota, "_has_ended", lambda *_: ended)


def _forget_the_others(patch: pytest.MonkeyPatch) -> None:
    replacing = quota._replacing
    patch.setattr(quota, "_replacing", lambda _, seen, seat: replacing({seat.job_id}, seen, seat))


def _write_the_job_alone(patch: pytest.MonkeyPatch) -> None:
    transaction = quota._transaction

    def alone(*given: Any) -> Any:
        both = transaction(*given)
        return both._replace(parameters={"TransactItems": both.parameters["TransactItems"][:1]})

    patch.setattr(quota, "_transaction", alone)


MUTANTS: dict[str, tuple[str, Mutant]] = {
    "a set that is one larger than the cap": (
        "three for two places",
        _with_other_text("size(#active) < :most", "size(#active) <= :most"),
    ),
    "an ended job that comes back though the set is larger than the cap": (
        "a lower cap",
        _with_other_text("(size(#active) = :most AND contains(#active, :job))", "contains(#active, :job)"),
    ),
    "a set that is replaced whoever has written it since": (
        "ended jobs in a full set",
        _with_other_text("#last = :last", "#ttl <= :ttl"),
    ),
    "a set that does not show who has written it": ("ended jobs in a full set", _write_no_name),
    "ended jobs that keep their places": ("three for two places", _taking_all_for(ended=False)),
    "active jobs that lose their places": ("three for two places", _taking_all_for(ended=True)),
    "a new set that has the new job only": ("three for two places", _forget_the_others),
    "a job without a place": ("three for two places", _write_the_job_alone),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_checker_finds_what_is_broken(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    scenario, mutate = MUTANTS[name]
    mutate(monkeypatch)
    places = Places(SCENARIOS[scenario])

    assert explore(places.initial, places.steps).counterexample is not None
