"""The public types as callers meet them: read by the type checkers, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, assert_type

from boto3.dynamodb.conditions import Attr

from careervp_jobs_dal import (
    AsyncJobsOperator,
    AsyncJobsRepository,
    Capacity,
    ChangeKind,
    Claim,
    Finding,
    JobBatch,
    JobChange,
    JobEvent,
    JobMetrics,
    JobPage,
    JobRecord,
    JobsOperator,
    JobsRepository,
    JobStatus,
    JobWorker,
    NotAcknowledgedError,
    Purge,
    Recovery,
    Result,
    ResultCode,
    ResultError,
    Stats,
    Submission,
    UpdateExpression,
    __version__,
    build_update_expression,
    cloudformation,
    create_table,
    iam_policy,
    read_change,
    read_changes,
    terraform,
    verify_table,
)

version: str = __version__
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


assert_type(Result.success("a").record, Mapping[str, Any] | None)
assert_type(Result.success("a").retry_after, timedelta | None)
assert_type(Result.success("a").retryable, bool)
assert_type(Result.success("a").error, str | None)
assert_type(bool(Result.success("a")), bool)
assert_type(ResultCode.THROTTLED.retryable, bool)
assert_type(JobStatus("FAILED").finished, bool)

LEASE = timedelta(minutes=5)
full = JobsRepository(
    "jobs",
    "index",
    clock=lambda: datetime.now(UTC),
    exact_numbers=True,
    retention=None,
    pack_above=None,
    id_secret="secret",
)
assert_type(
    full.submit_job("key", {"a": 1}, user_id="user-1", application_id="a", replace_failed=True, model="m"),
    Result[Submission],
)
submission = full.submit_job("key", {}, max_attempts=1, allow_different_payload=True).unwrap()
assert_type(submission.job, dict[str, Any])
assert_type(submission.job_id, str)
assert_type(submission.created, bool)
assert_type(submission.should_enqueue, bool)
assert_type(full.claim_job("vpr-1", lease=LEASE, worker_id="w", max_attempts=3, adopt_unleased=True), Result[Claim])
claim = full.claim_job("vpr-1", lease=LEASE).unwrap()
assert_type(claim.job, dict[str, Any])
assert_type((claim.job_id, claim.claim_id, claim.attempt, claim.max_attempts), tuple[str, str, int, int])
assert_type((claim.lease_expires_at, claim.cancel_requested), tuple[datetime, bool])
assert_type(full.renew_claim(claim, lease=LEASE, progress={"percent": 50}), Result[Claim])
assert_type(full.complete_job(claim, result_key="r"), Result[dict[str, Any]])
assert_type(full.fail_job(claim, "why", retryable=True, step="s"), Result[dict[str, Any]])
assert_type(full.find_job("vpr-1", user_id="user-1"), Result[dict[str, Any]])
assert_type(full.find_status("vpr-1", user_id="u", fields=["progress"], consistent=True), Result[dict[str, Any]])
assert_type(full.cancel_job("vpr-1", user_id="user-1"), Result[dict[str, Any]])
assert_type(full.wait_for_job("vpr-1", LEASE, user_id="u", on_change=print), Result[dict[str, Any]])
assert_type(full._build_update_expression({"a": 1}), tuple[str, dict[str, str], dict[str, Any]])
assert_type(full._validate_job_data({}), bool)


class LambdaContext:
    """What Lambda gives a handler, as far as a worker needs it."""

    def get_remaining_time_in_millis(self) -> int:
        """Answer as Lambda does."""
        return 300_000


def work(claim: Claim) -> Mapping[str, Any] | None:
    """Anything that takes a claim and gives the fields to store is work."""
    return {"result_key": claim.claim_id}


worker = JobWorker(full, work, permanent=(ValueError,), lease=LEASE, worker_id="w", job_id_of=str.strip)
assert_type(worker({"Records": []}, LambdaContext()), dict[str, list[dict[str, str]]])
assert_type(worker.handle_record({}, LambdaContext()), ResultCode)
assert_type(worker.process("vpr-1", LEASE), ResultCode)
assert_type(NotAcknowledgedError("vpr-1", None).code, ResultCode | None)
assert_type(ResultError(Result.failure("why")).result, Result[Any])

assert_type(full.table.name, str)
operator = JobsOperator(full)
assert_type(operator.get_jobs(["vpr-1"]), Result[JobBatch])
batch = operator.get_jobs([]).unwrap()
assert_type((batch.jobs, batch.missing, batch.unread), tuple[dict[str, JobRecord], tuple[str, ...], tuple[str, ...]])
assert_type(operator.list_jobs(user_id="user-1", status="PENDING", limit=10, cursor="c"), Result[JobPage])
page = operator.list_jobs(user_id="user-1", status=JobStatus.FAILED).unwrap()
assert_type((page.jobs, page.cursor, page.complete), tuple[list[JobRecord], str | None, bool])
assert_type(operator.iter_jobs(user_id="user-1", page_size=10), Iterator[Result[JobPage]])
assert_type(operator.list_overdue(older_than=LEASE, limit=10), Result[list[JobRecord]])
assert_type(operator.purge_jobs(older_than=LEASE, status="FAILED", dry_run=False, limit=10), Result[Purge])
assert_type(operator.purge_jobs(older_than=LEASE).unwrap().stopped_by, ResultCode | None)
assert_type(operator.recover_jobs(older_than=LEASE, enqueue=print, adopt_unleased=True), Result[Recovery])
assert_type(operator.recover_jobs(older_than=LEASE).unwrap().to_enqueue, tuple[str, ...])
assert_type(operator.retry_job("vpr-1", enqueue=print), Result[dict[str, Any]])
assert_type(operator.stats(whole_table=True), Result[Stats])
assert_type(operator.stats().unwrap().counts, Mapping[str, int])
assert_type(operator.verify_table(), Result[list[Finding]])

update = UpdateExpression().set_all({"a": 1}).set_if_absent("b", 1).increment("c").add("d", 1).append("e", [1])
assert_type(update.delete("f", {"x"}).when(Attr("a").exists()), UpdateExpression)

record: JobRecord = repository.create_job({}).unwrap()

repository.create_job([])  # type: ignore[arg-type]
JobsRepository("jobs", on_read_error="ignore")  # type: ignore[arg-type]
Result.success(7).data = 8  # type: ignore[misc]
full.claim_job("vpr-1", lease=300)  # type: ignore[arg-type]
full.claim_job("vpr-1", LEASE)  # type: ignore[call-arg]
full.complete_job("vpr-1")  # type: ignore[arg-type]
submission.created = False  # type: ignore[misc]


def note(event: JobEvent) -> str:
    """A hook may return anything."""
    return event.verb


JobsRepository("jobs", on_event=note, measure_capacity=True)
JobsRepository("jobs", on_event=JobMetrics())
events: list[JobEvent] = []
JobsRepository("jobs", on_event=events.append)
for change in read_changes({"Records": []}):
    assert_type(change.kind, ChangeKind)
    assert_type(change.new, dict[str, Any] | None)
    assert_type(change, JobChange)


def shown(record: Mapping[str, Any]) -> JobChange:
    """One record of the stream is one change."""
    return read_change(record)


capacity = Capacity(table_read=0.5)
assert_type(capacity.table_read, float)


async def awaited() -> None:
    """Each call is awaited, with the types of the sync one."""
    async with AsyncJobsRepository("jobs", deadline=5, on_event=note, max_workers=4) as jobs:
        assert_type(jobs, AsyncJobsRepository)
        assert_type(jobs.repository, JobsRepository)
        assert_type((await jobs.connect()).unwrap(), None)
        assert_type(await jobs.get_job("vpr-1"), JobRecord | None)
        assert_type((await jobs.submit_job("key", {}, user_id="user-1", model="m")).unwrap(), Submission)
        assert_type((await jobs.claim_job("vpr-1", lease=LEASE)).unwrap(), Claim)
        assert_type((await jobs.complete_job(claim, result_key="r")).unwrap(), JobRecord)
        assert_type((await jobs.wait_for_job("vpr-1", LEASE, on_change=print)).unwrap(), JobRecord)
        await jobs.claim_job("vpr-1", lease=300)  # type: ignore[arg-type]
        await jobs.claim_job("vpr-1", LEASE)  # type: ignore[call-arg]
    reader = AsyncJobsOperator(AsyncJobsRepository.of(repository, max_workers=1))
    assert_type((await reader.list_jobs(user_id="user-1")).unwrap(), JobPage)
    pages: AsyncIterator[Result[JobPage]] = reader.iter_jobs(user_id="user-1")
    assert_type([page.unwrap() async for page in pages], list[JobPage])
    assert_type((await reader.get_jobs(["vpr-1"])).unwrap(), JobBatch)
    assert_type((await reader.stats()).unwrap(), Stats)
    await jobs.aclose()
