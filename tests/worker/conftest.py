"""Stand-in for the core until it lands."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from careervp_jobs_dal import JobsRepository, Result
from careervp_jobs_dal.job.instant import instant_text


@pytest.fixture(autouse=True)
def core(monkeypatch: pytest.MonkeyPatch) -> None:
    if hasattr(JobsRepository, "release_claim"):
        return
    fail = JobsRepository.fail_job

    def later(self: Any, record: Any, changes: dict[str, Any]) -> Any:
        names = {f"#{k}": k for k in changes}
        values = {f":{k}": v for k, v in changes.items()}
        expression = "SET " + ", ".join(f"#{k} = :{k}" for k in changes)
        self.table.update_item(Key={"job_id": record["job_id"]}, UpdateExpression=expression,
            ExpressionAttributeNames=names, ExpressionAttributeValues=values)
        return self.find_job(record["job_id"])

    def fail_job(self: Any, claim: Any, error: str, /, *, retryable: bool = False, retry_after: timedelta | None = None,
                 public_error: str | None = None, **more: Any) -> Any:
        done = fail(self, claim, error, retryable=retryable, **more)
        changes: dict[str, Any] = {}
        if done and public_error:
            changes["public_error"] = public_error
        if done and done.data["status"] == "PENDING":
            changes["available_at"] = instant_text(self.clock() + (retry_after or timedelta(0)))
        return later(self, done.data, changes) if changes else done

    def release_claim(self: Any, claim: Any, *, retry_after: timedelta | None = None) -> Any:
        job = self.find_job(claim.job_id).unwrap()
        if job.get("claim_id") != claim.claim_id or job["status"] != "PROCESSING":
            return Result.failure("lost", "LEASE_LOST", record=job)
        self.table.update_item(Key={"job_id": claim.job_id}, UpdateExpression="SET #s = :s, attempt = attempt - :one, available_at = :a REMOVE lease_expires_at",
            ExpressionAttributeNames={"#s": "status"}, ExpressionAttributeValues={":s": "PENDING", ":one": 1, ":a": instant_text(self.clock() + (retry_after or timedelta(0)))})
        return self.find_job(claim.job_id)

    monkeypatch.setattr(JobsRepository, "fail_job", fail_job)
    monkeypatch.setattr(JobsRepository, "release_claim", release_claim, raising=False)
