"""The jobs table, described once: its attributes, keys, index and time to live.

Creating the table, the writes' conditions and the documentation are made from what stands here.
"""

from __future__ import annotations

from typing import Any, Final, Literal

JOB_ID: Final = "job_id"
STATUS: Final = "status"
CREATED_AT: Final = "created_at"
IDEMPOTENCY_KEY: Final = "idempotency_key"
INPUT_DATA: Final = "input_data"
TTL: Final = "ttl"

USER_ID: Final = "user_id"
APPLICATION_ID: Final = "application_id"
ERROR: Final = "error"
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
CANCEL_REQUESTED_AT: Final = "cancel_requested_at"
SUBMISSION_ID: Final = "submission_id"
FINGERPRINT: Final = "fingerprint"

OWNED: Final = frozenset(
    {
        ATTEMPT,
        MAX_ATTEMPTS,
        CLAIM_ID,
        CLAIMED_BY,
        LEASE_EXPIRES_AT,
        CANCEL_REQUESTED_AT,
        CANCELLED_AT,
        SUBMISSION_ID,
        FINGERPRINT,
    }
)
"""What only the lifecycle writes; refused in the fields of any update and of a submission."""

IDEMPOTENCY_INDEX: Final = "idempotency-key-index"

Projection = Literal["ALL", "KEYS_ONLY"]


def create_table_request(
    table_name: str, index_name: str = IDEMPOTENCY_INDEX, projection: Projection = "ALL"
) -> dict[str, Any]:
    """The parameters of CreateTable: on-demand billing, the key and the index on the idempotency key.

    >>> create_table_request("jobs")["KeySchema"]
    [{'AttributeName': 'job_id', 'KeyType': 'HASH'}]
    """
    return {
        "TableName": table_name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in (JOB_ID, IDEMPOTENCY_KEY)],
        "KeySchema": [{"AttributeName": JOB_ID, "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index_name,
                "KeySchema": [{"AttributeName": IDEMPOTENCY_KEY, "KeyType": "HASH"}],
                "Projection": {"ProjectionType": projection},
            }
        ],
    }


def time_to_live_request(table_name: str) -> dict[str, Any]:
    """The parameters of UpdateTimeToLive: items go some time after the epoch seconds in `ttl`.

    >>> time_to_live_request("jobs")["TimeToLiveSpecification"]
    {'Enabled': True, 'AttributeName': 'ttl'}
    """
    return {
        "TableName": table_name,
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": TTL},
    }
