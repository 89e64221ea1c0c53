"""The job records that are written and read, made from the requests in `examples/requests`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

REQUESTS = Path(__file__).resolve().parents[1] / "examples" / "requests"
SIZES = ("small", "typical", "large")

SMALL_ID = "vpr-0f6b1c9a-small"
DEEP_ID = "vpr-0f6b1c9a-deep"
UPDATED_ID = "vpr-0f6b1c9a-updated"

TABLE = "jobs-bench"
INDEX = "idempotency-key-index"
ENDING = {"result_key": "results/vpr-0f6b1c9a.json", "cost_usd": 0.0123}
POLLS = 12


def request(size: str) -> dict[str, Any]:
    """The request of one of `SIZES`."""
    content: dict[str, Any] = json.loads((REQUESTS / f"{size}.json").read_text(encoding="utf-8"))
    return content


def record(job_id: str, **fields: Any) -> dict[str, Any]:
    """A job as a status handler meets it, with further fields."""
    return {
        "job_id": job_id,
        "idempotency_key": f"user_302/{job_id}",
        "user_id": "user_302",
        "application_id": "app_302",
        "status": "PROCESSING",
        "created_at": "2026-02-03T13:05:32.000000Z",
        "started_at": "2026-02-03T13:05:34.250000Z",
        "ttl": 1770210332,
        "cost_usd": 0.0123,
        "token_usage": {"input": 7500, "output": 2200},
        **fields,
    }


def small_record() -> dict[str, Any]:
    """A job without its input."""
    return record(SMALL_ID)


def deep_record(size: str = "typical") -> dict[str, Any]:
    """A job with its input as nested maps and lists."""
    return record(DEEP_ID, input_data=request(size))


def first_records() -> list[dict[str, Any]]:
    """What the table holds at first: a small and a deep job that are read, and one that is updated."""
    return [small_record(), deep_record(), record(UPDATED_ID)]


def new_record() -> dict[str, Any]:
    """A job as its creator writes it, with the typical request; no other has its id and its key."""
    unique = uuid4().hex
    return {
        "job_id": f"vpr-{unique}",
        "idempotency_key": f"user_302/{unique}",
        "user_id": "user_302",
        "application_id": "app_302",
        "status": "PENDING",
        "created_at": "2026-02-03T13:05:32.000000Z",
        "input_data": _typical(),
    }


@cache
def _typical() -> dict[str, Any]:
    return request("typical")
