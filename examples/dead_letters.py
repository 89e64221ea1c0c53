"""Dead-letter handler: ends the jobs whose messages the workers' queue has given up, and tells their users."""

from __future__ import annotations

from aws_lambda_powertools import Logger

from careervp_jobs_dal import DeadLetterHandler, JobsRepository

# The function's environment sets POWERTOOLS_SERVICE_NAME: by that name alone the library's log lines find this logger.
logger = Logger()
jobs = JobsRepository()
lambda_handler = DeadLetterHandler(jobs, public_error="We could not make your report. Please try again.")
