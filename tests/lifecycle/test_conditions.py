"""Every term of every condition is needed: take one away, and some record is judged otherwise."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from boto3.dynamodb.conditions import And, Attr, AttributeBase, ConditionBase, Not, Or

from careervp_jobs_dal import condition
from careervp_jobs_dal.values import instant_text
from tests.conftest import Clock

Item = dict[str, Any]
NOW = Clock()()
SECOND = timedelta(seconds=1)
NOW_SECONDS = int(NOW.timestamp())
SOON = NOW_SECONDS + 100
STORED: Item = {"status": "PROCESSING", "attempt": Decimal(2), "claim_id": "claim-1", "lease_expires_at": "x"}
COMPARISONS = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

CONDITIONS: dict[str, ConditionBase] = {
    "vacant": condition.vacant(NOW_SECONDS, replace_failed=False),
    "vacant or failed": condition.vacant(NOW_SECONDS, replace_failed=True),
    "not submitted as": condition.not_submitted_as("submission-1"),
    "outlives": condition.outlives(SOON),
    "expires before": condition.expires_before(SOON),
    "not expired": condition.not_expired(NOW_SECONDS),
    "available": condition.available(condition.latest_lapse(NOW), adopt_unleased=False),
    "available or unleased": condition.available(condition.latest_lapse(NOW), adopt_unleased=True),
    "attempts left": condition.attempts_left(3),
    "not asked to stop": condition.not_asked_to_stop(),
    "held by": condition.held_by(2, "claim-1"),
    "owned by": condition.owned_by("user-1"),
    "in work": condition.in_work(),
    "has failed": condition.has_failed(),
    "as read": condition.as_read(STORED, ("status", "claim_id", "lease_expires_at")),
    "unchanged": condition.unchanged(STORED),
    "unchanged, never claimed": condition.unchanged({"status": "PENDING"}),
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
OTHERS += [{}, {"cancel_requested_at": "x"}, {"user_id": "user-1"}, {"submission_id": "submission-1"}]


def records() -> Iterator[Item]:
    """No record, and every mixture of the values that a condition can tell apart."""
    yield {}
    for values in product(*VALUES.values()):
        item = {name: value for name, value in zip(VALUES, values, strict=True) if value is not None}
        yield from ({**item, **other} for other in OTHERS)


RECORDS = list(records())


def value_of(operand: Any, item: Item) -> Any:
    return item.get(operand.name) if isinstance(operand, AttributeBase) else operand


def holds(tree: Any, item: Item) -> bool:
    """Evaluate a condition of boto3 from left to right, as the strictest engine does.

    What is missing compares as false, and so does another type in DynamoDB; here it raises TypeError, because an
    emulator does, and the conditions promise not to ask.
    """
    if isinstance(tree, bool):
        return tree
    expression = tree.get_expression()
    operands, name = expression["values"], expression["operator"]
    if name == "AND":
        return all(holds(operand, item) for operand in operands)
    if name == "OR":
        return any(holds(operand, item) for operand in operands)
    if name == "NOT":
        return not holds(operands[0], item)
    if name == "attribute_not_exists":
        return operands[0].name not in item
    left, right = (value_of(operand, item) for operand in operands)
    if name == "attribute_type":
        return right == "N" and isinstance(left, Decimal)
    right = Decimal(right) if isinstance(right, int) else right
    return left is not None and right is not None and bool(COMPARISONS[name](left, right))


def verdict(tree: Any, item: Item) -> bool | None:
    """What the condition says of a record; None where it cannot be evaluated."""
    try:
        return holds(tree, item)
    except TypeError:
        return None


def without_each_term(tree: ConditionBase) -> Iterator[tuple[str, Any]]:
    """The condition with one term after the other taken out: true within an AND, false within an OR."""
    expression = tree.get_expression()
    operands, name = expression["values"], expression["operator"]
    if name == "NOT":
        yield from ((label, Not(inner)) for label, inner in without_each_term(operands[0]))
    elif name in ("AND", "OR"):
        kind: Callable[..., ConditionBase] = And if name == "AND" else Or
        for place, operand in enumerate(operands):
            for label, inner in without_each_term(operand):
                left, right = (inner if place == 0 else operands[0]), (inner if place == 1 else operands[1])
                yield label, kind(left, right)
            yield described(operand), kind(*(name == "AND" if n == place else o for n, o in enumerate(operands)))
    else:
        yield described(tree), True


def described(tree: Any) -> str:
    expression = tree.get_expression()
    shown = (getattr(operand, "name", None) or type(operand).__name__ for operand in expression["values"])
    return f"{expression['operator']} {' '.join(shown)}"


TERMS = [
    pytest.param(tree, mutant, id=f"{name}: {number} {label}")
    for name, tree in CONDITIONS.items()
    for number, (label, mutant) in enumerate(without_each_term(tree))
]


@pytest.mark.parametrize(("tree", "mutant"), TERMS)
def test_a_condition_without_one_of_its_terms_judges_some_record_otherwise(tree: ConditionBase, mutant: Any) -> None:
    assert any(verdict(tree, item) != verdict(mutant, item) for item in RECORDS)


@pytest.mark.parametrize("tree", CONDITIONS.values(), ids=CONDITIONS)
def test_a_condition_can_be_evaluated_for_every_record(tree: ConditionBase) -> None:
    compared = {"expires before", "not expired"}  # sent only where the ttl was seen to be a number

    for item in RECORDS:
        assert verdict(tree, item) is not None or tree in [CONDITIONS[name] for name in compared]


def test_every_condition_there_is_stands_here() -> None:
    names = {
        name for name, value in vars(condition).items() if callable(value) and value.__module__ == condition.__name__
    }
    tested = {name.replace(" ", "_").partition(",")[0].partition("_or_")[0] for name in CONDITIONS}

    assert names - {"_attr", "_is_number", "latest_lapse"} == tested | {"expired", "unheld"}


def test_the_terms_can_be_told_apart_at_all() -> None:
    tree = Attr("status").eq("PENDING") & Attr("status").exists()

    assert len(list(without_each_term(tree))) == 4
    assert holds(Attr("attempt").lt(Attr("max_attempts")), {"attempt": Decimal(1), "max_attempts": Decimal(2)})
    assert verdict(Attr("attempt").lt(5), {"attempt": "1"}) is None
