"""What must hold of every table, whatever was called: judged from its records alone, without the reference."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from careervp_jobs_dal import Submission
from careervp_jobs_dal.job.index import UNFINISHED, Wait, active_shard
from careervp_jobs_dal.job.status import JobStatus
from tests.machine.store import Record

FINISHED = ("COMPLETED", "FAILED")


class Ledger:
    """The records as they were last seen, and every id there ever was."""

    def __init__(self) -> None:
        self._last: dict[str, Record] = {}
        self._ids: set[str] = set()
        self._lives_created: Counter[str] = Counter()

    def is_fresh(self, *ids: str | None) -> bool:
        return self._ids.isdisjoint(ids)

    def observe(self, records: dict[str, Record], now: datetime) -> None:
        """Compare with what was seen last: call it after every call."""
        for job_id, record in records.items():
            earlier = self._last.get(job_id)
            if earlier is None or earlier.get("submission_id") != record.get("submission_id"):
                self._observe_birth(earlier, record, now)
            else:
                self._observe_life(earlier, record)
            _check_index(record)
            self._ids |= {record[name] for name in ("submission_id", "claim_id") if name in record}
        keys = Counter((record.get("user_id"), record["idempotency_key"]) for record in records.values())
        assert not keys or max(keys.values()) == 1, f"One key has two jobs: {keys}"
        assert self._last.keys() <= records.keys(), "A job has vanished"
        self._last = records

    def forget(self, job_id: str) -> None:
        """The time to live has deleted it."""
        del self._last[job_id]

    def note(self, submission: Submission) -> None:
        """Of all the submissions that find one life of a job, at most one may say that it began it."""
        if submission.created:
            life = submission.job["submission_id"]
            self._lives_created[life] += 1
            assert self._lives_created[life] == 1, f"{submission} was created twice"

    def _observe_birth(self, earlier: Record | None, record: Record, now: datetime) -> None:
        assert self.is_fresh(record.get("submission_id")), "An earlier submission came back"
        assert "attempt" not in record, "A new job has an attempt behind it"
        if earlier is not None:
            over = earlier["status"] == "FAILED" or earlier.get("ttl", float("inf")) <= now.timestamp()
            assert over, f"A live job was replaced: {earlier}"

    def _observe_life(self, earlier: Record, record: Record) -> None:
        step = record.get("attempt", 0) - earlier.get("attempt", 0)
        released = step == -1 and record["status"] == "PENDING"
        assert released or step in (0, 1), f"The attempt went from {earlier.get('attempt')} to {record.get('attempt')}"
        if step > 0:
            assert self.is_fresh(record["claim_id"]), "A claim has the id of an earlier one"
        else:
            assert record.get("claim_id") == earlier.get("claim_id"), "The claim changed without an attempt"
        if earlier["status"] in FINISHED:
            assert record == earlier, f"A finished job changed: {earlier} became {record}"


def _check_index(record: Record) -> None:
    """A FAILED job is among the failed ones of the active index, a COMPLETED one is nowhere on it.

    One that was submitted is among the others while it is unfinished; one of old from its first claim.
    """
    shard = record.get("active_shard")
    waits = {JobStatus.COMPLETED: (), JobStatus.FAILED: (Wait.FAILED,)}.get(record["status"], UNFINISHED)
    possible: set[str | None] = {active_shard(record["job_id"], wait) for wait in waits}
    if not possible or (record["status"] not in FINISHED and "submission_id" not in record):
        possible.add(None)
    assert shard in possible, f"In a wrong place on the active index, or in none: {record['job_id']}"
    assert ("due_at" in record) is (shard is not None), f"Half of a place: {record['job_id']}"
