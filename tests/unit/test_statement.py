"""A statement is written once, and each call fills in its own values."""

from __future__ import annotations

from careervp_jobs_dal import UpdateExpression
from careervp_jobs_dal.plans.condition import compare, equal, is_absent
from careervp_jobs_dal.plans.statement import Given, Statement, conditional

BELOW = compare("ttl", "<", Given("seconds"))


def test_a_statement_is_written_as_the_update_and_the_condition_are() -> None:
    update = UpdateExpression().set("status", Given("status")).increment("attempt").remove("error")
    plain = UpdateExpression().set("status", "FAILED").increment("attempt").remove("error")

    filled = Statement.of(update, BELOW & equal("status", "PENDING")).filled({"status": "FAILED", "seconds": 7})

    assert filled == conditional(plain, compare("ttl", "<", 7) & equal("status", "PENDING"))


def test_calls_share_nothing_that_they_could_change() -> None:
    statement = Statement(BELOW.to_kwargs())
    first = statement.filled({"seconds": 1})
    first["ConditionExpression"] = "changed"
    first["ExpressionAttributeValues"].clear()

    assert statement.filled({"seconds": 2})["ExpressionAttributeValues"] == {":v0": 2}
    assert statement.filled({"seconds": 2})["ConditionExpression"] == "#ttl < :v0"


def test_a_statement_without_values_has_none() -> None:
    statement = Statement.of(UpdateExpression().remove("error"), is_absent("ttl"))

    assert "ExpressionAttributeValues" not in statement.filled({})


def test_an_attribute_that_is_called_like_a_value_of_a_condition_is_kept_apart() -> None:
    written = conditional(UpdateExpression().set("v0", "mine"), equal("status", "PENDING"))

    assert written["ExpressionAttributeValues"] == {":x1": "mine", ":v0": "PENDING"}
