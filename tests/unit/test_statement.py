"""A statement is written once, and each call fills in its own values."""

from __future__ import annotations

from boto3.dynamodb.conditions import Attr

from careervp_jobs_dal import UpdateExpression
from careervp_jobs_dal.statement import Given, Statement


def test_it_is_what_the_expression_writes() -> None:
    update = UpdateExpression().set("status", Given("status")).increment("attempt").remove("error")
    statement = Statement(update.when(Attr("ttl").gte(Given("seconds")) & Attr("status").eq("PENDING")))
    plain = UpdateExpression().set("status", "FAILED").increment("attempt").remove("error")

    filled = statement.filled({"status": "FAILED", "seconds": 7})

    assert filled == plain.when(Attr("ttl").gte(7) & Attr("status").eq("PENDING")).to_kwargs()


def test_calls_share_nothing_that_they_could_change() -> None:
    statement = Statement(Attr("ttl").gte(Given("seconds")))
    first = statement.filled({"seconds": 1})
    first["ConditionExpression"] = "changed"
    first["ExpressionAttributeValues"].clear()

    assert statement.filled({"seconds": 2})["ExpressionAttributeValues"] == {":v0": 2}
    assert statement.filled({"seconds": 2})["ConditionExpression"] == "#n0 >= :v0"


def test_a_statement_without_values_has_none() -> None:
    assert "ExpressionAttributeValues" not in Statement(UpdateExpression().remove("error")).filled({})
