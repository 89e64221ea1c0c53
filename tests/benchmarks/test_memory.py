"""The stub answers as DynamoDB would, as far as the contenders ask."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from benchmarks.stub import KEPT, REFUSED, Memory, _Connection

JOB = {"job_id": {"S": "vpr-1"}, "idempotency_key": {"S": "key-1"}, "status": {"S": "PENDING"}, "attempt": {"N": "1"}}


@pytest.fixture
def memory() -> Memory:
    return Memory([JOB])


def read(memory: Memory, job_id: str = "vpr-1", **more: Any) -> Any:
    return memory.answer("GetItem", {"Key": {"job_id": {"S": job_id}}, **more})[1].get("Item")


def test_a_conditional_put_of_a_job_that_is_there_is_refused_with_the_job(memory: Memory) -> None:
    body = {"Item": {**JOB, "status": {"S": "new"}}, "ConditionExpression": "attribute_not_exists(job_id)"}
    status, content = memory.answer("PutItem", {**body, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"})
    assert (status, content["__type"], content["Item"]) == (400, REFUSED, JOB)
    assert "Item" not in memory.answer("PutItem", body)[1]
    assert read(memory) == JOB


def test_a_new_job_is_kept_and_found_by_its_key(memory: Memory) -> None:
    new = {**JOB, "job_id": {"S": "vpr-2"}, "idempotency_key": {"S": "key-2"}}
    assert memory.answer("PutItem", {"Item": new, "ConditionExpression": "attribute_not_exists(job_id)"}) == (200, {})
    found = memory.answer("Query", {"ExpressionAttributeValues": {":key": {"S": "key-2"}}})[1]
    assert found == {"Count": 1, "Items": [new], "ScannedCount": 1}
    assert read(memory, "vpr-3") is None


@pytest.mark.parametrize(
    ("expression", "name", "expected"),
    [
        ("SET #a = :text, b = :number", "a", {"S": "x"}),
        ("SET #a = :text, b = :number", "b", {"N": "2"}),
        ("SET attempt = attempt + :number REMOVE #a", "attempt", {"N": "3"}),
        ("SET attempt = if_not_exists(attempt, :zero) + :number", "attempt", {"N": "3"}),
        ("SET other = if_not_exists(other, :zero) + :number", "other", {"N": "2"}),
        ("SET #s = if_not_exists(#s, :text)", "status", {"S": "PENDING"}),
        ("ADD attempt :number", "attempt", {"N": "3"}),
        ("REMOVE #s, attempt", "status", None),
    ],
)
def test_an_update_sets_adds_and_removes(memory: Memory, expression: str, name: str, expected: Any) -> None:
    body = {
        "Key": {"job_id": {"S": "vpr-1"}},
        "UpdateExpression": expression,
        "ExpressionAttributeNames": {"#a": "a", "#s": "status"},
        "ExpressionAttributeValues": {":text": {"S": "x"}, ":number": {"N": "2"}, ":zero": {"N": "0"}},
        "ReturnValues": "ALL_NEW",
    }
    assert memory.answer("UpdateItem", body)[1]["Attributes"].get(name) == expected
    assert read(memory).get(name) == expected


def test_a_projected_read_gives_what_was_asked_for(memory: Memory) -> None:
    asked: dict[str, Any] = {
        "ProjectionExpression": "job_id, #s, nothing",
        "ExpressionAttributeNames": {"#s": "status"},
    }
    assert read(memory, **asked) == {"job_id": {"S": "vpr-1"}, "status": {"S": "PENDING"}}


def test_the_oldest_new_job_goes_when_there_are_many_and_the_first_ones_stay(memory: Memory) -> None:
    for number in range(KEPT + 1):
        memory.answer("PutItem", {"Item": {"job_id": {"S": str(number)}, "idempotency_key": {"S": str(number)}}})
    assert read(memory, "0") is None
    assert read(memory, "1")
    assert read(memory)


def test_what_it_does_not_know_is_an_error(memory: Memory) -> None:
    assert memory.answer("DescribeTable", {})[0] == 400


def request(job_id: str) -> bytes:
    body = json.dumps({"TableName": "jobs", "Key": {"job_id": {"S": job_id}}}).encode()
    head = f"POST / HTTP/1.1\r\nx-amz-target: DynamoDB_20120810.GetItem\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def test_requests_are_answered_once_they_are_there_in_full_and_until_the_client_goes(memory: Memory) -> None:
    client, server = socket.socketpair()
    client.settimeout(5)
    connection = _Connection(server, memory)
    with client:
        sent = request("vpr-1") + request("vpr-2") + request("vpr-1")
        client.sendall(sent[:-1])
        assert connection.serve()
        first = client.recv(65_536)
        assert (first.count(b"HTTP/1.1 200"), first.count(b'"Item"')) == (2, 1)
        client.sendall(sent[-1:])
        assert connection.serve()
        assert b'"Item"' in client.recv(65_536)
    assert not connection.serve()
    assert server.fileno() == -1
