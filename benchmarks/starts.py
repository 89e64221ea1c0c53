"""Programs that start, read the job whose id is the second argument, and end with 0 where it is the right one.

Each is what its contender's users would write; further arguments name what a real function has beside it. Taking the
interpreter down is not part of a start, so all end hard.
"""

import os
import sys
from typing import Any

TABLE = "jobs-bench"
contender, job_id, *more = sys.argv[1:]
job: Any

if "Logger" in more:
    from aws_lambda_powertools import Logger

    Logger(service="bench")

match contender:
    case "boto3.Table":
        import boto3

        table = boto3.resource("dynamodb").Table(TABLE)
        job = table.get_item(Key={"job_id": job_id}, ConsistentRead=True)["Item"]
    case "boto3.Client":
        import boto3
        from boto3.dynamodb.types import TypeDeserializer

        client = boto3.client("dynamodb")
        item = client.get_item(TableName=TABLE, Key={"job_id": {"S": job_id}}, ConsistentRead=True)["Item"]
        deserialize = TypeDeserializer().deserialize
        job = {name: deserialize(value) for name, value in item.items()}
    case "pynamodb.Jobs":
        from pynamodb.attributes import MapAttribute, NumberAttribute, UnicodeAttribute
        from pynamodb.models import Model

        class PynamoJob(Model):
            class Meta:
                table_name = TABLE
                host = os.environ["AWS_ENDPOINT_URL_DYNAMODB"]
                region = os.environ["AWS_DEFAULT_REGION"]

            job_id = UnicodeAttribute(hash_key=True)
            idempotency_key = UnicodeAttribute()
            user_id = UnicodeAttribute()
            application_id = UnicodeAttribute()
            status = UnicodeAttribute()
            created_at = UnicodeAttribute()
            started_at = UnicodeAttribute(null=True)
            ttl = NumberAttribute(null=True)
            cost_usd = NumberAttribute(null=True)
            token_usage = MapAttribute(null=True)

        job = {"job_id": PynamoJob.get(job_id, consistent_read=True).job_id}
    case "dyntastic.Jobs":
        from decimal import Decimal

        from dyntastic import Dyntastic

        class DyntasticJob(Dyntastic):
            __table_name__ = TABLE
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

        job = {"job_id": DyntasticJob.get(job_id, consistent_read=True).job_id}
    case "pydynox.Jobs":
        from pydynox import DynamoDBClient

        endpoint, region = os.environ["AWS_ENDPOINT_URL_DYNAMODB"], os.environ["AWS_DEFAULT_REGION"]
        job = DynamoDBClient(endpoint_url=endpoint, region=region).sync_get_item(
            TABLE, {"job_id": job_id}, consistent_read=True
        )
    case "library.Jobs":
        from careervp_jobs_dal import JobsRepository

        job = JobsRepository(TABLE).get_job(job_id)

if "SQS" in more:
    import boto3

    boto3.client("sqs")

os._exit(0 if job and job["job_id"] == job_id else 1)
