"""Tools for the tests of services: an embedded jobs table, a clock that stands still, faults and jobs on demand.

They need moto, which the extra `testing` installs. Apart from the demo and the pytest plugin, no module imports them.
"""

from __future__ import annotations

try:
    import moto.dynamodb.responses  # noqa: F401  # also shows whether moto's own extra is there
except ImportError as _missing:
    message = "careervp_jobs_dal.testing needs moto: python -m pip install 'careervp-jobs-dal[testing]'"
    raise ImportError(message) from _missing

from careervp_jobs_dal.testing.builder import JobBuilder, JobOptions
from careervp_jobs_dal.testing.clock import Clock
from careervp_jobs_dal.testing.embedded import EmbeddedJobs, embedded_aws, embedded_jobs
from careervp_jobs_dal.testing.faults import Faults

__all__ = ["Clock", "EmbeddedJobs", "Faults", "JobBuilder", "JobOptions", "embedded_aws", "embedded_jobs"]
