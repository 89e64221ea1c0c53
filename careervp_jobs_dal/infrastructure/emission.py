"""The metrics that the library's code and AWS emit for a service, each with all of its dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careervp_jobs_dal.infrastructure.alarm import AlarmMetric
from careervp_jobs_dal.job.metric import SERVICE, TABLE

if TYPE_CHECKING:
    from careervp_jobs_dal.infrastructure.monitoring import Monitoring
    from careervp_jobs_dal.job.metric import JobMetric
    from careervp_jobs_dal.result import ResultCode


class Emission:
    """Metrics of one service, made from the names of its parts."""

    def __init__(self, monitoring: Monitoring) -> None:
        self._monitoring = monitoring

    def jobs(self, name: JobMetric | ResultCode, statistic: str = "Sum") -> AlarmMetric:
        """Return a metric of `JobMetrics`; a code counts the calls that ended with it."""
        dimensions = {SERVICE: self._monitoring.service, TABLE: self._monitoring.table_name}
        return AlarmMetric(name.name.lower(), self._monitoring.namespace, str(name), dimensions, statistic)

    def queue(self, queue_name: str, name: str, statistic: str = "Maximum") -> AlarmMetric:
        """Return a metric of a queue."""
        return _of_aws("SQS", name, {"QueueName": queue_name}, statistic)

    def function(self, function_name: str, name: str, statistic: str = "Sum") -> AlarmMetric:
        """Return a metric of a function."""
        return _of_aws("Lambda", name, {"FunctionName": function_name}, statistic)

    def table(self, name: str, index_name: str | None = None) -> AlarmMetric:
        """Return a metric of the table without its indexes, or of one index."""
        dimensions = {"TableName": self._monitoring.table_name}
        index = {"GlobalSecondaryIndexName": index_name} if index_name else {}
        return _of_aws("DynamoDB", name, dimensions | index, "Sum")

    def operation(self, name: str, operation: str) -> AlarmMetric:
        """Return a metric of one operation on the table.

        DynamoDB emits its system errors by operation only.
        """
        dimensions = {"TableName": self._monitoring.table_name, "Operation": operation}
        metric = _of_aws("DynamoDB", name, dimensions, "Sum")
        return AlarmMetric(_id(operation), metric.namespace, metric.name, metric.dimensions, metric.statistic)


def _of_aws(service: str, name: str, dimensions: dict[str, str], statistic: str) -> AlarmMetric:
    return AlarmMetric(_id(name), f"AWS/{service}", name, dimensions, statistic)


def _id(name: str) -> str:
    # CloudWatch wants a lower-case letter first.
    return name[0].lower() + name[1:]
