"""What follows from four calls by hand - get, find, create and move - and their expressions, as text."""

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.records import ENDING, POLLS, STARTED, Record

NOT_THERE = "attribute_not_exists(job_id)"
BY_KEY = "idempotency_key = :key"
UNFINISHED = ("PENDING", "PROCESSING")
POOL = 50


class ByHand:
    """Jobs in a table; who lacks a method takes no part in its work."""

    get: Callable[[str], Any]
    """Read a job, strongly consistent."""
    find: Callable[[str], Any]
    """Find a job through the index, by its idempotency key."""
    create: Callable[[Record], Any]
    """Write a job that is not there yet, its request as a Map."""
    move: Callable[[str, Sequence[str], str, Record], Any]
    """Change a job's status from one of several to another, set fields, and return the new record."""

    def plain(self, answer: Any) -> Record:
        """Turn an answer into a plain dict, to compare it; not timed."""
        return dict(answer)

    def update(self, job_id: str) -> Any:
        """Set an unfinished job's status and two fields, and return the record."""
        return self.move(job_id, UNFINISHED, "PROCESSING", ENDING)

    def submit(self, job: Record) -> Any:
        """Write a job that is not there yet, in the contender's own best form."""
        return self.create(job)

    def life(self, job: Record) -> Any:
        """Live a whole life, without the query that usually precedes a submission."""
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


def expressions(sources: Sequence[str], target: str, fields: Record) -> tuple[str, str, dict[str, str], Record]:
    """Write an update, its condition, their names and their values."""
    new = {"status": target, **fields}
    update = "SET " + ", ".join(f"#{name} = :{name}" for name in new)
    condition = f"#status IN ({', '.join(f':source{number}' for number in range(len(sources)))})"
    values = {f":{name}": value for name, value in new.items()}
    values.update((f":source{number}", source) for number, source in enumerate(sources))
    return update, condition, {f"#{name}": name for name in new}, values
