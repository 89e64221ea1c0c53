"""The portrait of a record for the screen: without its payload, unless requested, and without internal attributes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.cli.duration import say_briefly, say_distance
from careervp_jobs_dal.cli.state import judge
from careervp_jobs_dal.cli.timeline import TOLD
from careervp_jobs_dal.job.attribute import (
    ACTIVE_SHARD,
    ATTEMPT,
    CREATED_AT,
    DUE_AT,
    ERROR,
    ERRORS,
    FINGERPRINT,
    INPUT_DATA,
    JOB_ID,
    MAX_ATTEMPTS,
    PROGRESS,
    RESERVE,
    STATUS,
    SUBMISSION_ID,
    TTL,
    USER_ID,
)
from careervp_jobs_dal.job.instant import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from careervp_jobs_dal.job.record import JobRecord

INPUT_BYTES = f"{INPUT_DATA}_bytes"
_FIRST = (JOB_ID, STATUS, USER_ID, CREATED_AT)
_INTERNAL = (SUBMISSION_ID, FINGERPRINT, ACTIVE_SHARD, DUE_AT, RESERVE)
_SHOWN_ELSEWHERE = frozenset((*_FIRST, *_INTERNAL, *TOLD, ERROR, ERRORS))


def portrait(job: JobRecord, *, show_input: bool) -> dict[str, Any]:
    """Return the record for a machine, with the size of a hidden payload.

    >>> portrait({"job_id": "vpr-1", "input_data": {"text": "..."}}, show_input=False)
    {'job_id': 'vpr-1', 'input_data_bytes': 14}
    """
    names = _ordered(job)
    if show_input or INPUT_DATA not in job:
        return {name: job[name] for name in names}
    return {name: job[name] for name in names if name != INPUT_DATA} | {INPUT_BYTES: _size(job[INPUT_DATA])}


def described(job: JobRecord, now: datetime, *, show_input: bool) -> Iterator[tuple[str, object]]:
    """Yield the attributes that neither the head nor the time-line shows; instants with their distance."""
    for name in _ordered(job):
        if name not in _SHOWN_ELSEWHERE:
            yield name, _said(name, job[name], now, show_input=show_input)


def summary(job: JobRecord, now: datetime) -> dict[str, Any]:
    """Return the part of a record for a list: no payload, no error text.

    >>> from datetime import UTC, datetime
    >>> job = {"job_id": "vpr-1", "status": "FAILED", "created_at": "2026-02-03T13:05:32Z", "error": "..."}
    >>> seen = summary(job, datetime(2026, 2, 3, 13, 6, tzinfo=UTC))
    >>> seen["status"], seen["state"], seen["age_seconds"], "error" in seen
    ('FAILED', 'failed', 28, False)
    """
    names = (JOB_ID, STATUS, USER_ID, CREATED_AT, ATTEMPT, MAX_ATTEMPTS, PROGRESS)
    created_at = parse_instant(job.get(CREATED_AT))
    age = {"age_seconds": int((now - created_at).total_seconds())} if created_at else {}
    return {name: job[name] for name in names if name in job} | age | {"state": judge(job, now)}


def age(job: JobRecord, now: datetime) -> str:
    """Return the time since the job was created, as text; empty if unknown."""
    created_at = parse_instant(job.get(CREATED_AT))
    return say_briefly(now - created_at) if created_at else ""


def attempts(job: JobRecord) -> str:
    """Write the number of attempts so far, and their limit.

    >>> attempts({"attempt": 1, "max_attempts": 3}), attempts({"attempt": 2}), attempts({})
    ('1/3', '2', '')
    """
    if MAX_ATTEMPTS not in job:
        return str(job.get(ATTEMPT, ""))
    return f"{job.get(ATTEMPT, 0)}/{job[MAX_ATTEMPTS]}"


def progress(job: JobRecord) -> float | None:
    """Return the finished share, if `progress` is a number between 0 and 1."""
    value = job.get(PROGRESS)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1 else None


def percent(job: JobRecord) -> str:
    """Write the progress for a column.

    >>> percent({"progress": 0.4}), percent({"progress": "half"}), percent({})
    ('40 %', '', '')
    """
    share = progress(job)
    return "" if share is None else f"{share:.0%}".replace("%", " %")


def _ordered(job: JobRecord) -> list[str]:
    return [*(name for name in _FIRST if name in job), *sorted(name for name in job if name not in _FIRST)]


def _said(name: str, value: Any, now: datetime, *, show_input: bool) -> object:
    if name == INPUT_DATA and not show_input:
        return f"{_size(value):,} bytes, hidden (--show-input)"
    if name == TTL and isinstance(value, int):
        return f"{value} ({say_distance(value - now.timestamp())})"
    instant = parse_instant(value) if name.endswith("_at") else None
    if instant:
        return f"{value} ({say_distance((instant - now).total_seconds())})"
    return value if isinstance(value, str) else _as_json(value)


def _size(value: object) -> int:
    return len(_as_json(value).encode(errors="surrogatepass"))


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":"))
