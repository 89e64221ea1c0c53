"""`JobsOperator`: list, recover, retry, purge, erase, count and verify, for the people who run the service.

Each method makes a plan or a sweep, and passes it to the gateway with its verb.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

from careervp_jobs_dal.infrastructure.verification import verify
from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.job.index import ACTIVE_JOBS, USER_JOBS, idempotency_index
from careervp_jobs_dal.job.instant import read_clock
from careervp_jobs_dal.job.nonce import new_nonce
from careervp_jobs_dal.job.verb import Verb
from careervp_jobs_dal.operations import (
    batch,
    counting,
    erasure,
    failed_listing,
    listing,
    overdue,
    purging,
    retrying,
    sweep,
)
from careervp_jobs_dal.operations.missing_index import with_index
from careervp_jobs_dal.operations.outbox import Outbox
from careervp_jobs_dal.repository import backend_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime, timedelta
    from uuid import UUID

    from careervp_jobs_dal.infrastructure.finding import Finding
    from careervp_jobs_dal.job.index import Index
    from careervp_jobs_dal.job.record import JobRecord
    from careervp_jobs_dal.job.status import JobStatus
    from careervp_jobs_dal.operations.batch import JobBatch
    from careervp_jobs_dal.operations.counting import Stats
    from careervp_jobs_dal.operations.erasure import Erasure
    from careervp_jobs_dal.operations.listing import JobPage
    from careervp_jobs_dal.operations.purging import Purge
    from careervp_jobs_dal.operations.sweep import Recovery
    from careervp_jobs_dal.repository import JobsRepository
    from careervp_jobs_dal.result import Failure, Success

T = TypeVar("T")


class JobsOperator:
    """Operator's calls on the jobs of a repository.

    Listing a user's jobs needs the table's optional index `user-jobs-index`, finding stuck and failed jobs needs
    `active-jobs-index`. Without the index the answer is CONFIG_ERROR, and says how to add it. A job of `create_job` is
    not in `active-jobs-index` before its first claim or its failure.

    Args:
        repository: the repository of the jobs; its clock, deadline and `id_secret` are used.
    """

    def __init__(self, repository: JobsRepository) -> None:
        self._repository = repository
        self._backend = backend_of(repository)

    def list_jobs(
        self,
        *,
        user_id: str | UUID,
        status: JobStatus | str | None = None,
        limit: int = 50,
        cursor: str | None = None,
        fields: Iterable[str] = (),
        kind: str | None = None,
    ) -> Success[JobPage] | Failure:
        """List a user's jobs, newest first; expired ones are hidden.

        Args:
            user_id: the user whose jobs are listed.
            status: list only jobs with this status. The filter follows the read, so a rare status costs more.
            limit: the most jobs of a page, from 1 to 1,000.
            cursor: the cursor of the previous page, with the same user, status and kind.
            fields: further attributes to read, such as `result_key`; at most 100. Without them the jobs have the
                library's attributes but `input_data`, which a list does not read.
            kind: list only jobs of this kind, by the name that their record has in `kind`; filtered like `status`.

        Returns:
            The `JobPage`, whose `unread` names the jobs whose records cannot be read; or VALIDATION_ERROR (a cursor
            that was changed, or is of another query, among others), CONFIG_ERROR (the index is missing, and the text
            says how to add it), THROTTLED, UNAVAILABLE, ACCESS_DENIED, DYNAMODB_ERROR.

        >>> submitted = repository.submit_job("application-9", {}, user_id="user-3").unwrap()
        >>> page = JobsOperator(repository).list_jobs(user_id="user-3").unwrap()
        >>> [job["job_id"] == submitted.job_id for job in page.jobs], page.cursor
        ([True], None)
        """
        asked = listing.Listing(user_id, status, limit, cursor, fields, kind)
        name, gateway, decode, secret = self._backend
        plan = listing.list_jobs(asked, name, secret, self._now(), decode)
        return self._with_index(gateway.run(Verb.LIST, plan), USER_JOBS)

    def iter_jobs(
        self,
        *,
        user_id: str | UUID,
        status: JobStatus | str | None = None,
        page_size: int = 50,
        fields: Iterable[str] = (),
        kind: str | None = None,
    ) -> Iterator[Success[JobPage] | Failure]:
        """Iterate over all pages of `list_jobs`; the last one can be a failure.

        Args:
            user_id: as in `list_jobs`.
            status: as in `list_jobs`.
            page_size: the `limit` of each page.
            fields: as in `list_jobs`.
            kind: as in `list_jobs`.

        Returns:
            An iterator over the results of `list_jobs`, which ends with the last page or the first failure.

        >>> submitted = repository.submit_job("application-9", {}, user_id="user-4")
        >>> pages = JobsOperator(repository).iter_jobs(user_id="user-4")
        >>> [job["status"] for page in pages for job in page.unwrap().jobs]
        ['PENDING']
        """
        cursor: str | None = None
        names = tuple(fields) if isinstance(fields, Iterator) else fields  # each page takes them anew
        while True:
            result = self.list_jobs(
                user_id=user_id, status=status, limit=page_size, cursor=cursor, fields=names, kind=kind
            )
            yield result
            cursor = result.data.cursor if result.data else None
            if cursor is None:
                return

    def get_jobs(self, job_ids: Iterable[str | UUID]) -> Success[JobBatch] | Failure:
        """Read many jobs by their ids, strongly consistent.

        One request reads up to 100 jobs. Expired ones count as missing.

        Args:
            job_ids: the ids; an id that is given twice is read once.

        Returns:
            The `JobBatch`, whose `unread` names the ids that DynamoDB left unprocessed until the deadline, and those of
            records that cannot be read; or VALIDATION_ERROR, THROTTLED, UNAVAILABLE, ACCESS_DENIED, CONFIG_ERROR,
            DYNAMODB_ERROR.

        >>> batch = JobsOperator(repository).get_jobs(["vpr-1", "no such job"]).unwrap()
        >>> list(batch.jobs), batch.missing, batch.unread
        (['vpr-1'], ('no such job',), ())
        """
        name, gateway, decode, _ = self._backend
        return gateway.run(Verb.GET_JOBS, batch.get_jobs(job_ids, name, self._now(), decode))

    def list_overdue(
        self,
        *,
        older_than: timedelta,
        limit: int = 100,
        fields: Iterable[str] = (),
        kind: str | None = None,
        user_id: str | UUID | None = None,
    ) -> Success[list[JobRecord]] | Failure:
        """List the overdue jobs, the longest overdue first.

        A job is overdue:

        - when a worker's lease has lapsed, for any `older_than`;
        - when a PENDING job could have been claimed for `older_than`: since it was created, put back or retried, since
          the end of its pause, or since a recovery last sent it;
        - when a job's `run_at` has come, and it was too far away for a message.

        The call looks at 10,000 jobs at most.

        Args:
            older_than: the time in which a worker takes a job from the queue; more than a message usually waits.
            limit: the most jobs to list, from 1 to 1,000.
            fields: as in `list_jobs`.
            kind: as in `list_jobs`; jobs of other kinds count among the 10,000.
            user_id: list only this user's jobs; those of other users count among the 10,000.

        Returns:
            The records as `list_jobs` has them, without those that cannot be read; or a code of `list_jobs`.

        >>> JobsOperator(repository).list_overdue(older_than=timedelta(hours=1)).unwrap()
        []
        """
        name, gateway, decode, _ = self._backend
        asked = overdue.Search(name, older_than, limit, self._now(), fields, kind=kind, user_id=user_id)
        return self._with_index(gateway.sweep(Verb.LIST_OVERDUE, overdue.list_overdue(asked, decode)), ACTIVE_JOBS)

    def list_failed(
        self,
        *,
        since: datetime,
        until: datetime | None = None,
        kind: str | None = None,
        cancelled: bool = True,
        limit: int = 100,
        cursor: str | None = None,
        fields: Iterable[str] = (),
        user_id: str | UUID | None = None,
    ) -> Success[JobPage] | Failure:
        """List the FAILED jobs of all users, the latest failure first, without expired ones.

        No scan is needed: the index keeps the failed jobs in partitions of their own. It has the jobs that failed with
        this version or a later one.

        Args:
            since: the earliest time of the failure, an aware datetime.
            until: the latest one; None for now. Give the pages of one list the same.
            kind: as in `list_jobs`.
            cancelled: whether to list cancelled jobs, which are FAILED and have `cancelled_at`.
            limit: the most jobs of a page, from 1 to 1,000.
            cursor: the cursor of the previous page, with the same `kind`, `cancelled` and `user_id`.
            fields: as in `list_jobs`.
            user_id: list only this user's jobs; those of other users are read as well.

        Returns:
            The `JobPage`, with the jobs' `error` and `errors`; or a code of `list_jobs`.

        >>> cancelled = repository.cancel_job("vpr-1").unwrap()
        >>> from datetime import UTC, datetime
        >>> an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
        >>> page = JobsOperator(repository).list_failed(since=an_hour_ago).unwrap()
        >>> [(job["job_id"], "cancelled_at" in job) for job in page.jobs], page.cursor
        ([('vpr-1', True)], None)
        """
        name, gateway, decode, secret = self._backend
        asked = failed_listing.Failures(since, until, kind, cancelled, limit, cursor, fields, user_id)
        found = failed_listing.list_failed(asked, name, secret, self._now(), decode)
        return self._with_index(gateway.sweep(Verb.LIST_FAILED, found), ACTIVE_JOBS)

    def recover_jobs(
        self,
        *,
        older_than: timedelta,
        enqueue: Callable[[str], object] | None = None,
        enqueue_by: Callable[[JobRecord], Callable[[str], object] | None] | None = None,
        limit: int = 100,
        adopt_unleased: bool = False,
        time_limit: timedelta | None = None,
        fields: Iterable[str] = (),
        kind: str | None = None,
        dry_run: bool = False,
        user_id: str | UUID | None = None,
    ) -> Success[Recovery] | Failure:
        """Bring overdue jobs back, and send them to the queue.

        A job whose worker let its lease lapse is put back to PENDING, with an entry in `errors`; a slow worker that
        still works on it then gets LEASE_LOST. Without an attempt left, the job is ended as FAILED. A PENDING job is
        marked as sent, and is not overdue again before `older_than` has passed. Each write requires that the job is
        unchanged since the read, so a claim in between wins, and of two recoveries at once one sends the message.
        Without `enqueue` or `enqueue_by` no message is sent.

        A job that cannot be read or written waits behind the others from then on. Requests run side by side, in 8
        threads; `enqueue` is called in the caller's.

        Args:
            older_than: as in `list_overdue`.
            enqueue: called with the id of each job that was put back or is PENDING, right after its write. If it
                raises, the id is in `to_enqueue`, and the job is overdue still.
            enqueue_by: chooses the `enqueue` of each job by its record, such as its `kind`; None leaves the id in
                `to_enqueue`. The record has no `input_data`. It takes the place of `enqueue`.
            limit: the most jobs to recover, from 1 to 1,000.
            adopt_unleased: also put back jobs that are PROCESSING without a lease, from workers that use
                `update_job_status`; nothing shows whether those are still alive.
            time_limit: the time after which no further job is begun; None for no limit.
            fields: further attributes of the record that `enqueue_by` gets; at most 100.
            kind: as in `list_overdue`.
            dry_run: change and send nothing, and only name the jobs by what would become of them. Their ids are in
                `to_enqueue` as well. A record that is too full to be changed shows only in earnest.
            user_id: as in `list_overdue`.

        Returns:
            The `Recovery`, whose `more` tells whether to recover again; or a code of `list_jobs`, where nothing could
            be done.

        >>> operator = JobsOperator(repository)
        >>> recovery = operator.recover_jobs(older_than=timedelta(hours=1)).unwrap()
        >>> recovery.put_back, recovery.to_enqueue, recovery.more
        ((), (), False)
        """
        name, gateway, decode, _ = self._backend
        search = overdue.Search(name, older_than, limit, self._now(), fields, adopt_unleased, kind, user_id)
        asked = sweep.Recovering(search, Outbox(enqueue, enqueue_by), time_limit, dry_run)
        return self._with_index(gateway.sweep(Verb.RECOVER, sweep.recover_jobs(asked, decode)), ACTIVE_JOBS)

    def retry_job(
        self, job_id: str | UUID, *, enqueue: Callable[[str], object] | None = None
    ) -> Success[JobRecord] | Failure:
        """Put a FAILED job back to PENDING, with all of its attempts again.

        Times and marks of the last attempt are removed, but `errors` are kept. Fields such as `result_key` stay. A
        `ttl` that would end before the next attempt is raised. Without `enqueue` no message is sent.

        Args:
            job_id: the job's id.
            enqueue: called with the id after the write. Its exceptions reach the caller: the job is PENDING then, and
                its message still has to be sent.

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
        result = gateway.run(Verb.RETRY, retrying.retry(job_id, new_nonce(), self._now(), decode))
        if result and enqueue is not None:
            enqueue(result.unwrap()[JOB_ID])
        return result

    def purge_jobs(
        self,
        *,
        older_than: timedelta,
        status: JobStatus | str | None = None,
        dry_run: bool = True,
        limit: int | None = None,
        kind: str | None = None,
        on_progress: Callable[[Purge], object] | None = None,
    ) -> Success[Purge] | Failure:
        """Delete old finished jobs.

        Each delete requires that the job is unchanged since the read. The call scans the whole table and is billed for
        every record in it; the time to live deletes records for free.

        Args:
            older_than: the least time since the job's end, or since its creation if the record has no end. Less than 15
                minutes count as 15: a copy of a submission that is still on its way must find its job.
            status: COMPLETED or FAILED; None for both.
            dry_run: delete nothing, and only name the jobs.
            limit: the most jobs to delete; None for all.
            kind: delete only jobs of this kind, by the name that their record has in `kind`.
            on_progress: called after each page of the scan with the report so far. Its exceptions reach the caller.

        Returns:
            The `Purge`; or VALIDATION_ERROR, or the code of a failure before the first delete: THROTTLED, UNAVAILABLE,
            ACCESS_DENIED, CONFIG_ERROR, CORRUPT_RECORD, DYNAMODB_ERROR. A later failure is in `stopped_by`.

        >>> cancelled = repository.cancel_job("vpr-1").unwrap()
        >>> JobsOperator(repository).purge_jobs(older_than=timedelta(days=30)).unwrap().jobs
        ()
        """
        asked = purging.Purging(older_than, status, dry_run, limit, kind, on_progress)
        return self._backend.gateway.sweep(Verb.PURGE, purging.purge_jobs(asked, self._now()))

    def erase_user(
        self,
        user_id: str | UUID,
        *,
        dry_run: bool = True,
        on_erase: Callable[[JobRecord], object] | None = None,
        on_progress: Callable[[Erasure], object] | None = None,
    ) -> Success[Erasure] | Failure:
        """Delete all jobs of a user, finished and active.

        An active job is cancelled first, or its worker is asked to stop; its job waits until it has ended. A job that
        was submitted less than 15 minutes ago waits as well, because a copy of its submission may still be on its way.
        So let the user submit no more, and call this again until the report is `complete`; a last call 15 minutes after
        the last submission finds late jobs. Each delete requires that the job is unchanged since the read.

        Args:
            user_id: the user whose jobs are erased. A record without `user_id` is not found.
            dry_run: change nothing, and only name the jobs.
            on_erase: called with each record, as `find_job` gives it, before it is deleted; deletes the job's data in
                other places, as `S3Results.erase` does. If it raises, the record stays, and its id is in `failed`. A
                later call calls it again, so it must accept that nothing is left to delete.
            on_progress: called after each page of 25 jobs with the report so far. Its exceptions reach the caller; a
                later call goes on.

        Returns:
            The `Erasure`; or VALIDATION_ERROR, or the code of a failure before the first job: CONFIG_ERROR (the index
            is missing, and the text says how to add it), THROTTLED, UNAVAILABLE, ACCESS_DENIED, DYNAMODB_ERROR. A later
            failure is in `stopped_by`.

        >>> submitted = repository.submit_job("application-9", {}, user_id="user-5").unwrap()
        >>> erasure = JobsOperator(repository).erase_user("user-5", dry_run=False).unwrap()
        >>> erasure.waiting == (submitted.job_id,), erasure.complete  # it is too young
        (True, False)
        """
        name, gateway, decode, secret = self._backend
        asked = erasure.Erasing(user_id, dry_run, on_erase, on_progress)
        erasing = erasure.erase_user(asked, name, secret, self._now(), decode)
        return self._with_index(gateway.sweep(Verb.ERASE_USER, erasing), USER_JOBS)

    def stats(self, *, whole_table: bool = False, kind: str | None = None) -> Success[Stats] | Failure:
        """Count the unfinished jobs by status, or all jobs; expired ones do not count.

        Args:
            whole_table: scan the whole table, which is billed for every record in it. Without it only the
                unfinished jobs are counted: their keys are read from the index, and their records from the table.
            kind: count only jobs of this kind, by the name that their record has in `kind`.

        Returns:
            The `Stats`; or a code of `list_jobs`.

        >>> JobsOperator(repository).stats(whole_table=True).unwrap().counts["PENDING"] > 0
        True
        """
        name, gateway, _, _ = self._backend
        counted = counting.count_jobs(name, self._now(), whole_table=whole_table, kind=kind)
        return self._with_index(gateway.sweep(Verb.STATS, counted), ACTIVE_JOBS)

    def verify_table(
        self, *, optional_indexes: bool | Iterable[str] = True, one_region_writes: bool = False
    ) -> Success[list[Finding]] | Failure:
        """Compare the live table with its description.

        The function `verify_table` does the same without a repository.

        Args:
            optional_indexes: the optional indexes that must exist; an operator needs both.
            one_region_writes: as for the function.

        Returns:
            As the function.

        >>> [finding.severity for finding in JobsOperator(repository).verify_table().unwrap()]
        ['advice', 'advice']
        """
        name, gateway, _, _ = self._backend
        index = idempotency_index(self._repository.idempotency_index)
        return verify(gateway, name, index, optional_indexes, one_region_writes=one_region_writes)

    def _now(self) -> datetime:
        return read_clock(self._repository.clock)

    def _with_index(self, result: Success[T] | Failure, index: Index) -> Success[T] | Failure:
        """Explain how to add an optional index, if the table lacks it."""
        return with_index(result, self._backend.table_name, index)
