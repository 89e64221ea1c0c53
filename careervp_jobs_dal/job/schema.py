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
    Attribute(IDEMPOTENCY_KEY, _TEXT, _BEGIN, "the caller's key; `idempotency-key-index` is on it"),
    Attribute(USER_ID, _TEXT, ("submit_job",), "the job's user, if given"),
    Attribute(APPLICATION_ID, _TEXT, ("submit_job",), "the caller's application, if given"),
    Attribute(STATUS, _TEXT, (*_BEGIN, *_UPDATE, *_END, "retry_job"), "PENDING, PROCESSING, COMPLETED or FAILED"),
    Attribute(
        CREATED_AT,
        _TEXT,
        _BEGIN,
        "the instant of the submission; in `create_job`, your value",
    ),
    Attribute(
        TTL,
        _NUMBER,
        _MOVE,
        "epoch seconds: now plus the `retention`, or your value. A record that would expire before its job's next"
        " attempt gets a later one",
    ),
    Attribute(
        INPUT_DATA,
        ("M", "B"),
        ("submit_job",),
        "the payload: M, or B if it is packed. `submit_job` packs more than 1,024 bytes of JSON unless set otherwise",
    ),
    Attribute(KIND, _TEXT, ("submit_job",), "the name of the `JobKind`, if the job was submitted by a kind"),
    Attribute(
        TRACEPARENT, _TEXT, ("submit_job",), "the submission's place in its trace, in W3C's form; from `trace_context`"
    ),
    Attribute(CORRELATION_ID, _TEXT, ("submit_job",), "the submission's correlation id; from `trace_context`"),
    Attribute(MAX_ATTEMPTS, _NUMBER, ("submit_job",), "the most claims that the job can have; 3 unless given"),
    Attribute(
        SUBMISSION_ID, _TEXT, ("submit_job", "retry_job"), "a random mark, by which the method recognises its own write"
    ),
    Attribute(
        FINGERPRINT,
        _TEXT,
        ("submit_job",),
        "128 bits of the payload's digest (of an HMAC with an `id_secret`), in URL-safe Base64",
    ),
    Attribute(
        ACTIVE_SHARD,
        _TEXT,
        tuple(method for method in _MOVE if method != "renew_claim"),
        "the job's partition of the active index: `q0` to `qv` while it waits for a worker, `t0` to `tv` while"
        " a worker holds it, or until a far start; removed when the job is COMPLETED or FAILED",
    ),
    Attribute(
        DUE_AT,
        _TEXT,
        _MOVE,
        "when somebody has to act: the end of the lease, or from when a waiting job can be claimed; a sweep that sends"
        " the message again sets it to now. Removed when the job is COMPLETED or FAILED",
    ),
    Attribute(
        RESERVE,
        _TEXT,
        ("submit_job",),
        "spare bytes, only in a record that is nearly full; the first claim removes them",
    ),
)
"""Attributes of a new job."""

CLAIMS = (
    Attribute(
        ATTEMPT, _NUMBER, ("claim_job", "release_claim"), "the number of claims, from 1; a release takes one back"
    ),
    Attribute(
        CLAIM_ID,
        _TEXT,
        ("claim_job",),
        "the id of the latest claim, the fencing token; it stays when the job is put back, retried or replaced",
    ),
    Attribute(
        CLAIMED_BY,
        _TEXT,
        ("claim_job",),
        "the `worker_id` of the latest claim; a claim without a `worker_id` removes it",
    ),
    Attribute(
        LEASE_EXPIRES_AT,
        _TEXT,
        ("claim_job", "renew_claim"),
        "the end of the lease: until then no other worker can claim the job; removed when the attempt ends",
    ),
    Attribute(
        AVAILABLE_AT,
        _TEXT,
        ("submit_job", "fail_job", "release_claim", "recover_jobs", "retry_job"),
        "no claim succeeds before this instant: the `run_at`, the end of a backoff, or the instant at which the job was"
        " put back, retried or replaced",
    ),
    Attribute(STARTED_AT, _TEXT, ("claim_job",), "the instant of the first claim"),
    Attribute(PROGRESS, ANY, ("renew_claim",), "the worker's latest progress; the next claim removes it"),
)
"""Attributes that a claim or a renewal adds."""

ENDS = (
    Attribute(
        COMPLETED_AT, _TEXT, _END, "the instant at which the job became COMPLETED or FAILED, unless you give one"
    ),
    Attribute(
        ERROR,
        _TEXT,
        _FAIL,
        "the last error, for operators: its first 2,048 bytes in whole characters. A job that was put back has it too;"
        " `complete_job` removes it",
    ),
    Attribute(PUBLIC_ERROR, _TEXT, ("fail_job",), "the last error for the job's user, if you give one"),
    Attribute(
        ERRORS,
        ("L",),
        ("fail_job", "claim_job", "recover_jobs"),
        "an entry for each failed or lost attempt, the last 10",
    ),
    Attribute(
        CANCEL_REQUESTED_AT,
        _TEXT,
        ("cancel_job",),
        "the instant at which the worker of a running job was asked to stop",
    ),
    Attribute(CANCELLED_AT, _TEXT, _FAIL, "the instant of the cancellation; the job is FAILED"),
)
"""Attributes that the end of an attempt adds, or a cancellation."""

ATTRIBUTES = (*BEGINNING, *CLAIMS, *ENDS)
"""All attributes that the library writes; any other attribute is the caller's."""

_NOTED = ("fail_job", "claim_job", "recover_jobs")

ERROR_ENTRY = (
    Attribute(ATTEMPT, _NUMBER, _NOTED, "the attempt's number"),
    Attribute(CLAIM_ID, ("S", "NULL"), _NOTED, "its claim; NULL if a worker without claims had the job"),
    Attribute(ERROR, _TEXT, _NOTED, "its error, the first 512 bytes"),
    Attribute("at", _TEXT, _NOTED, "the instant of the entry"),
)
"""Attributes of one entry of `errors`."""
