"""Job records of asynchronous services in DynamoDB: created once, moved only forward, read as plain dicts.

The public names are these; importing the package loads each on first use, and boto3 not before the first call.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from careervp_jobs_dal.version import __version__

if TYPE_CHECKING:
    from careervp_jobs_dal.answer import JobBatch, JobPage, Purge, Recovery, Stats
    from careervp_jobs_dal.changes import ChangeKind, JobChange, read_change, read_changes
    from careervp_jobs_dal.event import Capacity, JobEvent
    from careervp_jobs_dal.expressions import UpdateExpression, build_update_expression
    from careervp_jobs_dal.job import Claim, JobRecord, Submission
    from careervp_jobs_dal.metrics import JobMetrics
    from careervp_jobs_dal.operations import JobsOperator
    from careervp_jobs_dal.provision import create_table
    from careervp_jobs_dal.repository import JobsRepository
    from careervp_jobs_dal.result import Result, ResultCode, ResultError
    from careervp_jobs_dal.status import JobStatus
    from careervp_jobs_dal.worker import JobWorker, NotAcknowledgedError

__all__ = [
    "Capacity",
    "ChangeKind",
    "Claim",
    "JobBatch",
    "JobChange",
    "JobEvent",
    "JobMetrics",
    "JobPage",
    "JobRecord",
    "JobStatus",
    "JobWorker",
    "JobsOperator",
    "JobsRepository",
    "NotAcknowledgedError",
    "Purge",
    "Recovery",
    "Result",
    "ResultCode",
    "ResultError",
    "Stats",
    "Submission",
    "UpdateExpression",
    "__version__",
    "build_update_expression",
    "create_table",
    "read_change",
    "read_changes",
]

_ROOMS = {
    "Capacity": "event",
    "ChangeKind": "changes",
    "Claim": "job",
    "JobBatch": "answer",
    "JobChange": "changes",
    "JobEvent": "event",
    "JobMetrics": "metrics",
    "JobPage": "answer",
    "JobRecord": "job",
    "JobStatus": "status",
    "JobWorker": "worker",
    "JobsOperator": "operations",
    "JobsRepository": "repository",
    "NotAcknowledgedError": "worker",
    "Purge": "answer",
    "Recovery": "answer",
    "Result": "result",
    "ResultCode": "result",
    "ResultError": "result",
    "Stats": "answer",
    "Submission": "job",
    "UpdateExpression": "expressions",
    "build_update_expression": "expressions",
    "create_table": "provision",
    "read_change": "changes",
    "read_changes": "changes",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
