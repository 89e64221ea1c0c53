"""PynamoDB: a model object, its request a raw MapAttribute."""

import os
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from pynamodb.attributes import MapAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from benchmarks.contenders.by_hand import POOL, ByHand
from benchmarks.records import INDEX, TABLE, Record


class ByKey(GlobalSecondaryIndex):
    class Meta:
        index_name = INDEX
        projection = AllProjection()

    idempotency_key = UnicodeAttribute(hash_key=True)


class Job(Model):
    class Meta:
        table_name = TABLE
        host = os.environ["AWS_ENDPOINT_URL_DYNAMODB"]
        region = os.environ["AWS_DEFAULT_REGION"]
        max_pool_connections = POOL

    job_id = UnicodeAttribute(hash_key=True)
    idempotency_key = UnicodeAttribute()
    user_id = UnicodeAttribute()
    application_id = UnicodeAttribute()
    status = UnicodeAttribute()
    created_at = UnicodeAttribute()
    started_at = UnicodeAttribute(null=True)
    ttl = NumberAttribute(null=True)
    result_key = UnicodeAttribute(null=True)
    cost_usd = NumberAttribute(null=True)
    token_usage: MapAttribute[Any, Any] = MapAttribute(null=True)
    input_data: MapAttribute[Any, Any] = MapAttribute(null=True)

    by_key = ByKey()


class Jobs(ByHand):
    """The model's class methods."""

    def get(self, job_id: str) -> Any:
        return Job.get(job_id, consistent_read=True)

    def find(self, idempotency_key: str) -> Any:
        return next(iter(Job.by_key.query(idempotency_key)))

    def create(self, job: Record) -> Any:
        created = Job(**job)
        created.save(Job.job_id.does_not_exist())
        return created

    def move(self, job_id: str, sources: Sequence[str], target: str, fields: Record) -> Any:
        job = Job(job_id)
        actions = [Job.status.set(target), *(getattr(Job, name).set(value) for name, value in fields.items())]
        job.update(actions, condition=reduce(or_, (Job.status == source for source in sources)))
        return job

    def plain(self, answer: Any) -> Record:
        """Leave out what the model has and the record has not."""
        there = {name: value for name, value in answer.attribute_values.items() if value is not None}
        return {name: value.as_dict() if isinstance(value, MapAttribute) else value for name, value in there.items()}
