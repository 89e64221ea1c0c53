import os
import sys
from decimal import Decimal
from typing import Any

from dyntastic import Dyntastic


class Job(Dyntastic):
    __table_name__ = "jobs-bench"
    __hash_key__ = "job_id"
    __table_host__ = os.environ["AWS_ENDPOINT_URL_DYNAMODB"]
    __table_region__ = os.environ["AWS_DEFAULT_REGION"]

    job_id: str
    idempotency_key: str
    user_id: str
    application_id: str
    status: str
    created_at: str
    started_at: str | None = None
    ttl: int | None = None
    cost_usd: Decimal | None = None
    token_usage: dict[str, Any] | None = None


job = Job.get(sys.argv[1], consistent_read=True)

os._exit(0 if job.job_id == sys.argv[1] else 1)
