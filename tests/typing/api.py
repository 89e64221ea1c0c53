"""The public types as callers meet them: read by the type checkers, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, assert_type

from boto3.dynamodb.conditions import Attr

from careervp_jobs_dal import (
    Alarm,
    AlarmMetric,
    AsyncJobsOperator,
    AsyncJobsRepository,
    Capacity,
    ChangeKind,
    Claim,
    CompositeAlarm,
    DeadLetterHandler,
    Dispatch,
    Erasure,
    Failure,
    Finding,
    InvalidMessageError,
    InvalidPayloadError,
    JobBatch,
    JobChange,
    JobEvent,
    JobKind,
    JobMetrics,
    JobPage,
    JobRecord,
    JobRequest,
    JobSender,
    JobsOperator,
    JobsRepository,
    JobStatus,
    JobWorker,
    Monitoring,
    NotAcknowledgedError,
    OtherKindError,
    PayloadCodec,
    PublicError,
    Purge,
    Recovery,
    Result,
    ResultCode,
    ResultError,
    ResultStore,
    S3Results,
    Stats,
    Submission,
    Success,
    UpdateExpression,
    __version__,
    build_update_expression,
    cloudformation,
    create_table,
    iam_policy,
    job_id_from_eventbridge,
    job_id_from_json,
    job_id_from_pipes,
    job_id_from_sns,
    linked_span,
    pipe_parameters,
    read_change,
    read_changes,
    terraform,
    trace_context,
    verify_table,
)
from careervp_jobs_dal.testing import (
    Clock,
    EmbeddedJobs,
    EmbeddedQueue,
    LambdaContext,
    MachineClock,
    WorkerRun,
    sqs_event,
)

version: str = __version__
assert_type(Result.success(7), Success[int])
assert_type(Result.failure("no"), Failure)
assert_type(Result.success(7).success, Literal[True])
assert_type(Result.failure("no").success, Literal[False])
assert_type(Result.success("a").data, str)
assert_type(Result.failure("no").error, str)
assert_type(Result.success("a").unwrap(), str)
assert_type(Result.success("a").unwrap_or(None), str | None)
assert_type(Result.success("a").code, ResultCode)


def told_apart(answer: Success[int] | Failure) -> int:
    """A checker knows which of the two is left."""
    if not answer:
        assert_type(answer, Failure)
        return len(answer.error)
    assert_type(answer, Success[int])
    return answer.data


def matched(answer: Success[int] | Failure) -> int:
    """A match over both is complete, and takes the data with its type."""
    match answer:
        case Success(data=number):
            return number
        case Failure(error, ResultCode.NOT_FOUND):
            return len(error)
        case Failure(retryable=True, retry_after=pause):
            assert_type(pause, timedelta | None)
            return 1
        case Failure():
            return 2


def of_old(result: Result[int]) -> int | None:
    """Code that names `Result` alone goes on as before."""
    assert_type(result.success, bool)
    assert_type(result.data, int | None)
    assert_type(result.error, str | None)
    match result:
        case Result(success=True, data=number):
            return number
        case _:
            return None


def divide(dividend: int, divisor: int) -> Result[float]:
    """A failure fits wherever a Result is expected."""
    if divisor == 0:
        return Result.failure("by zero", ResultCode.VALIDATION_ERROR)
    return Result.success(dividend / divisor)


def widen(result: Result[int]) -> Result[float]:
    """A Result of a narrower type fits where a wider one is expected."""
    return result


repository = JobsRepository("jobs", deadline=5, on_read_error="raise")
assert_type(repository.create_job({"job_id": "vpr-1"}), Success[JobRecord] | Failure)
assert_type(repository.update_job_status("vpr-1", "COMPLETED", cost_usd=0.5), Success[JobRecord] | Failure)
assert_type(repository.update_job("vpr-1", {"a.b": 1}), Success[JobRecord] | Failure)
assert_type(repository.get_job("vpr-1"), dict[str, Any] | None)
assert_type(repository.get_job_by_idempotency_key("key"), dict[str, Any] | None)
assert_type(repository.connect(), Success[None] | Failure)
assert_type(create_table("jobs", index_projection="KEYS_ONLY"), Success[str] | Failure)
assert_type(verify_table("jobs", optional_indexes=["user-jobs-index"]), Success[list[Finding]] | Failure)
assert_type(cloudformation("jobs", optional_indexes=True, policies=True), str)
assert_type(terraform("jobs", stream=True), str)
assert_type(pipe_parameters(put_back=True), dict[str, Any])
assert_type(iam_policy("worker", "arn"), str)
assert_type(iam_policy(["submit_job"], "arn"), str)
assert_type(build_update_expression({"a": 1}), tuple[str, dict[str, str], dict[str, Any]])
assert_type(UpdateExpression().set(("a", 0), 1).remove("b").to_kwargs(), dict[str, Any])


assert_type(Result.success("a").record, Mapping[str, Any] | None)
assert_type(Result.success("a").retry_after, timedelta | None)
assert_type(Result.success("a").retryable, bool)
assert_type(Result.success("a").error, None)
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
    transport="auto",
)
assert_type(full.transport, str)
assert_type(
    full.submit_job("key", {"a": 1}, user_id="user-1", application_id="a", replace_failed=True, model="m"),
    Success[Submission] | Failure,
)
submission = full.submit_job("key", {}, max_attempts=1, allow_different_payload=True).unwrap()
assert_type(submission.job, JobRecord)
assert_type(submission.job_id, str)
assert_type(submission.created, bool)
assert_type(submission.should_enqueue, bool)
assert_type(
    full.claim_job("vpr-1", lease=LEASE, worker_id="w", max_attempts=3, adopt_unleased=True), Success[Claim] | Failure
)
claim = full.claim_job("vpr-1", lease=LEASE).unwrap()
assert_type(claim.job, JobRecord)
assert_type((claim.job_id, claim.claim_id, claim.attempt, claim.max_attempts), tuple[str, str, int, int])
assert_type((claim.lease_expires_at, claim.cancel_requested), tuple[datetime, bool])
assert_type(full.renew_claim(claim, lease=LEASE, progress={"percent": 50}), Success[Claim] | Failure)
assert_type(full.complete_job(claim, result_key="r"), Success[JobRecord] | Failure)
assert_type(full.fail_job(claim, "why", retryable=True, step="s"), Success[JobRecord] | Failure)
assert_type(full.release_claim(claim, retry_after=timedelta(minutes=1)), Success[JobRecord] | Failure)
assert_type(full.find_job("vpr-1", user_id="user-1"), Success[JobRecord] | Failure)
assert_type(full.find_status("vpr-1", user_id="u", fields=["progress"], consistent=True), Success[JobRecord] | Failure)
assert_type(full.cancel_job("vpr-1", user_id="user-1"), Success[JobRecord] | Failure)
assert_type(full.wait_for_job("vpr-1", LEASE, user_id="u", on_change=print), Success[JobRecord] | Failure)
assert_type(full._build_update_expression({"a": 1}), tuple[str, dict[str, str], dict[str, Any]])
assert_type(full._validate_job_data({}), bool)


def work(claim: Claim) -> Mapping[str, Any] | None:
    """Anything that takes a claim and gives the fields to store is work."""
    return {"result_key": claim.claim_id}


worker = JobWorker(full, work, permanent=(ValueError,), lease=LEASE, worker_id="w", job_id_of=str.strip)
assert_type(worker({"Records": []}, LambdaContext()), dict[str, list[dict[str, str]]])
assert_type(worker.handle_record({}, LambdaContext()), ResultCode)
assert_type(worker.process("vpr-1", LEASE), ResultCode)
assert_type(NotAcknowledgedError("vpr-1", None).code, ResultCode | None)
assert_type(NotAcknowledgedError("vpr-1", None).reason, str)
assert_type(NotAcknowledgedError("vpr-1", None).retry_after, timedelta | None)
assert_type(claim.stop_requested.is_set(), bool)
results = S3Results("results", prefix="reports/")
assert_type(results.put(claim, {"score": 0.5}), str)
assert_type(results.url(claim.job, expires_in=LEASE), str | None)
store: ResultStore = results


def work_with_fields(claim: Claim) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """A document for the store, and fields for the record."""
    return ({"text": "a"}, {"cost_usd": 0.5}) if claim.attempt else None


def hear(claim: Claim, error: Exception) -> None:
    """A hook."""
    raise PublicError("The posting is empty.") from error


JobWorker(full, work_with_fields, results=store, on_error=hear, heartbeat=LEASE, retry_delay=LEASE, min_remaining=LEASE)
JobWorker(full, work, span=linked_span)
wanted = JobRequest("key", {}, user_id="u", max_attempts=2, fields={"model": "m"})
assert_type(full.submit_jobs([wanted]), list[Success[Submission] | Failure])
sender = JobSender("https://q", sqs=None, id_secret="s")
dispatch = sender.send([full.submit_job("key", {}).unwrap(), {"job_id": "vpr-1"}, "vpr-2"])
assert_type(dispatch, Dispatch)
assert_type(dispatch.sent, tuple[str, ...])
assert_type(dispatch.unsent["vpr-1"], str)
sender.send_one("vpr-1")
assert_type(trace_context(traceparent="00-…", correlation_id="c"), dict[str, str])
full.submit_job("key", {}, fields=trace_context())
JobWorker(full, work, retry_delay=lambda attempt: attempt * LEASE, job_id_of=job_id_from_sns, queue_url="https://q")
letters = DeadLetterHandler(full, public_error="No report.", max_attempts=3, job_id_of=job_id_from_eventbridge)
assert_type(letters({"Records": []}, LambdaContext()), dict[str, list[dict[str, str]]])
assert_type(letters.handle_record({}, LambdaContext()), ResultCode)
try:
    assert_type((job_id_from_json("{}"), job_id_from_pipes("{}")), tuple[str, str])
except InvalidMessageError as unnamed:
    assert_type(str(unnamed), str)
assert_type(ResultError(Result.failure("why")).result, Result[Any])

assert_type(full.table, Any)
assert_type(full.dynamodb, Any)
operator = JobsOperator(full)
assert_type(operator.get_jobs(["vpr-1"]), Success[JobBatch] | Failure)
batch = operator.get_jobs([]).unwrap()
assert_type((batch.jobs, batch.missing, batch.unread), tuple[dict[str, JobRecord], tuple[str, ...], tuple[str, ...]])
assert_type(operator.list_jobs(user_id="user-1", status="PENDING", limit=10, cursor="c"), Success[JobPage] | Failure)
page = operator.list_jobs(user_id="user-1", status=JobStatus.FAILED).unwrap()
assert_type((page.jobs, page.cursor, page.complete), tuple[list[JobRecord], str | None, bool])
assert_type(operator.iter_jobs(user_id="user-1", page_size=10), Iterator[Success[JobPage] | Failure])
assert_type(operator.list_overdue(older_than=LEASE, limit=10), Success[list[JobRecord]] | Failure)
assert_type(operator.purge_jobs(older_than=LEASE, status="FAILED", dry_run=False, limit=10), Success[Purge] | Failure)
assert_type(operator.purge_jobs(older_than=LEASE).unwrap().stopped_by, ResultCode | None)
erasure = operator.erase_user("user-1", dry_run=False, on_erase=S3Results("results").erase, on_progress=print)
assert_type(erasure, Success[Erasure] | Failure)
assert_type((erasure.unwrap().waiting, erasure.unwrap().complete), tuple[tuple[str, ...], bool])
assert_type(operator.recover_jobs(older_than=LEASE, enqueue=print, adopt_unleased=True), Success[Recovery] | Failure)
assert_type(operator.recover_jobs(older_than=LEASE).unwrap().to_enqueue, tuple[str, ...])
assert_type(
    operator.recover_jobs(older_than=LEASE, enqueue_by=lambda job: print if "kind" in job else None, time_limit=LEASE)
    .unwrap()
    .more,
    bool,
)
assert_type(operator.retry_job("vpr-1", enqueue=print), Success[JobRecord] | Failure)
assert_type(operator.stats(whole_table=True), Success[Stats] | Failure)
assert_type(operator.stats().unwrap().counts, Mapping[str, int])
assert_type(operator.verify_table(), Success[list[Finding]] | Failure)

update = UpdateExpression().set_all({"a": 1}).set_if_absent("b", 1).increment("c").add("d", 1).append("e", [1])
assert_type(update.delete("f", {"x"}).when(Attr("a").exists()), UpdateExpression)

record: JobRecord = repository.create_job({}).unwrap()
plain: dict[str, Any] = record
assert_type(record["status"], str)
assert_type(record["attempt"], int)
assert_type(record["input_data"], dict[str, Any])
assert_type(record["errors"], list[dict[str, Any]])
assert_type(record["result_key"], Any)
assert_type(record.get("error"), str | None)
assert_type(record.get("attempt", 0), int)
assert_type(record.get("result_key"), Any | None)
assert_type(JobRecord(record), JobRecord)
assert_type({**record, "seen": True}, dict[str, Any])
assert_type(repository.create_job(record), Success[JobRecord] | Failure)

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
JobMetrics().gauge_overdue("jobs", 0)
watched = Monitoring(
    namespace="n", service="s", table_name="jobs", worker_name="w", worker_timeout=timedelta(minutes=5)
)
assert_type(watched.alarms(), tuple[Alarm, ...])
assert_type(watched.alarms()[0].metrics, tuple[AlarmMetric, ...])
assert_type(watched.alarms()[0].request(), dict[str, Any])
assert_type(watched.alarms()[0].metrics[0].identity(), dict[str, Any])
assert_type(watched.page(), CompositeAlarm)
assert_type(watched.page().request(), dict[str, Any])
assert_type(watched.dashboard("eu-west-1"), str)
assert_type(watched.cloudformation(alarms=False), str)
assert_type(watched.terraform(dashboard=False), str)
assert_type([index.name for index in watched.indexes()], list[str])
events: list[JobEvent] = []
JobsRepository("jobs", on_event=events.append)
for change in read_changes({"Records": []}):
    assert_type(change.kind, ChangeKind)
    assert_type(change.new, dict[str, Any] | None)
    assert_type(change, JobChange)
for change in read_changes([{"eventName": "INSERT"}]):  # as a pipe brings them
    assert_type(change.item_identifier, str)
assert_type(events[0].moved_to, JobStatus | None)


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
        assert_type(await jobs.get_job("vpr-1"), dict[str, Any] | None)
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


class Words:
    """A codec of one's own."""

    def dump(self, payload: list[str], /) -> dict[str, str]:
        """Join them."""
        return {"text": " ".join(payload)}

    def load(self, stored: Mapping[str, Any], /) -> list[str]:
        """Split them."""
        return str(stored["text"]).split()


codec: PayloadCodec[list[str]] = Words()
kind = JobKind("count", codec, prefix="count/", max_attempts=1)
assert_type(kind, JobKind[list[str]])
assert_type(kind.key("key"), str)
assert_type(kind.name, str)
assert_type(kind.submit(full, "key", ["a"], user_id="u", application_id="a"), Success[Submission] | Failure)
assert_type(kind.payload_of(claim.job), list[str])
assert_type(kind.work(lambda words, claim: {"count": len(words)})(claim), dict[str, int])
try:
    kind.payload_of({})
except OtherKindError as other:
    assert_type(str(other), str)
except InvalidPayloadError as refused:
    assert_type(str(refused), str)
assert_type(kind.request("key", ["a"], user_id="u", fields={"a": 1}, run_at=None), JobRequest)


def a_test(jobs: EmbeddedJobs, queue: EmbeddedQueue, worker: JobWorker) -> None:
    """The test kit."""
    run = jobs.run_worker(worker, "vpr-1", body=str.upper, context=LambdaContext(LEASE, clock=jobs.clock))
    assert_type(run, WorkerRun)
    assert_type(run.acknowledged, bool)
    assert_type(run.job["status"], str)
    assert_type(jobs.faults.unused, list[str])
    worker(sqs_event("vpr-1", "vpr-2", receive_count=2), LambdaContext())
    queue.send("vpr-1", delay=LEASE)
    assert_type(queue.deliver(worker, batch_size=10), int)
    assert_type(queue.drain(lambda event, context: None), int)
    assert_type(queue.dead_letters, EmbeddedQueue | None)
    clock: Clock = MachineClock()
    assert_type(clock.now, datetime)
    clock.now = datetime.now(UTC)
