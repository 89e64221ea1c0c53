"""An AWS inside the process, made of moto. It uses no settings of the machine, and no request leaves the process."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from botocore.exceptions import ClientError
from moto import mock_aws
from moto.dynamodb.parsing.executors import UpdateExpressionExecutor
from moto.dynamodb.responses import DynamoHandler

from careervp_jobs_dal.aws.environment import ENDPOINT_VARIABLES, TABLE_NAME_VARIABLES, find_table_name, first_set
from careervp_jobs_dal.aws.fork import ForkSafeLock
from careervp_jobs_dal.aws.route import Route
from careervp_jobs_dal.infrastructure.provision import create_table
from careervp_jobs_dal.job.record import JobRecord
from careervp_jobs_dal.repository import JobsRepository
from careervp_jobs_dal.testing.account import aws_environment
from careervp_jobs_dal.testing.argument_check import check_function
from careervp_jobs_dal.testing.builder import JobBuilder
from careervp_jobs_dal.testing.clock import Clock
from careervp_jobs_dal.testing.embedded_queue import opened_queue
from careervp_jobs_dal.testing.faults import Faults
from careervp_jobs_dal.testing.shared import Shared
from careervp_jobs_dal.testing.wire import calm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from careervp_jobs_dal.aws.transport import Transport
    from careervp_jobs_dal.job.index import Projection
    from careervp_jobs_dal.testing.embedded_queue import Handler

TABLE_NAME = "jobs-test"

_lock = ForkSafeLock()
_moto_action = DynamoHandler.call_action
_moto_update = UpdateExpressionExecutor.execute
_chosen_transport = Route.transport


@dataclass(frozen=True, slots=True)
class WorkerRun:
    """Outcome of a worker's run on one message.

    Attributes:
        answer: the handler's answer.
        acknowledged: whether the message may leave the queue.
        job: the job's record afterwards; {} where there is none.
    """

    answer: Any = field(repr=False)
    acknowledged: bool
    job: JobRecord = field(repr=False)


@dataclass(frozen=True, slots=True)
class EmbeddedJobs:
    """Jobs table inside the process, and the tools of a test.

    Attributes:
        repository: a repository on the table.
        clock: its clock.
        faults: the faults for the next requests about the table, from any client.
        builder: puts jobs in any state into the table.
    """

    repository: JobsRepository
    clock: Clock
    faults: Faults
    builder: JobBuilder

    def run_worker(
        self,
        handler: Handler,
        job_id: str,
        *,
        body: Callable[[str], str] | None = None,
        context: object = None,
    ) -> WorkerRun:
        """Give a worker one message about a job, as Lambda does.

        Args:
            handler: the worker: a `JobWorker`, or any Lambda handler.
            job_id: the job's id.
            body: makes the message's body of the id; without it, `{"job_id": …}`.
            context: the Lambda context; without it, a `LambdaContext` of 5 min by the clock.

        Returns:
            What the handler answered, whether it acknowledged the message, and the job's record afterwards.

        Raises:
            ValueError: `handler` is no function, or `job_id` no text.
            TypeError: Lambda could not return the handler's answer, or await it.
            BaseException: from the handler.

        >>> with embedded_jobs() as jobs:
        ...     worker = JobWorker(jobs.repository, lambda claim: {"result_key": "vpr-1.json"})
        ...     run = jobs.run_worker(worker, jobs.builder.pending()["job_id"])
        ...     run.acknowledged, run.job["status"], run.job["result_key"]
        (True, 'COMPLETED', 'vpr-1.json')
        """
        check_function("handler", handler)
        answers = []

        def noted(event: dict[str, Any], context: object) -> object:
            answers.append(handler(event, context))
            return answers[0]

        with opened_queue("run-worker", self.clock) as queue:
            queue.send(job_id, body=body)
            acknowledged = bool(queue.deliver(noted, context=context))
        with calm():
            found = self.repository.find_job(job_id)
        return WorkerRun(answers[0], acknowledged, found.data if found else JobRecord())


@contextmanager
def embedded_aws(**environment: str) -> Iterator[None]:
    """Run a block with an AWS inside the process, which several threads may use.

    The environment has a fake account instead of the machine's. Within a `mock_aws` of your own, the block shares its
    AWS. A repository with `transport="direct"` is answered through boto3, which moto answers.

    Args:
        **environment: further environment variables for the block.

    >>> with embedded_aws(JOBS_TABLE_NAME="jobs-of-mine"):
    ...     create_table("jobs-of-mine").unwrap()
    ...     JobsRepository().find_job("vpr-1").code
    'jobs-of-mine'
    <ResultCode.NOT_FOUND: 'NOT_FOUND'>
    """
    DynamoHandler.call_action = _locked_action  # type: ignore[method-assign]
    UpdateExpressionExecutor.execute = _undone_if_refused  # type: ignore[method-assign, assignment]
    with aws_environment(**environment), _mock.block(), _boto3_way.block():
        yield


@contextmanager
def embedded_jobs(
    table_name: str | None = None,
    *,
    clock: Clock | None = None,
    index_projection: Projection = "KEYS_ONLY",
    optional_indexes: bool | Iterable[str] = True,
    **options: Any,
) -> Iterator[EmbeddedJobs]:
    """Run a block with a new jobs table in an embedded AWS.

    JOBS_TABLE_NAME holds the table's name, so a service that makes its repository without one finds the table. Retries
    come without pauses. The table is deleted after the block.

    Args:
        table_name: the table's name; without it, that of JOBS_TABLE_NAME or VPR_JOBS_TABLE_NAME, else "jobs-test".
        clock: the repository's clock; without it, one that stands at the present.
        index_projection: as for `create_table`.
        optional_indexes: as for `create_table`, but with all of them, so that `JobsOperator` lists and sweeps. False
            for a table as it is without them.
        **options: further arguments of the `JobsRepository`, such as `retention`.

    >>> lease = timedelta(minutes=5)
    >>> with embedded_jobs() as jobs:
    ...     claim = jobs.builder.processing(lease=lease)
    ...     jobs.clock.advance(timedelta(minutes=6))
    ...     jobs.repository.claim_job(claim.job_id, lease=lease).unwrap().attempt
    2
    """
    name = table_name or find_table_name() or TABLE_NAME
    clock = clock or Clock()
    with embedded_aws(**{TABLE_NAME_VARIABLES[0]: name}), _eager.block():
        repository = JobsRepository(name, clock=clock, **options)
        with calm():
            create_table(
                name,
                repository.idempotency_index,
                index_projection=index_projection,
                optional_indexes=optional_indexes,
                dynamodb=repository.dynamodb,
            ).unwrap()
        faults = Faults(table_name=name)
        try:
            yield EmbeddedJobs(repository, clock, faults, JobBuilder(repository))
        finally:
            faults.stop()
            with calm(), suppress(ClientError):  # the test may have deleted the table
                repository.dynamodb.meta.client.delete_table(TableName=name)


def _locked_action(handler: DynamoHandler) -> Any:
    """Run one request at a time.

    moto checks a condition and writes in two steps, so two threads could both win; the lock makes them one.
    """
    with _lock:
        return _moto_action(handler)


def _undone_if_refused(executor: UpdateExpressionExecutor, node: Any = None) -> None:
    """Run an update; undo a refused one.

    moto writes one attribute after the other, and keeps the first ones where a later one makes the item too large.
    """
    attributes = executor.item.attrs
    before = dict(attributes)
    try:
        _moto_update(executor, node)
    except Exception:
        attributes.clear()
        dict.update(attributes, before)
        raise


def _embedded_transport(route: Route, operation: str) -> Transport:
    """Choose boto3, which moto answers, for a request that would go to AWS itself."""
    if first_set(*ENDPOINT_VARIABLES) is None:
        return route._connection
    return _chosen_transport(route, operation)


def _eager_retries() -> ExitStack:
    """Let botocore retry at once, and without a quota.

    botocore retries less often after many failures, which would let one test change another.
    """
    patches = ExitStack()
    patches.enter_context(patch("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0))
    patches.enter_context(patch("botocore.retries.quota.RetryQuota.acquire", lambda *_: True))
    return patches


_mock = Shared(mock_aws)
_boto3_way = Shared(lambda: patch.object(Route, "transport", _embedded_transport))
_eager = Shared(_eager_retries)
