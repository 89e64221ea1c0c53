"""Dead-letter handler: ends the jobs whose messages became dead letters."""

from __future__ import annotations

from aws_lambda_powertools import Logger, Metrics

from careervp_jobs_dal import DeadLetterHandler, JobMetrics, JobsRepository

# Set POWERTOOLS_SERVICE_NAME: by that name the library's log lines find this logger.
logger = Logger()
metrics = Metrics(namespace="CareerVP")
jobs = JobsRepository(on_event=JobMetrics(metrics))
handler = DeadLetterHandler(
    jobs, public_error="We could not make your report. Please try again."
)
lambda_handler = metrics.log_metrics(handler)
