import os
import sys

from careervp_jobs_dal import JobsRepository

job = JobsRepository("jobs-bench").get_job(sys.argv[1]) or {}

os._exit(0 if job["job_id"] == sys.argv[1] else 1)
