"""Workers are killed at any moment while jobs flow; every job still comes to one end, written by its last claim."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from random import Random
from typing import Any

from careervp_jobs_dal import JobsRepository, ResultCode
from tests.races.crashing import FLAKY_ATTEMPTS, Claimed, Foreman
from tests.races.message_queue import Delivery, MessageQueue
from tests.races.processes import Settings

WORKERS = 4
KILLS = 12
MAX_ATTEMPTS = 4
KINDS = {"good": 50, "flaky": 8, "permanent": 8, "never": 3, "long": 2, "overdue": 2}
JOBS = sum(KINDS.values())
INVISIBLE_SECONDS = (0.5, 1.2)
SECONDS_BETWEEN_JOBS = 0.02
PATIENCE_SECONDS = 45

Record = Mapping[str, Any]


def run(repository: JobsRepository, foreman: Foreman, queue: MessageQueue, random: Random) -> None:
    """Submit every job, some of them twice, and let the workers work until the queue is empty."""
    kinds = [kind for kind, count in KINDS.items() for _ in range(count)]
    random.shuffle(kinds)
    coming = [*enumerate(kinds), *random.sample([*enumerate(kinds)], JOBS // 10)]
    started = time.monotonic()
    while coming or queue or foreman.kills < KILLS:
        if coming and time.monotonic() - started > SECONDS_BETWEEN_JOBS * (JOBS - len(coming)):
            number, kind = coming.pop(0)
            submit(repository, queue, number, kind)
        foreman.turn()
        assert time.monotonic() - started < PATIENCE_SECONDS, f"{len(queue)} messages are stuck"


def submit(repository: JobsRepository, queue: MessageQueue, number: int, kind: str) -> None:
    submission = repository.submit_job(f"key-{number}", {"kind": kind}, max_attempts=MAX_ATTEMPTS).unwrap()
    if submission.should_enqueue:
        queue.send(submission.job_id)


def test_no_job_is_lost_or_done_twice(repository: JobsRepository, settings: Settings, seed: int) -> None:
    random = Random(seed)
    queue = MessageQueue(random, INVISIBLE_SECONDS)
    foreman = Foreman(queue, settings, repository.table_name, random, random.sample(range(JOBS), KILLS))
    foreman.take_on(WORKERS)
    try:
        run(repository, foreman, queue, random)
    finally:
        foreman.stop()

    records = repository.table.scan(ConsistentRead=True)["Items"]
    assert len(records) == JOBS
    assert foreman.kills == KILLS
    ends = Counter(said.delivery.job_id for said in foreman.handled if said.code is ResultCode.SUCCESS)
    assert set(ends.values()) == {1}
    claims = claims_by_job(foreman.claims)
    for job_id in (str(record["job_id"]) for record in records):
        record = repository.find_job(job_id).unwrap()
        check_end(record)
        check_attempts(record, claims[job_id], foreman.deaths[job_id])


def claims_by_job(claims: list[Claimed]) -> Mapping[str, list[Claimed]]:
    found: defaultdict[str, list[Claimed]] = defaultdict(list)
    for claim in claims:
        found[claim.job_id].append(claim)
    return found


def check_end(record: Record) -> None:
    """The one that its kind leads to, unless the attempts were used up by workers who died."""
    kind = record["input_data"]["kind"]
    assert record["attempt"] <= MAX_ATTEMPTS, record
    if record["status"] == "COMPLETED":
        assert kind not in ("permanent", "never"), record
        assert record["result_of"] == record["claim_id"], record
        assert record["attempt"] > FLAKY_ATTEMPTS or kind != "flaky", record
    else:
        assert record["status"] == "FAILED", record
        assert kind == "permanent" or record["attempt"] == MAX_ATTEMPTS, record
        assert "result_of" not in record, record


def check_attempts(record: Record, claims: list[Claimed], deaths: int) -> None:
    """Each was one claim; only a worker who died with the job can have claimed it and not said so."""
    attempts = Counter(claim.attempt for claim in claims)
    assert set(attempts.values()) <= {1}, (record, claims)
    assert len({claim.claim_id for claim in claims}) == len(claims), (record, claims)
    silent = set(range(1, record["attempt"] + 1)) - attempts.keys()
    assert attempts.keys() <= set(range(1, record["attempt"] + 1)), (record, claims)
    assert len(silent) <= deaths, (record, claims)
    if record["attempt"] in attempts:
        (last,) = [claim for claim in claims if claim.attempt == record["attempt"]]
        assert last.claim_id == record["claim_id"], (record, claims)


def test_a_message_comes_back_until_its_newest_receipt_deletes_it() -> None:
    now = 0.0
    queue = MessageQueue(Random(1), (5.0, 5.0), lambda: now)
    queue.send("vpr-1")

    first = queue.receive()
    assert queue.receive() is None
    now = 5.0
    second = queue.receive()
    assert first == Delivery(0, 0, "vpr-1")
    assert second == Delivery(0, 1, "vpr-1")

    queue.delete(first)
    assert len(queue) == 1
    queue.delete(second)
    assert len(queue) == 0
