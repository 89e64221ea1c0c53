import os
import sys

from pynamodb.attributes import MapAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model


class Job(Model):
    class Meta:
        table_name = "jobs-bench"
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


job = Job.get(sys.argv[1], consistent_read=True)

os._exit(0 if job.job_id == sys.argv[1] else 1)
