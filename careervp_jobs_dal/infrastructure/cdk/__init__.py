"""Constructs for AWS CDK: table, queue, layer, pipe and monitoring. They need the extra `cdk`."""

from __future__ import annotations

from careervp_jobs_dal.infrastructure.cdk.grant import GrantingTable
from careervp_jobs_dal.infrastructure.cdk.jobs_layer import JobsLayer
from careervp_jobs_dal.infrastructure.cdk.jobs_monitoring import JobsMonitoring
from careervp_jobs_dal.infrastructure.cdk.jobs_pipe import JobsPipe
from careervp_jobs_dal.infrastructure.cdk.jobs_queue import JobsQueue
from careervp_jobs_dal.infrastructure.cdk.jobs_table import JobsTable

__all__ = ["GrantingTable", "JobsLayer", "JobsMonitoring", "JobsPipe", "JobsQueue", "JobsTable"]
