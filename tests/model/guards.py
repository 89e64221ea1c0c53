"""The guards of the protocol: each term of each write's condition, and what shows that it is needed."""

from __future__ import annotations

NEEDED = [
    ("cancel", "lease_expires_at unchanged", "a user who changes"),
    ("cancel", "status unchanged", "late copies of a claim, and another life"),
    ("cancel", "user_id unchanged", "a user who changes"),
    ("cancel, running", "status unchanged", "retrying what was cancelled"),
    ("cancel, running", "user_id unchanged", "a user who changes"),
    ("claim", "attempt < ...", "expiring soon"),
    ("claim", "attempt < max_attempts", "a user who changes"),
    ("claim", "attempt is a number", "a text for the attempt"),
    ("claim", "available_at <= ...", "late copies, and put back"),
    ("claim", "lease_expires_at <= ...", "a user who changes"),
    ("claim", "max_attempts is a number", "a text for the limit in work"),
    ("claim", "no attempt", "a text for the attempt"),
    ("claim", "no available_at", "late copies, and put back"),
    ("claim", "no cancel_requested_at", "a user who changes"),
    ("claim", "no lease_expires_at", "expiring in work"),
    ("claim", "no max_attempts", "a text for the limit in work"),
    ("claim", "no max_attempts again", "one life after the other"),
    ("claim", "not claim_id = ...", "late copies, clocks that differ"),
    ("claim", "not ttl is a number", "expiring in work"),
    ("claim", "status = PENDING", "a user who changes"),
    ("claim", "status = PROCESSING", "an older worker"),
    ("claim", "status = PROCESSING again", "expiring in work"),
    ("claim", "ttl >= ...", "expiring in work"),
    ("claim, keeping", "lease_expires_at <= ...", "submitted late"),
    ("claim, keeping", "no cancel_requested_at", "an older worker, expiring"),
    ("claim, keeping", "status = PENDING", "an older worker, expiring"),
    ("claim, keeping", "status = PROCESSING", "an older worker, expiring"),
    ("claim, keeping", "status = PROCESSING again", "an older worker, expiring"),
    ("claim, keeping", "ttl < ...", "a ttl that changes"),
    ("claim, keeping", "ttl > ...", "submitted late"),
    ("complete", "claim_id = ...", "expiring and submitted again"),
    ("complete", "status = PROCESSING", "a user who changes"),
    ("fail", "claim_id = ...", "one life after the other"),
    ("fail", "no cancel_requested_at", "a user who changes"),
    ("fail", "status = PROCESSING", "a user who changes"),
    ("fail, cancelled", "claim_id = ...", "one life after the other"),
    ("fail, cancelled", "status = PROCESSING", "one life after the other"),
    ("give up", "cancel_requested_at unchanged", "an older submitter, other limits"),
    ("give up", "lease_expires_at unchanged", "an older worker"),
    ("give up", "status unchanged", "an older worker"),
    ("recover", "cancel_requested_at unchanged", "recovering"),
    ("recover", "lease_expires_at unchanged", "recovering"),
    ("recover", "status unchanged", "recovering an older worker's"),
    ("renew", "lease_expires_at < ...", "late copies, and put back"),
    ("renew", "not ttl is a number", "expiring in work"),
    ("renew", "status = PROCESSING", "an older worker that fails"),
    ("renew", "ttl >= ...", "expiring in work"),
    ("renew, keeping", "status = PROCESSING", "an older worker, expiring"),
    ("renew, keeping", "ttl < ...", "a ttl that changes"),
    ("retry", "status unchanged", "retrying what was made by hand"),
    ("submit", "no job_id", "a text for the attempt"),
    ("update", "status in PENDING, PROCESSING", "an older worker"),
]
"""A write, one of its guards, and a scenario in which the protocol without it breaks a promise."""

GHOST = ("update", "some job_id")
"""Without it an update makes a record that nothing can read."""

SPARE = {
    ("cancel", "available_at unchanged"),
    ("cancel", "claim_id unchanged"),
    ("cancel", "submission_id unchanged"),
    ("cancel, running", "available_at unchanged"),
    ("cancel, running", "claim_id unchanged"),
    ("cancel, running", "submission_id unchanged"),
    ("claim, keeping", "attempt < ..."),
    ("claim, keeping", "attempt < max_attempts"),
    ("claim, keeping", "attempt is a number"),
    ("claim, keeping", "available_at <= ..."),
    ("claim, keeping", "max_attempts is a number"),
    ("claim, keeping", "no attempt"),
    ("claim, keeping", "no available_at"),
    ("claim, keeping", "no lease_expires_at"),
    ("claim, keeping", "no max_attempts"),
    ("claim, keeping", "no max_attempts again"),
    ("claim, keeping", "not claim_id = ..."),
    ("complete", "attempt = ..."),
    ("fail", "attempt = ..."),
    ("fail, cancelled", "attempt = ..."),
    ("give up", "available_at unchanged"),
    ("give up", "claim_id unchanged"),
    ("give up", "submission_id unchanged"),
    ("recover", "available_at unchanged"),
    ("recover", "claim_id unchanged"),
    ("recover", "submission_id unchanged"),
    ("renew", "attempt = ..."),
    ("renew", "claim_id = ..."),
    ("renew, keeping", "attempt = ..."),
    ("renew, keeping", "claim_id = ..."),
    ("renew, keeping", "lease_expires_at < ..."),
    ("renew, keeping", "ttl > ..."),
    ("retry", "available_at unchanged"),
    ("retry", "claim_id unchanged"),
    ("retry", "submission_id unchanged"),
    ("submit, replacing", "available_at unchanged"),
    ("submit, replacing", "claim_id unchanged"),
    ("submit, replacing", "lease_expires_at unchanged"),
    ("submit, replacing", "status unchanged"),
    ("submit, replacing", "submission_id unchanged"),
    ("submit, replacing", "ttl unchanged"),
}
"""No scenario here needs these.

The claim's id is unique and fences alone; the attempt beside it, and beside the lease where a job is given up, is a
second bolt; so are both where a job is put back. What a second write asks, the first has asked already: a change
between the two that only its attempts or its time to live could tell is rarer than these scenarios.

A write that asks for what was read names a version of the job: status, submission, claim, and the instant from which it
is available. Each later life and each later attempt changes two of them at least, so none is needed where the others
are there. Together they are: `test_a_version_is_needed_as_a_whole` takes them away at once.

The tests of the conditions show what each one is for.
"""

VERSIONED = [
    ("cancel", "late copies, cancelled and retried"),
    ("cancel, running", "late copies, recovered"),
    ("retry", "late copies, failed and retried"),
    ("submit, replacing", "late copies, replaced twice"),
]
"""A write that names a version, and a scenario in which it breaks a promise with nothing but the status of it."""
