"""The heartbeat of a work: a thread that renews the claim and hides the message while the work runs.

    work          |------------------------------------|
    heartbeat     |----- renew ----- renew ----- renew-|  ends with the work
    lease         |--------------|
                         |--------------|
                                  |--------------|
    a dead worker         nothing renews: the lease lapses, the message returns, another worker takes over

Lambda freezes a process between two invocations, and never within one. So the thread ends with the work.
"""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

from careervp_jobs_dal.aws.log import frames_of, write_line
from careervp_jobs_dal.job.snapshot import LEASE_MARGIN

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from types import TracebackType

    from careervp_jobs_dal.job.record import Claim
    from careervp_jobs_dal.repository import JobsRepository
    from careervp_jobs_dal.worker.visibility import Receipt


class Heartbeat:
    """Heartbeat of one claim, from the beginning to the end of a `with` block.

    Args:
        repository: the repository of the job.
        claim: the claim; its `stop_requested` is set when the work should stop.
        every: the time between two beats.
        lease: returns the lease that a beat asks for.
        receipt: the receipt of the job's message.
    """

    def __init__(
        self,
        repository: JobsRepository,
        claim: Claim,
        every: timedelta,
        lease: Callable[[], timedelta],
        receipt: Receipt,
    ) -> None:
        self._repository = repository
        self._claim = claim
        self._seconds = every.total_seconds()
        self._lease = lease
        self._receipt = receipt
        self._ended = Event()
        self._thread = Thread(target=self._run, name=f"heartbeat-{claim.claim_id}", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        # No beat may come after the job's end: it would hide a message that has its own time by then.
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._seconds):
            try:
                goes_on = self._beat()
            except Exception as error:  # of a clock or a hook of the application
                goes_on = True
                facts = {"job_id": self._claim.job_id, "exception": type(error).__name__, "frames": frames_of(error)}
                write_line("warning", f"A heartbeat of job {self._claim.job_id} failed", facts)
            if not goes_on:
                return

    def _beat(self) -> bool:
        """Renew once, and tell whether another beat is of use."""
        lease = self._lease()
        renewed = self._repository.renew_claim(self._claim, lease=lease)
        if not renewed:
            if renewed.code.retryable:
                return True
            facts = {"job_id": self._claim.job_id, "attempt": self._claim.attempt, "code": renewed.code}
            write_line("warning", f"Job {self._claim.job_id} is lost ({renewed.code}): its work is to stop", facts)
            self._claim.stop_requested.set()
            return False
        if renewed.data.cancel_requested:
            self._claim.stop_requested.set()
        self._receipt.hide(lease + LEASE_MARGIN)
        return True
