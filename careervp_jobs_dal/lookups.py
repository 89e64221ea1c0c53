"""The reads that know expiry and users: for whoever submitted a job and wants to see it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careervp_jobs_dal import finding
from careervp_jobs_dal.records import JobRecords
from careervp_jobs_dal.status import JobStatus
from careervp_jobs_dal.table import STATUS
from careervp_jobs_dal.waiting import wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import timedelta

    from careervp_jobs_dal.job import JobRecord
    from careervp_jobs_dal.result import Result


class JobLookups(JobRecords):
    """What a job's user asks; `JobsRepository` explains the arguments."""

    def find_job(self, job_id: str, *, user_id: str | None = None) -> Result[JobRecord]:
        """Read one job, strongly consistent, as its user may see it.

        Args:
            job_id: the job's id.
            user_id: where given, another user's job is not found. An id alone is no permission.

        Returns:
            The record; or NOT_FOUND, the same for a job that is absent, expired or another user's; or
            CORRUPT_RECORD, THROTTLED, UNAVAILABLE, ACCESS_DENIED, CONFIG_ERROR, DYNAMODB_ERROR.

        >>> repository.find_job("vpr-1").unwrap()["status"]
        'PENDING'
        >>> repository.find_job("vpr-1", user_id="user-2").code
        <ResultCode.NOT_FOUND: 'NOT_FOUND'>
        """
        return self._gateway.run(finding.find(job_id, user_id, self.clock(), self._decode), "find")

    def find_status(
        self,
        job_id: str,
        *,
        user_id: str | None = None,
        fields: Iterable[str] = (),
        consistent: bool = False,
    ) -> Result[JobRecord]:
        """Read the part of a job that changes while it runs: for polls, at half the price of `find_job`.

        Args:
            job_id: the job's id.
            user_id: as in `find_job`.
            fields: further attributes to read, such as `result_key`; at most 100.
            consistent: pay twice for a strongly consistent read. Without it, a change of the last second can be missed;
                a job that is missed is asked for again with it.

        Returns:
            The record, reduced to `job_id`, `status`, `created_at`, `attempt`, `progress`, `error`, `completed_at`,
            `cancelled_at` and `fields`, as far as it has them. The result's `retry_after` says when to ask again: after
            a quarter of the job's age, in whole seconds from 1 to 30; None once it is finished. Or VALIDATION_ERROR (of
            `fields`), or a code of `find_job`.

        >>> found = repository.find_status("vpr-1", fields=["result_key"])
        >>> found.unwrap()["status"], found.retry_after
        ('PENDING', datetime.timedelta(seconds=30))
        """
        plan = finding.find_status(job_id, user_id, fields, self.clock(), self._decode, consistent=consistent)
        return self._gateway.run(plan, "find_status")

    def wait_for_job(
        self,
        job_id: str,
        timeout: timedelta,
        *,
        user_id: str | None = None,
        on_change: Callable[[JobRecord], object] | None = None,
    ) -> Result[JobRecord]:
        """Poll a job until it is finished: for scripts and tests, not for Lambda.

        Args:
            job_id: the job's id.
            timeout: how long to wait at most.
            user_id: as in `find_job`.
            on_change: called with what `find_status` shows, once at first and then whenever it has changed.

        Returns:
            The finished record, COMPLETED or FAILED; or UNAVAILABLE after `timeout` (the part that was seen last is
            in `.record`); or a code of `find_job` that is not retryable.

        >>> repository.wait_for_job("no such job", timedelta(seconds=1)).code
        <ResultCode.NOT_FOUND: 'NOT_FOUND'>
        """

        def look() -> Result[JobRecord]:
            seen = self.find_status(job_id, user_id=user_id)
            ended = seen.data is not None and JobStatus(seen.data[STATUS]).finished
            # The end that an eventually consistent read shows can be that of a life before a retry.
            return self.find_status(job_id, user_id=user_id, consistent=True) if ended else seen

        seen = wait(look, timeout, on_change)
        return self.find_job(job_id, user_id=user_id) if seen else seen
