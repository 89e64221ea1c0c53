"""Both ways send a transaction alike, and read the reasons of its cancellation alike."""

from __future__ import annotations

from typing import Any

import pytest

from careervp_jobs_dal.plans.quota import quota_key
from tests.conftest import CANARY
from tests.faults import needs_before_parse
from tests.transport.conftest import Make
from tests.transport.server import JOB, Server, answer, error

CANCELLED = "TransactionCanceledException"
ITEM = {"job_id": {"S": quota_key("user-1", None)}, "active_jobs": {"SS": ["vpr-8"]}, "submission_id": {"S": "s"}}
ACTIVE = {"Responses": {"jobs": [{**JOB, "job_id": {"S": "vpr-8"}}]}, "UnprocessedKeys": {}}


def submit(make: Make) -> Any:
    return make(max_active_per_user=1, id_secret=None).submit_job("key", {"text": "..."}, user_id="user-1")


def test_a_transaction_has_the_job_and_the_seat(server: Server, make: Make) -> None:
    server.plan(answer(200, {}))

    submitted = submit(make).unwrap()

    assert submitted.created
    (sent,) = server.sent
    put, update = (write for each in sent.body["TransactItems"] for write in each.values())
    assert put["Item"]["job_id"] == {"S": submitted.job_id}
    assert update["Key"] == {"job_id": ITEM["job_id"]}
    assert update["ExpressionAttributeValues"][":one"] == {"SS": [submitted.job_id]}
    assert put["TableName"] == update["TableName"] == "jobs"


def test_a_full_set_is_read_from_the_reasons(server: Server, make: Make) -> None:
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": CANARY, "Item": ITEM}]
    server.plan(error(CANCELLED, CancellationReasons=reasons), answer(200, ACTIVE))

    refused = submit(make)

    assert (refused.code, len(server.sent)) == ("TOO_MANY_ACTIVE_JOBS", 2)


def test_a_throttled_transaction_is_sent_again(server: Server, make: Make) -> None:
    reasons = [{"Code": "ThrottlingError"}, {"Code": "None"}]
    server.plan(error(CANCELLED, CancellationReasons=reasons), answer(200, {}))

    assert submit(make).unwrap().created


@needs_before_parse  # a botocore without it fails to read them, and the write is in doubt
@pytest.mark.parametrize("reasons", [CANARY, [CANARY]])
def test_reasons_of_another_form_are_none(server: Server, make: Make, reasons: Any) -> None:
    server.plan(error(CANCELLED, CancellationReasons=reasons), answer(200, {}))

    assert submit(make).unwrap().created


def test_a_cancellation_without_reasons_is_sent_again(server: Server, make: Make) -> None:
    server.plan(error(CANCELLED, CancellationReasons=None), answer(200, {}))

    assert submit(make).unwrap().created


def test_a_reason_with_another_item_is_no_answer(server: Server, make: Make) -> None:
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": {**ITEM, "job_id": {"S": "vpr-9"}}}]
    server.plan(error(CANCELLED, CancellationReasons=reasons))

    assert submit(make).code == "UNAVAILABLE"
