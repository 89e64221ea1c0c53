"""`JobsOperator`: list, recover, retry, purge, count and verify, for the people who run the service.

Each method makes a plan, or a sweep of plans, and hands it to the gateway, under its verb.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from careervp_jobs_dal.infrastructure.verification import verify
from careervp_jobs_dal.job.index import ACTIVE_JOBS, USER_JOBS
from careervp_jobs_dal.job.verb import Verb
from careervp_jobs_dal.operations import batch, counting, listing, overdue, purging, recovery, retrying
from careervp_jobs_dal.operations.missing_index import index_missing, is_index_missing
from careervp_jobs_dal.repository import backend_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import timedelta

    from careervp_jobs_dal.infrastructure.finding import Finding
    from careervp_jobs_dal.job.index import Index
    from careervp_jobs_dal.job.record import JobRecord
    from careervp_jobs_dal.job.status import JobStatus
    from careervp_jobs_dal.operations.batch import JobBatch
    from careervp_jobs_dal.operations.counting import Stats
    from careervp_jobs_dal.operations.listing import JobPage
    from careervp_jobs_dal.operations.purging import Purge
    from careervp_jobs_dal.operations.recovery import Recovery
    from careervp_jobs_dal.repository import JobsRepository
    from careervp_jobs_dal.result import Result

T = TypeVar("T")


class JobsOperator:
    """What people who run the service do with the jobs of a repository.

    Listing needs the table's optional index `user-jobs-index`, finding stuck jobs `active-jobs-index`; without it the
    answer is CONFIG_ERROR and says how to add it. Jobs of `create_job` are not on the second one.

    Args:
        repository: where the jobs are; its clock, deadline and `id_secret` are used.
    """

    def __init__(self, repository: JobsRepository) -> None:
        self._repository = repository
        self._backend = backend_of(repository)

    def list_jobs(
        self, *, user_id: str, status: JobStatus | str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Result[JobPage]:
        """List a user's jobs, newest first; expired ones are hidden.

        Args:
            user_id: whose jobs.
            status: only those with this status. They are sorted out after the read, so that a rare one costs more.
            limit: how many at most, from 1 to 1,000.
            cursor: the last page's, with the same user and status.

        Returns:
            The `JobPage`; or VALIDATION_ERROR (a cursor that was changed, or is of another query, among others),
            CONFIG_ERROR (the index is missing, and the text says how to add it), CORRUPT_RECORD, THROTTLED,
            UNAVAILABLE, ACCESS_DENIED, DYNAMODB_ERROR.

        >>> submitted = repository.submit_job("application-9", {"text": "..."}, user_id="user-3").unwrap()
        >>> page = JobsOperator(repository).list_jobs(user_id="user-3").unwrap()
        >>> [job["job_id"] == submitted.job_id for job in page.jobs], page.cursor
        ([True], None)
        """
        asked = listing.Listing(user_id, status, limit, cursor)
        name, gateway, decode, secret = self._backend
        plan = listing.list_jobs(asked, name, secret, self._repository.clock(), decode)
        return self._with_index(gateway.run(Verb.LIST, plan), USER_JOBS)

    def iter_jobs(
        self, *, user_id: str, status: JobStatus | str | None = None, page_size: int = 50
    ) -> Iterator[Result[JobPage]]:
        """Go through all pages of `list_jobs`; the last one can be a failure.

        Args:
            user_id: as in `list_jobs`.
            status: as in `list_jobs`.
            page_size: the `limit` of each page.

        Returns:
            An iterator over the results of `list_jobs`, which ends with the last page or the first failure.

        >>> submitted = repository.submit_job("application-9", {"text": "..."}, user_id="user-4")
        >>> pages = JobsOperator(repository).iter_jobs(user_id="user-4")
        >>> [job["status"] for page in pages for job in page.unwrap().jobs]
        ['PENDING']
        """
        cursor: str | None = None
        while True:
            result = self.list_jobs(user_id=user_id, status=status, limit=page_size, cursor=cursor)
            yield result
            cursor = result.data.cursor if result.data else None
            if cursor is None:
                return

    def get_jobs(self, job_ids: Iterable[str]) -> Result[JobBatch]:
        """Read many jobs by their ids, 100 a request, strongly consistent; expired ones are missing.

        Args:
            job_ids: the ids; one that is given twice is read once.

        Returns:
            The `JobBatch`, whose `unread` names the ids that DynamoDB did not get to before the deadline; or
            VALIDATION_ERROR, CORRUPT_RECORD, THROTTLED, UNAVAILABLE, ACCESS_DENIED, CONFIG_ERROR, DYNAMODB_ERROR.

        >>> batch = JobsOperator(repository).get_jobs(["vpr-1", "no such job"]).unwrap()
        >>> list(batch.jobs), batch.missing, batch.unread
        (['vpr-1'], ('no such job',), ())
        """
        name, gateway, decode, _ = self._backend
        return gateway.run(Verb.GET_JOBS, batch.get_jobs(job_ids, name, self._repository.clock(), decode))

    def list_overdue(self, *, older_than: timedelta, limit: int = 100) -> Result[list[JobRecord]]:
        """List the unfinished jobs that nobody is at: PENDING, or PROCESSING with a lapsed lease; oldest first.

        It looks at the 10,000 oldest active jobs at most.

        Args:
            older_than: how long ago the job was created; more than jobs usually take, their time in the queue included.
            limit: how many at most, from 1 to 1,000.

        Returns:
            The records; or a code of `list_jobs`.

        >>> JobsOperator(repository).list_overdue(older_than=timedelta(hours=1)).unwrap()
        []
        """
        name, gateway, decode, _ = self._backend
        plan = overdue.list_overdue(name, older_than, limit, self._repository.clock(), decode)
        return self._with_index(gateway.run(Verb.LIST_OVERDUE, plan), ACTIVE_JOBS)

    def recover_jobs(
        self,
        *,
        older_than: timedelta,
        enqueue: Callable[[str], object] | None = None,
        limit: int = 100,
        adopt_unleased: bool = False,
    ) -> Result[Recovery]:
        """Put overdue jobs back to PENDING, end those that have no attempt left, and send them to the queue.

        A job whose worker let its lease lapse is put back, with an entry in `errors`; a slow worker that still has it
        gets LEASE_LOST. A job that waits is not changed. Each write asks again whether the job is still as it was
        read, so that a claim which comes first wins. Without `enqueue` no message is sent by anybody.

        Args:
            older_than: as in `list_overdue`. A job that still waits in the queue gets a second message, which does no
                harm.
            enqueue: called with the id of each job that was put back or waits. Where it raises, the id stands in
                `to_enqueue`.
            limit: how many jobs at most, from 1 to 1,000.
            adopt_unleased: also put back jobs that are PROCESSING without a lease, from workers that use
                `update_job_status`; nothing shows whether those are still alive.

        Returns:
            The `Recovery`; or a code of `list_jobs`.

        >>> recovery = JobsOperator(repository).recover_jobs(older_than=timedelta(hours=1), enqueue=print).unwrap()
        >>> recovery.put_back, recovery.to_enqueue
        ((), ())
        """
        name, gateway, decode, _ = self._backend
        now = self._repository.clock()
        sweep = recovery.recover_jobs(name, older_than, enqueue, limit, now, decode, adopt_unleased=adopt_unleased)
        return self._with_index(gateway.sweep(Verb.RECOVER, sweep), ACTIVE_JOBS)

    def retry_job(self, job_id: str, *, enqueue: Callable[[str], object] | None = None) -> Result[JobRecord]:
        """Give a FAILED job all of its attempts again: it is PENDING, and its `errors` are kept.

        Times and marks of the last attempt are removed; fields such as `result_key` stay, and so does `ttl`: a job that
        expires soon may not be claimed in time. Without `enqueue` no message is sent by anybody.

        Args:
            job_id: the job's id.
            enqueue: called with the id after the write. What it raises comes out: the job is PENDING then, and its
                message has to be sent.

        Returns:
            The record; or INVALID_TRANSITION (the job is not FAILED; the record is in `.record`), NOT_FOUND (absent
            or expired), VALIDATION_ERROR, CORRUPT_RECORD, CONFLICT, THROTTLED, UNAVAILABLE, ACCESS_DENIED,
            CONFIG_ERROR, DYNAMODB_ERROR.

        >>> cancelled = repository.cancel_job("vpr-1").unwrap()
        >>> JobsOperator(repository).retry_job("vpr-1", enqueue=print).unwrap()["status"]
        vpr-1
        'PENDING'
        >>> JobsOperator(repository).retry_job("vpr-1").code
        <ResultCode.INVALID_TRANSITION: 'INVALID_TRANSITION'>
        """
        _, gateway, decode, _ = self._backend
        result = gateway.run(Verb.RETRY, retrying.retry(job_id, uuid4().hex, self._repository.clock(), decode))
        if result and enqueue is not None:
            enqueue(job_id)
        return result

    def purge_jobs(
        self,
        *,
        older_than: timedelta,
        status: JobStatus | str | None = None,
        dry_run: bool = True,
        limit: int | None = None,
    ) -> Result[Purge]:
        """Delete finished jobs, each on condition that it is still as it was read.

        This scans the whole table and is billed for every record in it; `ttl` deletes for nothing.

        Args:
            older_than: how long ago the job had its end; where the record does not say, its beginning.
            status: COMPLETED or FAILED; without it both.
            dry_run: delete nothing, and say what would go.
            limit: how many jobs at most; None for all.

        Returns:
            The `Purge`; or VALIDATION_ERROR, or the code of what stopped it before anything was deleted: THROTTLED,
            UNAVAILABLE, ACCESS_DENIED, CONFIG_ERROR, CORRUPT_RECORD, DYNAMODB_ERROR. After that, `stopped_by` has it.

        >>> cancelled = repository.cancel_job("vpr-1").unwrap()
        >>> JobsOperator(repository).purge_jobs(older_than=timedelta(days=30)).unwrap().jobs
        ()
        """
        asked = purging.Purging(older_than, status, dry_run, limit)
        return self._backend.gateway.sweep(Verb.PURGE, purging.purge_jobs(asked, self._repository.clock()))

    def stats(self, *, whole_table: bool = False) -> Result[Stats]:
        """Count the active jobs by status, or all jobs; expired ones do not count.

        Args:
            whole_table: scan the whole table, which is billed for every record in it. Without it the active jobs are
                counted: their keys are read from the index, and of each its record.

        Returns:
            The `Stats`; or a code of `list_jobs`.

        >>> JobsOperator(repository).stats(whole_table=True).unwrap().counts["PENDING"] > 0
        True
        """
        name, gateway, _, _ = self._backend
        sweep = counting.count_jobs(name, self._repository.clock(), whole_table=whole_table)
        return self._with_index(gateway.sweep(Verb.STATS, sweep), ACTIVE_JOBS)

    def verify_table(self, *, optional_indexes: bool | Iterable[str] = True) -> Result[list[Finding]]:
        """Compare the live table with its description; the function `verify_table` is the same without a repository.

        Args:
            optional_indexes: which of them must be there; an operator needs both.

        Returns:
            As the function.

        >>> [finding.severity for finding in JobsOperator(repository).verify_table().unwrap()]
        ['advice', 'advice']
        """
        name, gateway, _, _ = self._backend
        return verify(gateway, name, self._repository.idempotency_index, optional_indexes)

    def _with_index(self, result: Result[T], index: Index) -> Result[T]:
        """Say how to add an optional index, where the answer is that the table lacks it."""
        return index_missing(self._backend.table_name, index) if is_index_missing(result) else result
