"""A service on the five methods: submit, work and status."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from jobs_repository import JobsRepository

jobs = JobsRepository()  # of the table that JOBS_TABLE_NAME names


def now() -> str:
    return datetime.now(UTC).isoformat()


def submit(
    user_id: str, request: dict[str, Any], enqueue: Callable[[str], object]
) -> dict[str, Any]:
    """Make one job of a request and queue it; a repeated request finds it."""
    key = f"{user_id}/{request['application_id']}"
    existing = jobs.get_job_by_idempotency_key(key)
    if existing is not None:
        return response(
            200, {"job_id": existing["job_id"], "status": existing["status"]}
        )
    job_id = str(uuid4())
    created = jobs.create_job(
        {
            "job_id": job_id,
            "idempotency_key": key,
            "user_id": user_id,
            "status": "PENDING",
            "created_at": now(),
            "input_data": request,
        }
    )
    if not created.success:
        return response(503, {"error": "Try again in a moment"})
    enqueue(job_id)
    return response(202, {"job_id": job_id, "status": "PENDING"})


def work(job_id: str, make_report: Callable[[dict[str, Any]], str]) -> bool:
    """Do a job from the queue; True when its message can go."""
    job = jobs.get_job(job_id)
    if job is None:
        return False
    if job["status"] in ("COMPLETED", "FAILED"):
        return True
    if not jobs.update_job_status(job_id, "PROCESSING", started_at=now()).success:
        return False
    try:
        result_key = make_report(job["input_data"])
    except ValueError as error:
        return jobs.update_job_status(
            job_id, "FAILED", error=str(error), completed_at=now()
        ).success
    fields = {"result_key": result_key, "cost_usd": 0.0123, "completed_at": now()}
    return jobs.update_job_status(job_id, "COMPLETED", **fields).success


def status(user_id: str, job_id: str) -> dict[str, Any]:
    """Show a job to its user."""
    job = jobs.get_job(job_id)
    if job is None or job.get("user_id") != user_id:
        return response(404, {"error": "No such job"})
    shown = ("job_id", "status", "result_key", "cost_usd", "error")
    return response(200, {name: job[name] for name in shown if name in job})


def response(status_code: int, body: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": status_code, "body": json.dumps(body)}
