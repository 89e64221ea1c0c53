"""The attributes of a job's record: their types, the methods that write them, and their meaning.

The reference page about the record is generated from this list, and tests compare the library's writes with it. Lists
of jobs and `verify_table` read it as well.
"""

from __future__ import annotations

from typing import NamedTuple

from careervp_jobs_dal.job.attribute import (
    ACTIVE_SHARD,
    APPLICATION_ID,
    ATTEMPT,
    AVAILABLE_AT,
    CANCEL_REQUESTED_AT,
    CANCELLED_AT,
    CLAIM_ID,
    CLAIMED_BY,
    COMPLETED_AT,
    CORRELATION_ID,
    CREATED_AT,
    DUE_AT,
    ERROR,
    ERRORS,
    FINGERPRINT,
    IDEMPOTENCY_KEY,
    INPUT_DATA,
    JOB_ID,
    KIND,
    LEASE_EXPIRES_AT,
    MAX_ATTEMPTS,
    OWNED,
    PROGRESS,
    PUBLIC_ERROR,
    RESERVE,
    STARTED_AT,
    STATUS,
    SUBMISSION_ID,
    TRACEPARENT,
    TTL,
    USER_ID,
)

ANY = ("any",)
"""The type of an attribute whose value the caller chooses."""


class Attribute(NamedTuple):
    """Attribute of a record.

    Attributes:
        name: the name in the record.
        types: DynamoDB's names of the types that the attribute can have.
        writers: the methods that add or change the attribute.
        content: its meaning, in Markdown.
    """

    name: str
    types: tuple[str, ...]
    writers: tuple[str, ...]
    content: str

    @property
    def owned(self) -> bool:
        """Tell whether only the lifecycle writes the attribute.

        >>> [attribute.name for attribute in BEGINNING if attribute.owned]
        ['max_attempts', 'submission_id', 'fingerprint', 'active_shard', 'due_at', 'reserve']
        """
        return self.name in OWNED


_BEGIN = ("submit_job", "create_job")
_UPDATE = ("update_job_status", "update_job")
_END = ("complete_job", "fail_job", "release_claim", "cancel_job", "claim_job", "recover_jobs")
_MOVE = ("submit_job", "claim_job", "renew_claim", "fail_job", "release_claim", "recover_jobs", "retry_job")
_FAIL = ("fail_job", "release_claim", "cancel_job", "claim_job", "recover_jobs")
_TEXT = ("S",)
_NUMBER = ("N",)

BEGINNING = (
    Attribute(JOB_ID, _TEXT, _BEGIN, "the key; `submit_job` derives it from user and idempotency key"),
    Attribute(IDEMPOTENCY_KEY, _TEXT, _BEGIN, "as given; the index is on it"),
    Attribute(USER_ID, _TEXT, ("submit_job",), "whose job it is, where given"),
    Attribute(APPLICATION_ID, _TEXT, ("submit_job",), "as given"),
    Attribute(STATUS, _TEXT, (*_BEGIN, *_UPDATE, *_END, "retry_job"), "PENDING, PROCESSING, COMPLETED or FAILED"),
    Attribute(
        CREATED_AT,
        _TEXT,
        _BEGIN,
        "`submit_job`: now; `create_job`: yours",
    ),
    Attribute(
        TTL,
        _NUMBER,
        _MOVE,
        "epoch seconds: now and the `retention`, or the one you give; a record that would expire before its job's next"
        " attempt gets a later one",
    ),
    Attribute(
        INPUT_DATA,
        ("M", "B"),
        ("submit_job",),
        "the payload; a Binary where it is packed, which is above 1,024 bytes of JSON unless set otherwise",
    ),
    Attribute(KIND, _TEXT, ("submit_job",), "the name of the `JobKind`, where the job is submitted by one"),
    Attribute(
        TRACEPARENT, _TEXT, ("submit_job",), "the submission's place in its trace, in W3C's form; from `trace_context`"
    ),
    Attribute(CORRELATION_ID, _TEXT, ("submit_job",), "the submission's correlation id; from `trace_context`"),
    Attribute(MAX_ATTEMPTS, _NUMBER, ("submit_job",), "how many claims there can be; 3 unless given"),
    Attribute(
        SUBMISSION_ID, _TEXT, ("submit_job", "retry_job"), "the method's own mark, by which it knows its write again"
    ),
    Attribute(
        FINGERPRINT,
        _TEXT,
        ("submit_job",),
        "128 bits of the digest of the payload, in URL-safe Base64; with an `id_secret` an HMAC",
    ),
    Attribute(
        ACTIVE_SHARD,
        _TEXT,
        (*(method for method in _MOVE if method != "renew_claim"), "cancel_job", *_UPDATE),
        "the job's partition of the active index: `q0` to `qv` while it waits for a worker, `t0` to `tv` while"
        " a worker holds it, or until a far start, `f0` to `fv` while it is FAILED; removed when it is COMPLETED",
    ),
    Attribute(
        DUE_AT,
        _TEXT,
        (*_MOVE, "cancel_job", *_UPDATE),
        "when somebody has to act: the end of the lease, or from when a waiting job can be claimed; a sweep that sends"
        " the message again sets it to now. For a FAILED job, when it failed. Removed when the job is COMPLETED",
    ),
    Attribute(
        RESERVE, _TEXT, ("submit_job",), "only in a record that is nearly full: room, which the first claim removes"
    ),
)
"""Attributes of a new job."""

CLAIMS = (
    Attribute(
        ATTEMPT, _NUMBER, ("claim_job", "release_claim"), "one more than before, from 1; a release takes it back"
    ),
    Attribute(
        CLAIM_ID,
        _TEXT,
        ("claim_job",),
        "unique to the latest claim; stays when the job is put back, retried or replaced",
    ),
    Attribute(CLAIMED_BY, _TEXT, ("claim_job",), "the `worker_id`; removed by a claim without one"),
    Attribute(
        LEASE_EXPIRES_AT,
        _TEXT,
        ("claim_job", "renew_claim"),
        "until when no other worker can claim the job; removed when the attempt ends",
    ),
    Attribute(
        AVAILABLE_AT,
        _TEXT,
        ("submit_job", "fail_job", "release_claim", "recover_jobs", "retry_job"),
        "from when the job may be claimed: its `run_at`, the end of its pause, or the instant at which it was put back,"
        " retried or replaced",
    ),
    Attribute(STARTED_AT, _TEXT, ("claim_job",), "when the job was first claimed"),
    Attribute(PROGRESS, ANY, ("renew_claim",), "how far the worker says it is; removed by the next claim"),
)
"""Attributes that a claim or a renewal adds."""

ENDS = (
    Attribute(COMPLETED_AT, _TEXT, _END, "when the job became COMPLETED or FAILED, unless you give one"),
    Attribute(
        ERROR,
        _TEXT,
        _FAIL,
        "the last error, for operators: 2,048 bytes of it in whole characters; also of a job put back. `complete_job`"
        " removes it",
    ),
    Attribute(PUBLIC_ERROR, _TEXT, ("fail_job",), "the last error as the job's user may read it, where you give one"),
    Attribute(
        ERRORS,
        ("L",),
        ("fail_job", "claim_job", "recover_jobs"),
        "an entry for each attempt that failed or was lost, the last 10",
    ),
    Attribute(CANCEL_REQUESTED_AT, _TEXT, ("cancel_job",), "on a job in work: its worker is asked to stop"),
    Attribute(CANCELLED_AT, _TEXT, _FAIL, "on a job that was cancelled; it is FAILED"),
)
"""Attributes that the end of an attempt adds, or a cancellation."""

ATTRIBUTES = (*BEGINNING, *CLAIMS, *ENDS)
"""All attributes that the library writes; any other attribute is the caller's."""

_NOTED = ("fail_job", "claim_job", "recover_jobs")

ERROR_ENTRY = (
    Attribute(ATTEMPT, _NUMBER, _NOTED, "which attempt it was"),
    Attribute(CLAIM_ID, ("S", "NULL"), _NOTED, "its claim; NULL where a worker without claims had the job"),
    Attribute(ERROR, _TEXT, _NOTED, "the first 512 bytes of its error"),
    Attribute("at", _TEXT, _NOTED, "when that was noted"),
)
"""Attributes of one entry of `errors`."""
