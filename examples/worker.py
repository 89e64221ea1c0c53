"""Worker handler: takes jobs from SQS, makes their reports and stores them in S3."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from careervp_jobs_dal import (
    Claim,
    JobMetrics,
    JobsRepository,
    JobWorker,
    PublicError,
    S3Results,
)

# Read at import: a missing setting stops the deployment, not the first job.
RESULTS_BUCKET = os.environ["VPR_RESULTS_BUCKET"]
# Leads from a record to the log of its worker.
WORKER_ID = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
LONGEST_REPORT = timedelta(seconds=90)

# Set POWERTOOLS_SERVICE_NAME: by that name the library's log lines find this logger.
logger = Logger()
metrics = Metrics(namespace="CareerVP")
jobs = JobsRepository(on_event=JobMetrics(metrics))
processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


def make_the_report(claim: Claim) -> tuple[dict[str, Any], dict[str, Any]]:
    """Make one job's report, and return it with what the record is to say of it."""
    # Leads from each line to the record, and to the line of its submission.
    logger.set_correlation_id(claim.job_id)
    report = make_report(claim.job["input_data"])
    logger.info("Report made", extra={"attempt": claim.attempt})
    tokens = {"input": 7500, "output": 2200}  # as the model's answer states them
    return report, {"token_usage": tokens, "cost_usd": 0.0123}


# Two workers can get here with one job. The store keeps each report under its own
# claim. The record names the report of the worker that held the job in the end.
# A PublicError would come again with every attempt, so it fails the job. Any other
# exception puts the job back.
worker = JobWorker(
    jobs,
    make_the_report,
    results=S3Results(RESULTS_BUCKET, prefix="reports/"),
    permanent=(PublicError,),
    min_remaining=LONGEST_REPORT,
    worker_id=WORKER_ID,
)
lambda_handler = metrics.log_metrics(worker)


@metrics.log_metrics
def batch_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Do the same with powertools' BatchProcessor."""
    return process_partial_response(event, worker.handle_record, processor, context)


def make_report(input_data: dict[str, Any]) -> dict[str, Any]:
    """Make a Value Proposition Report; a pure function in place of the language model.

    Raises:
        PublicError: the job posting names no responsibilities.
    """
    posting = input_data["job_posting"]
    if not posting.get("responsibilities"):
        raise PublicError("The job posting names no responsibilities.")
    return {
        "application_id": input_data["application_id"],
        "role_title": posting["role_title"],
        "value_propositions": [
            {
                "responsibility": each,
                "evidence": evidence(each, input_data["gap_responses"]),
            }
            for each in posting["responsibilities"]
        ],
    }


def evidence(responsibility: str, answers: list[dict[str, Any]]) -> list[str]:
    """Name the three answers that share most words with a responsibility."""
    words = set(responsibility.lower().split())

    def closeness(answer: dict[str, Any]) -> int:
        return len(words.intersection(answer["answer"].lower().split()))

    closest = sorted(answers, key=closeness, reverse=True)[:3]
    return [answer["question_id"] for answer in closest if closeness(answer)]
