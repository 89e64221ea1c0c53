"""The names of a record's attributes, and the set of those that only the lifecycle writes."""

from __future__ import annotations

from typing import Final

# Expressions need an alias for each name: `status`, `ttl` and `error` are among DynamoDB's reserved words.
JOB_ID: Final = "job_id"
STATUS: Final = "status"
CREATED_AT: Final = "created_at"
IDEMPOTENCY_KEY: Final = "idempotency_key"
INPUT_DATA: Final = "input_data"
KIND: Final = "kind"
TRACEPARENT: Final = "traceparent"
CORRELATION_ID: Final = "correlation_id"
TTL: Final = "ttl"

USER_ID: Final = "user_id"
APPLICATION_ID: Final = "application_id"
ERROR: Final = "error"
PUBLIC_ERROR: Final = "public_error"
ERRORS: Final = "errors"
PROGRESS: Final = "progress"
STARTED_AT: Final = "started_at"
COMPLETED_AT: Final = "completed_at"
CANCELLED_AT: Final = "cancelled_at"

ATTEMPT: Final = "attempt"
MAX_ATTEMPTS: Final = "max_attempts"
CLAIM_ID: Final = "claim_id"
CLAIMED_BY: Final = "claimed_by"
LEASE_EXPIRES_AT: Final = "lease_expires_at"
AVAILABLE_AT: Final = "available_at"
DUE_AT: Final = "due_at"
CANCEL_REQUESTED_AT: Final = "cancel_requested_at"
SUBMISSION_ID: Final = "submission_id"
FINGERPRINT: Final = "fingerprint"
ACTIVE_SHARD: Final = "active_shard"
RESERVE: Final = "reserve"

OWNED: Final = frozenset(
    {
        ATTEMPT,
        MAX_ATTEMPTS,
        CLAIM_ID,
        CLAIMED_BY,
        LEASE_EXPIRES_AT,
        AVAILABLE_AT,
        DUE_AT,
        CANCEL_REQUESTED_AT,
        CANCELLED_AT,
        SUBMISSION_ID,
        FINGERPRINT,
        ACTIVE_SHARD,
        RESERVE,
    }
)
"""Attributes that only the lifecycle writes; updates and submissions refuse them as fields."""

OF_SUBMISSION: Final = (
    JOB_ID,
    STATUS,
    CREATED_AT,
    IDEMPOTENCY_KEY,
    INPUT_DATA,
    USER_ID,
    APPLICATION_ID,
)
"""Attributes that a submission sets by its arguments; the end of a job cannot replace them."""

PACKED_MARK: Final = b"cvz"
"""The first bytes of a packed `input_data`; the version of the format follows. Nobody else may store such bytes."""
