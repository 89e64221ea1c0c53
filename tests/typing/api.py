"""The public types as callers meet them: read by the type checkers, never run."""

from __future__ import annotations

from typing import Any, assert_type

from careervp_jobs_dal import (
    Finding,
    JobRecord,
    JobsRepository,
    Result,
    ResultCode,
    UpdateExpression,
    build_update_expression,
    cloudformation,
    create_table,
    iam_policy,
    terraform,
    verify_table,
)

assert_type(Result.success(7), Result[int])
assert_type(Result.success(7).success, bool)
assert_type(Result.success("a").data, str | None)
assert_type(Result.success("a").unwrap(), str)
assert_type(Result.success("a").unwrap_or(None), str | None)
assert_type(Result.success("a").code, ResultCode)


def divide(dividend: int, divisor: int) -> Result[float]:
    """A failure fits wherever a Result is expected."""
    if divisor == 0:
        return Result.failure("by zero", ResultCode.VALIDATION_ERROR)
    return Result.success(dividend / divisor)


def widen(result: Result[int]) -> Result[float]:
    """A Result of a narrower type fits where a wider one is expected."""
    return result


repository = JobsRepository("jobs", deadline=5, on_read_error="raise")
assert_type(repository.create_job({"job_id": "vpr-1"}), Result[dict[str, Any]])
assert_type(repository.update_job_status("vpr-1", "COMPLETED", cost_usd=0.5), Result[dict[str, Any]])
assert_type(repository.update_job("vpr-1", {"a.b": 1}), Result[dict[str, Any]])
assert_type(repository.get_job("vpr-1"), dict[str, Any] | None)
assert_type(repository.get_job_by_idempotency_key("key"), dict[str, Any] | None)
assert_type(repository.connect(), Result[None])
assert_type(create_table("jobs", index_projection="KEYS_ONLY"), Result[str])
assert_type(verify_table("jobs", optional_indexes=["user-jobs-index"]), Result[list[Finding]])
assert_type(cloudformation("jobs", optional_indexes=True, policies=True), str)
assert_type(terraform("jobs"), str)
assert_type(iam_policy("worker", "arn"), str)
assert_type(iam_policy(["submit_job"], "arn"), str)
assert_type(build_update_expression({"a": 1}), tuple[str, dict[str, str], dict[str, Any]])
assert_type(UpdateExpression().set(("a", 0), 1).remove("b").to_kwargs(), dict[str, Any])

record: JobRecord = repository.create_job({}).unwrap()

repository.create_job([])  # type: ignore[arg-type]
JobsRepository("jobs", on_read_error="ignore")  # type: ignore[arg-type]
Result.success(7).data = 8  # type: ignore[misc]
