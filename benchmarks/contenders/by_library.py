"""This library, on each of its two ways to DynamoDB."""

from datetime import timedelta
from typing import Any, Literal

from benchmarks.records import ENDING, POLLS, TABLE, Record
from careervp_jobs_dal import JobsRepository

LEASE = timedelta(minutes=5)


class Jobs:
    """One repository for all threads, through boto3."""

    transport: Literal["boto3", "auto"] = "boto3"
    way = "boto3"

    def __init__(self) -> None:
        self._jobs = JobsRepository(TABLE, on_read_error="raise", transport=self.transport)
        if not self._jobs.transport.startswith(self.way):
            raise RuntimeError(self._jobs.transport)

    def get(self, job_id: str) -> Any:
        return self._jobs.get_job(job_id)

    def update(self, job_id: str) -> Any:
        return self._jobs.update_job_status(job_id, "PROCESSING", fields=ENDING).unwrap()

    def create(self, job: Record) -> Any:
        return self._jobs.create_job(job).unwrap()

    def submit(self, job: Record) -> Any:
        return self._submit(job).job

    def life(self, job: Record) -> Any:
        job_id = self._submit_twice(job)
        claim = self._jobs.claim_job(job_id, lease=LEASE).unwrap()
        self._jobs.complete_job(claim, fields=ENDING).unwrap()
        for _ in range(POLLS):
            answer = self._jobs.find_status(job_id).unwrap()
        return answer

    def once(self, job: Record) -> Any:
        return self._jobs.update_job_status(self._submit_twice(job), "COMPLETED", fields=ENDING).unwrap()

    def _submit_twice(self, job: Record) -> str:
        submitted = self._submit(job)
        if not submitted.created or self._submit(job).created:
            raise RuntimeError("The duplicate was not noticed")
        return str(submitted.job_id)

    def _submit(self, job: Record) -> Any:
        user, application = job["user_id"], job["application_id"]
        key, payload = job["idempotency_key"], job["input_data"]
        return self._jobs.submit_job(key, payload, user_id=user, application_id=application).unwrap()

    def plain(self, answer: Any) -> Record:
        """Turn an answer into a dict; a poll gives an object."""
        return dict(answer) if isinstance(answer, dict) else {"job_id": answer.job_id, "status": answer.status}


class Direct(Jobs):
    """The same on the direct way, which "auto" takes in a Lambda function."""

    transport = "auto"
    way = "direct"
