import os
import sys

from careervp_jobs_dal import JobsRepository

job = JobsRepository("jobs-bench").get_job(sys.argv[1]) or {}

import boto3  # noqa: E402  # after the library, which has imported it by now

queue = boto3.client("sqs")

os._exit(0 if job["job_id"] == sys.argv[1] else 1)
