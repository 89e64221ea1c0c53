"""The pieces of work: what each is given, and whether an answer is right."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from benchmarks.records import DEEP_ID, ENDING, SMALL_ID, UPDATED_ID, Record, deep_record, new_record, record


class Workload(NamedTuple):
    """A method, what makes its argument, what its answer and a read hold."""

    method: str
    argument: Callable[[], Any]
    expected: Callable[[Any], Record]
    stored: Callable[[Any], Record] | None = None


def _payload(job: Record) -> Record:
    return {name: job[name] for name in ("idempotency_key", "user_id", "input_data")}


def _finished(_: Record) -> Record:
    return {"status": "COMPLETED"}


WORKLOADS = {
    "get small": Workload("get", lambda: SMALL_ID, record),
    "get deep": Workload("get", lambda: DEEP_ID, lambda _: deep_record()),
    "update": Workload("update", lambda: UPDATED_ID, lambda job_id: {**record(job_id), **ENDING}),
    "create": Workload("create", new_record, dict, dict),
    "submit": Workload("submit", new_record, _payload, _payload),
    "once": Workload("once", new_record, _finished),
    "life": Workload("life", new_record, _finished, lambda job: {**_payload(job), **_finished(job), **ENDING}),
}


def verify(jobs: Any, name: str) -> str | None:
    """Do a piece of work once, and say what is wrong, if anything."""
    workload = WORKLOADS[name]
    argument = workload.argument()
    answer = jobs.plain(getattr(jobs, workload.method)(argument))
    wrong = differs(answer, workload.expected(argument))
    if wrong or workload.stored is None:
        return wrong
    job_id = answer.get("job_id", argument["job_id"])
    return differs(jobs.plain(jobs.get(job_id)), workload.stored(argument))


def differs(answer: Mapping[str, Any], expected: Mapping[str, Any]) -> str | None:
    """Name the attributes that an answer lacks or has with another value."""
    names = [name for name, value in expected.items() if name not in answer or _plain(answer[name]) != _plain(value)]
    return f"wrong or missing: {', '.join(names)}" if names else None


def _plain(value: Any) -> Any:
    """Turn every number into a float, so that all kinds can be compared."""
    if isinstance(value, dict):
        return {name: _plain(content) for name, content in value.items()}
    if isinstance(value, list):
        return [_plain(content) for content in value]
    return float(value) if isinstance(value, Decimal | int) and not isinstance(value, bool) else value
