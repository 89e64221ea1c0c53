"""The names and the dimensions of the library's metrics, for the code that emits them and the alarms on them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class JobMetric(StrEnum):
    """Name of a metric.

    A call that failed is counted by the name of its code as well.

    >>> f"{JobMetric.FAILED}"
    'JobsFailed'
    """

    CREATED = "JobsCreated"
    DEDUPLICATED = "JobsDeduplicated"
    CLAIMED = "JobsClaimed"
    COMPLETED = "JobsCompleted"
    FAILED = "JobsFailed"
    CANCELLED = "JobsCancelled"
    PUT_BACK = "JobsPutBack"
    RELEASED = "JobsReleased"
    RETRIED = "JobsRetried"
    OVERDUE = "JobsOverdue"
    QUEUE_WAIT = "QueueWait"
    RUN_TIME = "RunTime"
    TABLE_READ = "TableReadUnits"
    TABLE_WRITE = "TableWriteUnits"
    INDEX_READ = "IndexReadUnits"
    INDEX_WRITE = "IndexWriteUnits"


SERVICE: Final = "service"
"""The dimension that powertools adds, with the value of POWERTOOLS_SERVICE_NAME."""

TABLE: Final = "table"
"""The dimension that `JobMetrics` adds, with the table's name."""
