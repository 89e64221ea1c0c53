"""The job records that are written and read, made from the requests in `examples/requests`."""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

Record = dict[str, Any]

REQUESTS = Path(__file__).resolve().parents[1] / "examples" / "requests"
SIZES = ("small", "typical", "large")
SMALL_ID, DEEP_ID, UPDATED_ID = "vpr-0f6b1c9a-small", "vpr-0f6b1c9a-deep", "vpr-0f6b1c9a-updated"
TABLE = "jobs-bench"
INDEX = "idempotency-key-index"
STARTED = {"started_at": "2026-02-03T13:05:34.250000Z"}
ENDING = {"result_key": "results/vpr-0f6b1c9a.json", "cost_usd": 0.0123}
POLLS = 12
_CREATED = {"user_id": "user_302", "application_id": "app_302", "created_at": "2026-02-03T13:05:32.000000Z"}


@cache
def request(size: str) -> Record:
    """Read the request of one of `SIZES`."""
    content: Record = json.loads((REQUESTS / f"{size}.json").read_text(encoding="utf-8"))
    return content


def record(job_id: str, **fields: Any) -> Record:
    """Make a job as a status handler meets it, with further fields."""
    begun = {"status": "PROCESSING", **STARTED, "ttl": 1770210332}
    used = {"cost_usd": 0.0123, "token_usage": {"input": 7500, "output": 2200}}
    return {"job_id": job_id, "idempotency_key": f"user_302/{job_id}", **_CREATED, **begun, **used, **fields}


def new_record() -> Record:
    """Make a job as its creator writes it, with a new id and key."""
    unique = uuid4().hex
    keys = {"job_id": f"vpr-{unique}", "idempotency_key": f"user_302/{unique}"}
    return {**keys, **_CREATED, "status": "PENDING", "input_data": request("typical")}


def deep_record(size: str = "typical") -> Record:
    """Make a job with its input as nested maps and lists."""
    return record(DEEP_ID, input_data=request(size))


def first_records() -> list[Record]:
    """List what the table holds at first: two jobs to read, one to update."""
    return [record(SMALL_ID), deep_record(), record(UPDATED_ID)]


def exact(content: Any) -> Any:
    """Turn floats, anywhere in it, into the Decimals that boto3 asks for."""
    return json.loads(json.dumps(content), parse_float=Decimal)


def compact(content: Any) -> bytes:
    """Write JSON without spaces."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
