"""`JobsOperator`: what people who run the service need: list, recover, retry, purge, count, verify.

Each method makes plans and hands them to the repository's gateway.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from careervp_jobs_dal import batch, census, listing, overdue, recovery, sweep
from careervp_jobs_dal.invalid import InvalidInputError
from careervp_jobs_dal.job import check_age, check_limit
from careervp_jobs_dal.refusal import failed, invalid
from careervp_jobs_dal.remedy import index_missing, is_index_missing
from careervp_jobs_dal.repository import DEFAULT_MAX_ATTEMPTS
from careervp_jobs_dal.result import Result
from careervp_jobs_dal.table import ACTIVE_JOBS, USER_JOBS
from careervp_jobs_dal.tally import Tally
from careervp_jobs_dal.verification import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime, timedelta

    from careervp_jobs_dal.answer import JobBatch, JobPage, Purge, Recovery, Stats
    from careervp_jobs_dal.inspection import Finding
    from careervp_jobs_dal.job import JobRecord
    from careervp_jobs_dal.plan import Step
    from careervp_jobs_dal.repository import JobsRepository
    from careervp_jobs_dal.status import JobStatus
    from careervp_jobs_dal.table import Index

T = TypeVar("T")

MAX_JOBS = 1000


class JobsOperator:
    """What people who run the service do with the jobs of a repository.

    Listing needs the table's optional index `user-jobs-index`, finding stuck jobs `active-jobs-index`; without it the
    answer is CONFIG_ERROR and says how to add it. Jobs of `create_job` are not on the second one.

    Args:
        repository: where the jobs are; its clock, deadline and `id_secret` are used.
    """

    def __init__(self, repository: JobsRepository) -> None:
        self._repository = repository

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
        repository = self._repository
        secret = repository._policy.id_secret
        step = listing.list_jobs(asked, repository.table_name, secret, repository.clock(), repository._decode)
        return self._run(step, USER_JOBS)

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
        repository = self._repository
        step = batch.get_jobs(job_ids, repository.table_name, repository.clock(), repository._decode)
        return repository._gateway.run(step)

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
        now = self._repository.clock()
        found = self._find("list_overdue", older_than, limit, now)
        if found.data is None:
            return failed(found)
        return Result.success([self._repository._decode(record) for record in found.data.jobs])

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
        now = self._repository.clock()
        found = self._find("recover", older_than, limit, now, adopt_unleased=adopt_unleased)
        if found.data is None:
            return failed(found)
        asked = sweep.Recovering(enqueue, DEFAULT_MAX_ATTEMPTS, now, self._repository._decode)
        return sweep.recover_all(self._repository._gateway.run, found.data, asked)

    def retry_job(self, job_id: str, *, enqueue: Callable[[str], object] | None = None) -> Result[JobRecord]:
        """Give a FAILED job all of its attempts again: it is PENDING, and its `errors` are kept.

        Marks of a cancellation, times and the result of the last attempt are removed; `ttl` stays. Without `enqueue`
        no message is sent by anybody.

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
        repository = self._repository
        step = recovery.retry(job_id, uuid4().hex, repository.clock(), repository._decode)
        result = repository._gateway.run(step)
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
        try:
            asked = sweep.purging(older_than, status, limit, self._repository.clock(), dry_run=dry_run)
        except InvalidInputError as refused:
            return invalid(refused)
        return sweep.purge(self._repository._gateway.run, asked)

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
        tally = Tally(self._repository.clock())
        for page in self._all_pages() if whole_table else self._active_pages():
            if page.data is None:
                return failed(page)
            tally.add(page.data.items, active_only=not whole_table)
        return Result.success(tally.stats(whole_table=whole_table))

    def verify_table(self, *, optional_indexes: bool | Iterable[str] = True) -> Result[list[Finding]]:
        """Compare the live table with its description; the function `verify_table` is the same without a repository.

        Args:
            optional_indexes: which of them must be there; an operator needs both.

        Returns:
            As the function.

        >>> [finding.severity for finding in JobsOperator(repository).verify_table().unwrap()]
        ['advice', 'advice']
        """
        repository = self._repository
        return verify(repository._gateway, repository.table_name, repository.idempotency_index, optional_indexes)

    def _all_pages(self) -> Iterator[Result[census.Page]]:
        return sweep.pages(self._repository._gateway.run, census.scan_all)

    def _active_pages(self) -> Iterator[Result[census.Page]]:
        for shard in overdue.SHARDS:
            plan = partial(census.read_shard, self._repository.table_name, shard)
            yield from sweep.pages(partial(self._run, index=ACTIVE_JOBS), plan)

    def _find(
        self, verb: str, older_than: timedelta, limit: int, now: datetime, *, adopt_unleased: bool = False
    ) -> Result[overdue.Stuck]:
        try:
            check_age(older_than)
            check_limit(limit, MAX_JOBS)
        except InvalidInputError as refused:
            return invalid(refused)
        search = overdue.Search(self._repository.table_name, verb, now - older_than, limit, now, adopt_unleased)
        return self._run(overdue.find_overdue(search), ACTIVE_JOBS)

    def _run(self, step: Step[T], index: Index) -> Result[T]:
        result = self._repository._gateway.run(step)
        return index_missing(self._repository.table_name, index) if is_index_missing(result) else result
