"""dyntastic: a pydantic model. It knows no ALL_NEW, so that an update is followed by a read of its own."""

import os
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from dyntastic import A, Dyntastic

from benchmarks.contenders.by_hand import POOL, ByHand
from benchmarks.records import INDEX, TABLE, Record, exact


class Job(Dyntastic):
    __table_name__ = TABLE
    __hash_key__ = "job_id"
    __table_host__ = os.environ["AWS_ENDPOINT_URL_DYNAMODB"]
    __table_region__ = os.environ["AWS_DEFAULT_REGION"]

    job_id: str
    idempotency_key: str = ""
    user_id: str = ""
    application_id: str = ""
    status: str = ""
    created_at: str = ""
    started_at: str | None = None
    ttl: int | None = None
    result_key: str | None = None
    cost_usd: Decimal | None = None
    token_usage: dict[str, Any] | None = None
    input_data: dict[str, Any] | None = None


class Jobs(ByHand):
    """The model's class methods, on a session whose pool has room for the threads."""

    def __init__(self) -> None:
        session = botocore.session.get_session()
        session.set_default_client_config(Config(max_pool_connections=POOL))
        boto3.setup_default_session(botocore_session=session)

    def get(self, job_id: str) -> Any:
        return Job.get(job_id, consistent_read=True)

    def find(self, idempotency_key: str) -> Any:
        return next(Job.query(A.idempotency_key == idempotency_key, index=INDEX))

    def create(self, job: Record) -> Any:
        """Write the job, its floats as Decimals, since boto3 refuses floats."""
        created = Job(**exact(job))
        created.save(condition=A.job_id.not_exists())
        return created

    def move(self, job_id: str, sources: Sequence[str], target: str, fields: Record) -> Any:
        job = Job(job_id=job_id)
        actions = [A.status.set(target), *(getattr(A, name).set(value) for name, value in exact(fields).items())]
        job.update(*actions, condition=A.status.is_in(list(sources)), require_condition=True)
        return job

    def plain(self, answer: Any) -> Record:
        """Leave out what the model has and the record has not."""
        return dict(answer.model_dump(exclude_none=True))
