import os
import sys

from pydynox import DynamoDBClient

client = DynamoDBClient(endpoint_url=os.environ["AWS_ENDPOINT_URL_DYNAMODB"], region=os.environ["AWS_DEFAULT_REGION"])
job = client.sync_get_item("jobs-bench", {"job_id": sys.argv[1]}, consistent_read=True) or {}

os._exit(0 if job["job_id"] == sys.argv[1] else 1)
