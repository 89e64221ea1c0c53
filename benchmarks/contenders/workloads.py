"""The pieces of work: what each is given, and whether an answer is right."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from benchmarks.records import DEEP_ID, ENDING, SMALL_ID, UPDATED_ID, deep_record, new_record, record, small_record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.contenders.work import Jobs

Record = dict[str, Any]


@dataclass(frozen=True)
class Workload:
    """One kind of work.

    `argument` makes what one call is given, outside of the time that is taken; `expected` says what the answer to it
    must hold, and `stored` what a read must show afterwards.
    """

    method: str
    argument: Callable[[], Any]
    expected: Callable[[Any], Record]
    stored: Callable[[Any], Record] | None = None


def _finished(_: Record) -> Record:
    return {"status": "COMPLETED"}


def _same(job: Record) -> Record:
    return job


def _payload(job: Record) -> Record:
    return {name: job[name] for name in ("idempotency_key", "user_id", "input_data")}


def _ended(job: Record) -> Record:
    return {**_payload(job), "status": "COMPLETED", **ENDING}


WORKLOADS: dict[str, Workload] = {
    "get small": Workload("get", lambda: SMALL_ID, lambda _: small_record()),
    "get deep": Workload("get", lambda: DEEP_ID, lambda _: deep_record()),
    "update": Workload("update", lambda: UPDATED_ID, lambda job_id: {**record(job_id), **ENDING}),
    "create": Workload("create", new_record, _same, _same),
    "submit": Workload("submit", new_record, _payload, _payload),
    "once": Workload("once", new_record, _finished),
    "life": Workload("life", new_record, _finished, _ended),
}


def verify(jobs: Jobs, name: str) -> str | None:
    """Do a piece of work once, and say what is wrong with the answer or with what is stored; None where nothing is."""
    workload = WORKLOADS[name]
    argument = workload.argument()
    answer = jobs.plain(getattr(jobs, workload.method)(argument))
    wrong = differs(answer, workload.expected(argument))
    if wrong or workload.stored is None:
        return wrong
    job_id = answer.get("job_id", argument["job_id"])
    return differs(jobs.plain(jobs.get(job_id)), workload.stored(argument))


def differs(answer: Mapping[str, Any], expected: Mapping[str, Any]) -> str | None:
    """Name the attributes that an answer lacks or has with another value; what it has beyond is its own affair."""
    names = [name for name, value in expected.items() if name not in answer or plain(answer[name]) != plain(value)]
    return f"wrong or missing: {', '.join(names)}" if names else None


def plain(value: Any) -> Any:
    """A value with every number as a float, so that Decimal, int and float can be compared."""
    if isinstance(value, dict):
        return {name: plain(content) for name, content in value.items()}
    if isinstance(value, list):
        return [plain(content) for content in value]
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return float(value)
    return value
