"""Every term of every condition is needed: take one away, and some record is judged otherwise."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any, NamedTuple

import pytest

from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.plans import guard
from careervp_jobs_dal.plans.condition import Condition, compare, equal, is_present
from tests.conftest import Clock

Item = dict[str, Any]
NOW = Clock()()
SECOND = timedelta(seconds=1)
NOW_SECONDS = int(NOW.timestamp())
SOON = NOW_SECONDS + 100
STORED: Item = {
    "status": "PROCESSING",
    "attempt": Decimal(2),
    "claim_id": "claim-1",
    "lease_expires_at": "x",
    "submission_id": "submission-1",
    "active_shard": "queued-05",
    "due_at": "x",
}
COMPARISONS = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

CONDITIONS: dict[str, Condition] = {
    "not claimed as": guard.not_claimed_as("claim-1"),
    "due": guard.due(instant_text(NOW)),
    "earlier lease": guard.earlier_lease(instant_text(NOW)),
    "outlives": guard.outlives(SOON),
    "expires before": guard.expires_before(SOON),
    "not expired": guard.not_expired(NOW_SECONDS),
    "waiting": guard.waiting(),
    "attempts left": guard.attempts_left(3),
    "not asked to stop": guard.not_asked_to_stop(),
    "held by": guard.held_by(2, "claim-1"),
    "in work": guard.in_work(),
    "movable from": guard.movable_from(()),
    "as read": guard.as_read(STORED, ("status", "claim_id", "lease_expires_at")),
    "unchanged": guard.unchanged(STORED, "ttl", "lease_expires_at", "cancel_requested_at"),
    "unchanged, on the index": guard.unchanged(STORED, "active_shard", "due_at"),
    "unchanged, never claimed": guard.unchanged({"status": "PENDING"}),
}

VALUES: dict[str, list[Any]] = {
    "job_id": ["vpr-1"],
    "status": ["PENDING", "PROCESSING", "FAILED"],
    "attempt": [None, Decimal(1), Decimal(2), Decimal(3), "2"],
    "max_attempts": [None, Decimal(2), Decimal(9), "9"],
    "claim_id": [None, "claim-1", "claim-2"],
    "lease_expires_at": [None, instant_text(NOW - SECOND), instant_text(NOW), "x"],
}
OTHERS: list[Item] = [
    {"ttl": ttl} for ttl in (Decimal(1), Decimal(NOW_SECONDS), Decimal(SOON - 1), Decimal(SOON), "text")
]
OTHERS += [{}, {"cancel_requested_at": "x"}, {"submission_id": "submission-1"}]
OTHERS += [
    {"submission_id": "submission-1", "available_at": at} for at in (instant_text(NOW), instant_text(NOW + SECOND))
]
ON_INDEX = {"submission_id": "submission-1", "active_shard": "queued-05", "due_at": "x"}
OTHERS += [ON_INDEX, {**ON_INDEX, "due_at": "y"}, {**ON_INDEX, "active_shard": "timing-05"}]
OTHERS += [{**ON_INDEX, "available_at": "x"}, {**ON_INDEX, "submission_id": "submission-2"}]
OTHERS += [{"submission_id": "submission-1", "ttl": Decimal(1)}]
OTHERS += [{"submission_id": "submission-1", "cancel_requested_at": "x"}, {"available_at": instant_text(NOW)}]


def records() -> Iterator[Item]:
    """No record, and every mixture of the values that a condition can tell apart."""
    yield {}
    for values in product(*VALUES.values()):
        item = {name: value for name, value in zip(VALUES, values, strict=True) if value is not None}
        yield from ({**item, **other} for other in OTHERS)


RECORDS = list(records())


class Term(NamedTuple):
    """One comparison, or one question about an attribute."""

    text: str
    name: str
    sign: str
    operand: Any


class Joint(NamedTuple):
    """Two conditions joined, or one negated."""

    sign: str
    parts: tuple[Any, ...]


def tree_of(asked: Condition) -> Any:
    """The condition as a tree; every AND, OR and NOT stands in brackets."""
    values = iter(asked.values)
    return _parsed(re.findall(r"attribute_\w+\([^)]*\)|#\w+ \S+ (?:#\w+|{})|AND|OR|NOT|[()]", asked.text), values)


def _parsed(tokens: list[str], values: Iterator[Any]) -> Any:
    token = tokens.pop(0)
    if token != "(":
        return _term(token, values)
    if tokens[0] == "NOT":
        tokens.pop(0)
        joint = Joint("NOT", (_parsed(tokens, values),))
    else:
        left, sign, right = _parsed(tokens, values), tokens.pop(0), _parsed(tokens, values)
        joint = Joint(sign, (left, right))
    assert tokens.pop(0) == ")"
    return joint


def _term(text: str, values: Iterator[Any]) -> Term:
    operand = next(values) if "{}" in text else None
    if text.startswith("attribute_"):
        sign, _, name = text.partition("(#")
        return Term(text, name.rstrip(")").partition(",")[0], sign, operand)
    name, sign, other = text.removeprefix("#").split(" ")
    return Term(text, name, sign, other.removeprefix("#") if operand is None else operand)


def holds(tree: Any, item: Item) -> bool:
    """Evaluate a condition from left to right, as the strictest engine does.

    What is missing compares as false, and so does another type in DynamoDB; here it raises TypeError, because an
    emulator does, and the conditions promise not to ask.
    """
    if isinstance(tree, bool):
        return tree
    if isinstance(tree, Joint):
        if tree.sign == "NOT":
            return not holds(tree.parts[0], item)
        return (all if tree.sign == "AND" else any)(holds(part, item) for part in tree.parts)
    if tree.sign == "attribute_not_exists":
        return tree.name not in item
    if tree.sign == "attribute_exists":
        return tree.name in item
    left = item.get(tree.name)
    if tree.sign == "attribute_type":
        return tree.operand == "N" and isinstance(left, Decimal)
    right = tree.operand if "{}" in tree.text else item.get(tree.operand)
    right = Decimal(right) if isinstance(right, int) else right
    return left is not None and right is not None and bool(COMPARISONS[tree.sign](left, right))


def verdict(tree: Any, item: Item) -> bool | None:
    """What the condition says of a record; None where it cannot be evaluated."""
    try:
        return holds(tree, item)
    except TypeError:
        return None


def without_each_term(tree: Any) -> Iterator[tuple[str, Any]]:
    """The condition with one term after the other taken out: true within an AND, false within an OR."""
    if isinstance(tree, Term):
        yield tree.text, True
        return
    for place, part in enumerate(tree.parts):
        for label, inner in without_each_term(part):
            if tree.sign != "NOT" and isinstance(inner, bool):
                inner = tree.sign == "AND"
            yield label, tree._replace(parts=(*tree.parts[:place], inner, *tree.parts[place + 1 :]))
        if isinstance(part, Joint) and tree.sign != "NOT":
            yield part.sign, tree._replace(parts=(*tree.parts[:place], tree.sign == "AND", *tree.parts[place + 1 :]))


TREES = {name: tree_of(asked) for name, asked in CONDITIONS.items()}
TERMS = [
    pytest.param(tree, mutant, id=f"{name}: {number} {label}")
    for name, tree in TREES.items()
    for number, (label, mutant) in enumerate(without_each_term(tree))
]


@pytest.mark.parametrize(("tree", "mutant"), TERMS)
def test_a_condition_without_one_of_its_terms_judges_some_record_otherwise(tree: Any, mutant: Any) -> None:
    assert any(verdict(tree, item) != verdict(mutant, item) for item in RECORDS)


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_a_condition_can_be_evaluated_for_every_record(tree: Any) -> None:
    compared = {"expires before", "not expired"}  # sent only where the ttl was seen to be a number

    for item in RECORDS:
        assert verdict(tree, item) is not None or tree in [TREES[name] for name in compared]


def test_every_condition_there_is_stands_here() -> None:
    names = {name for name, value in vars(guard).items() if callable(value) and value.__module__ == guard.__name__}
    tested = {name.replace(" ", "_").partition(",")[0] for name in CONDITIONS}

    assert names == tested


def test_the_terms_can_be_told_apart_at_all() -> None:
    tree = tree_of(equal("status", "PENDING") & is_present("status"))
    lower = tree_of(Condition("#attempt < #max_attempts"))

    assert [label for label, _ in without_each_term(tree)] == ["#status = {}", "attribute_exists(#status)"]
    assert holds(lower, {"attempt": Decimal(1), "max_attempts": Decimal(2)})
    assert verdict(tree_of(compare("attempt", "<", 5)), {"attempt": "1"}) is None
