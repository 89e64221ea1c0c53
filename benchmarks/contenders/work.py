"""What a contender can do, and the lives of a job that are made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from benchmarks.records import ENDING, POLLS

if TYPE_CHECKING:
    from collections.abc import Sequence

Record = dict[str, Any]

STARTED = {"started_at": "2026-02-03T13:05:34.250000Z"}
UNFINISHED = ("PENDING", "PROCESSING")


class Jobs(Protocol):
    """Jobs in a table. A contender that lacks one of the methods takes no part where it is needed."""

    def get(self, job_id: str) -> Any:
        """Read a job, strongly consistent."""

    def update(self, job_id: str) -> Any:
        """Set the status of an unfinished job and two fields, and return the new record."""

    def create(self, job: Record) -> Any:
        """Write a job that is not there yet, its request as a Map."""

    def submit(self, job: Record) -> Any:
        """Write a job that is not there yet, in the contender's own best form."""

    def life(self, job: Record) -> Any:
        """A job's whole life; the answer is that of the last poll."""

    def once(self, job: Record) -> Any:
        """Submit, submit again and be told so, complete; the answer is the finished record."""

    def plain(self, answer: Any) -> Record:
        """An answer as a plain dict, to be compared with what it should be; not timed."""


class Primitives(Protocol):
    """What a life by hand is made of."""

    def create(self, job: Record) -> Any:
        """As in `Jobs`."""

    def find(self, idempotency_key: str) -> Any:
        """Find a job through the index."""

    def get(self, job_id: str) -> Any:
        """As in `Jobs`."""

    def move(self, job_id: str, sources: Sequence[str], target: str, fields: Record) -> Any:
        """Change the status from one of `sources`, set fields, and return the new record."""


class ByHand:
    """What follows from the primitives."""

    def update(self: Primitives, job_id: str) -> Any:
        return self.move(job_id, UNFINISHED, "PROCESSING", ENDING)

    def submit(self: Primitives, job: Record) -> Any:
        return self.create(job)

    def life(self: Primitives, job: Record) -> Any:
        """The first submission is spared the query that usually goes before it."""
        job_id = job["job_id"]
        self.create(job)
        if not self.find(job["idempotency_key"]):
            raise RuntimeError("The duplicate was not noticed")
        self.get(job_id)
        self.move(job_id, ["PENDING"], "PROCESSING", STARTED)
        answer = self.move(job_id, ["PROCESSING"], "COMPLETED", ENDING)
        for _ in range(POLLS):
            answer = self.get(job_id)
        return answer
