"""Tools for the tests of services: an embedded table and queue, a clock that stands still, faults and jobs on demand.

They need moto, which the extra `testing` installs. Apart from the demo and the pytest plugin, no module imports them.
"""

from __future__ import annotations

try:
    import moto.dynamodb.responses  # noqa: F401  # also shows whether moto's own extra is there
except ImportError as _missing:
    message = "careervp_jobs_dal.testing needs moto: python -m pip install 'careervp-jobs-dal[testing]'"
    raise ImportError(message) from _missing

from careervp_jobs_dal.testing.builder import JobBuilder, JobOptions
from careervp_jobs_dal.testing.clock import Clock, MachineClock
from careervp_jobs_dal.testing.embedded import EmbeddedJobs, WorkerRun, embedded_aws, embedded_jobs
from careervp_jobs_dal.testing.embedded_queue import EmbeddedQueue, embedded_queue
from careervp_jobs_dal.testing.faults import Faults
from careervp_jobs_dal.testing.lambda_context import LambdaContext
from careervp_jobs_dal.testing.sqs_event import sqs_event

__all__ = [
    "Clock",
    "EmbeddedJobs",
    "EmbeddedQueue",
    "Faults",
    "JobBuilder",
    "JobOptions",
    "LambdaContext",
    "MachineClock",
    "WorkerRun",
    "embedded_aws",
    "embedded_jobs",
    "embedded_queue",
    "sqs_event",
]
