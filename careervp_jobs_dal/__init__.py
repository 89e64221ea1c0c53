"""Job records of asynchronous services in DynamoDB: created once, moved only forward, read as plain dicts.

The package loads each public name on its first use, and boto3 with the first call.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.version import __version__ as __version__

if TYPE_CHECKING:  # for type checkers; a test compares these names with the modules below
    from careervp_jobs_dal.asynchronous import AsyncJobsOperator as AsyncJobsOperator
    from careervp_jobs_dal.asynchronous import AsyncJobsRepository as AsyncJobsRepository
    from careervp_jobs_dal.aws.job_sender import Dispatch as Dispatch
    from careervp_jobs_dal.aws.job_sender import JobSender as JobSender
    from careervp_jobs_dal.changes import ChangeKind as ChangeKind
    from careervp_jobs_dal.changes import JobChange as JobChange
    from careervp_jobs_dal.changes import read_change as read_change
    from careervp_jobs_dal.changes import read_changes as read_changes
    from careervp_jobs_dal.codec.payload import PayloadCodec as PayloadCodec
    from careervp_jobs_dal.expressions import UpdateExpression as UpdateExpression
    from careervp_jobs_dal.expressions import build_update_expression as build_update_expression
    from careervp_jobs_dal.infrastructure.alarm import Alarm as Alarm
    from careervp_jobs_dal.infrastructure.alarm import AlarmMetric as AlarmMetric
    from careervp_jobs_dal.infrastructure.alarm import CompositeAlarm as CompositeAlarm
    from careervp_jobs_dal.infrastructure.cloudformation import cloudformation as cloudformation
    from careervp_jobs_dal.infrastructure.finding import Finding as Finding
    from careervp_jobs_dal.infrastructure.monitoring import Monitoring as Monitoring
    from careervp_jobs_dal.infrastructure.policy import iam_policy as iam_policy
    from careervp_jobs_dal.infrastructure.provision import create_table as create_table
    from careervp_jobs_dal.infrastructure.stream_filter import pipe_parameters as pipe_parameters
    from careervp_jobs_dal.infrastructure.terraform import terraform as terraform
    from careervp_jobs_dal.infrastructure.verification import verify_table as verify_table
    from careervp_jobs_dal.job.event import Capacity as Capacity
    from careervp_jobs_dal.job.event import JobEvent as JobEvent
    from careervp_jobs_dal.job.invalid_input import InvalidPayloadError as InvalidPayloadError
    from careervp_jobs_dal.job.invalid_input import OtherKindError as OtherKindError
    from careervp_jobs_dal.job.record import Claim as Claim
    from careervp_jobs_dal.job.record import JobRecord as JobRecord
    from careervp_jobs_dal.job.record import Submission as Submission
    from careervp_jobs_dal.job.request import JobRequest as JobRequest
    from careervp_jobs_dal.job.status import JobStatus as JobStatus
    from careervp_jobs_dal.kind import JobKind as JobKind
    from careervp_jobs_dal.metrics import JobMetrics as JobMetrics
    from careervp_jobs_dal.operations.batch import JobBatch as JobBatch
    from careervp_jobs_dal.operations.counting import Stats as Stats
    from careervp_jobs_dal.operations.erasure import Erasure as Erasure
    from careervp_jobs_dal.operations.listing import JobPage as JobPage
    from careervp_jobs_dal.operations.operator import JobsOperator as JobsOperator
    from careervp_jobs_dal.operations.purging import Purge as Purge
    from careervp_jobs_dal.operations.sweep import Recovery as Recovery
    from careervp_jobs_dal.repository import JobsRepository as JobsRepository
    from careervp_jobs_dal.result import Failure as Failure
    from careervp_jobs_dal.result import Result as Result
    from careervp_jobs_dal.result import ResultCode as ResultCode
    from careervp_jobs_dal.result import ResultError as ResultError
    from careervp_jobs_dal.result import Success as Success
    from careervp_jobs_dal.tracing import linked_span as linked_span
    from careervp_jobs_dal.tracing import trace_context as trace_context
    from careervp_jobs_dal.worker import JobWorker as JobWorker
    from careervp_jobs_dal.worker import NotAcknowledgedError as NotAcknowledgedError
    from careervp_jobs_dal.worker.dead_letter import DeadLetterHandler as DeadLetterHandler
    from careervp_jobs_dal.worker.message import InvalidMessageError as InvalidMessageError
    from careervp_jobs_dal.worker.message import job_id_from_eventbridge as job_id_from_eventbridge
    from careervp_jobs_dal.worker.message import job_id_from_json as job_id_from_json
    from careervp_jobs_dal.worker.message import job_id_from_pipes as job_id_from_pipes
    from careervp_jobs_dal.worker.message import job_id_from_sns as job_id_from_sns
    from careervp_jobs_dal.worker.public_error import PublicError as PublicError
    from careervp_jobs_dal.worker.result_store import ResultStore as ResultStore
    from careervp_jobs_dal.worker.result_store import S3Results as S3Results

_ROOMS = {
    "Alarm": "infrastructure.alarm",
    "AlarmMetric": "infrastructure.alarm",
    "AsyncJobsOperator": "asynchronous",
    "AsyncJobsRepository": "asynchronous",
    "Capacity": "job.event",
    "ChangeKind": "changes",
    "Claim": "job.record",
    "CompositeAlarm": "infrastructure.alarm",
    "DeadLetterHandler": "worker.dead_letter",
    "Dispatch": "aws.job_sender",
    "Erasure": "operations.erasure",
    "Failure": "result",
    "Finding": "infrastructure.finding",
    "InvalidMessageError": "worker.message",
    "InvalidPayloadError": "job.invalid_input",
    "JobBatch": "operations.batch",
    "JobChange": "changes",
    "JobEvent": "job.event",
    "JobKind": "kind",
    "JobMetrics": "metrics",
    "JobPage": "operations.listing",
    "JobRecord": "job.record",
    "JobRequest": "job.request",
    "JobSender": "aws.job_sender",
    "JobStatus": "job.status",
    "JobWorker": "worker",
    "JobsOperator": "operations.operator",
    "JobsRepository": "repository",
    "Monitoring": "infrastructure.monitoring",
    "NotAcknowledgedError": "worker",
    "OtherKindError": "job.invalid_input",
    "PayloadCodec": "codec.payload",
    "PublicError": "worker.public_error",
    "Purge": "operations.purging",
    "Recovery": "operations.sweep",
    "Result": "result",
    "ResultCode": "result",
    "ResultError": "result",
    "ResultStore": "worker.result_store",
    "S3Results": "worker.result_store",
    "Stats": "operations.counting",
    "Submission": "job.record",
    "Success": "result",
    "UpdateExpression": "expressions",
    "build_update_expression": "expressions",
    "cloudformation": "infrastructure.cloudformation",
    "create_table": "infrastructure.provision",
    "iam_policy": "infrastructure.policy",
    "job_id_from_eventbridge": "worker.message",
    "job_id_from_json": "worker.message",
    "job_id_from_pipes": "worker.message",
    "job_id_from_sns": "worker.message",
    "linked_span": "tracing",
    "pipe_parameters": "infrastructure.stream_filter",
    "read_change": "changes",
    "read_changes": "changes",
    "terraform": "infrastructure.terraform",
    "trace_context": "tracing",
    "verify_table": "infrastructure.verification",
}

if not TYPE_CHECKING:  # pragma: no branch
    __all__ = sorted([*_ROOMS, "__version__"])


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*_ROOMS, "__version__"])
