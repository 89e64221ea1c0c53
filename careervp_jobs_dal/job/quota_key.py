"""The keys of the items that hold users' quotas, beside the jobs in their table."""

from __future__ import annotations

from careervp_jobs_dal.job.validation import QUOTA_PREFIX


def is_quota_key(job_id: object) -> bool:
    """Tell whether an item with this key holds a quota, and is no job.

    >>> is_quota_key("active-jobs/bme9Ve5DDZfxxC_V4zUocA"), is_quota_key("vpr-1")
    (True, False)
    """
    return isinstance(job_id, str) and job_id.startswith(QUOTA_PREFIX)
