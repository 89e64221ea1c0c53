"""The guards of the protocol: each term of each write's condition, and what shows that it is needed."""

from __future__ import annotations

NEEDED = [
    ("cancel", "claim_id unchanged", "late copies, cancelled and retried"),
    ("cancel", "lease_expires_at unchanged", "a user who changes"),
    ("cancel", "status unchanged", "an older worker"),
    ("cancel", "user_id unchanged", "a user who changes"),
    ("cancel, running", "status unchanged", "retrying what was cancelled"),
    ("cancel, running", "user_id unchanged", "a user who changes"),
    ("claim", "attempt < ...", "expiring soon"),
    ("claim", "attempt < max_attempts", "recovering an older worker's"),
    ("claim", "attempt is a number", "a text for the attempt"),
    ("claim", "available_at <= ...", "late copies, and put back"),
    ("claim", "max_attempts is a number", "a text for the limit in work"),
    ("claim", "no attempt", "a text for the attempt"),
    ("claim", "no available_at", "late copies, and put back"),
    ("claim", "no max_attempts", "a text for the limit in work"),
    ("claim", "not claim_id = ...", "late copies, clocks that differ"),
    ("claim", "not ttl is a number", "expiring in work"),
    ("claim", "status = PENDING", "a user who changes"),
    ("claim", "ttl >= ...", "expiring in work"),
    ("claim, taking", "cancel_requested_at unchanged", "starting later, expiring"),
    ("claim, taking", "claim_id unchanged", "pausing"),
    ("claim, taking", "lease_expires_at unchanged", "two workers"),
    ("claim, taking", "status unchanged", "an older worker that fails"),
    ("claim, taking", "ttl unchanged", "a ttl that changes"),
    ("complete", "claim_id = ...", "another life, two workers"),
    ("complete", "status = PROCESSING", "a user who changes"),
    ("fail", "claim_id = ...", "late copies, clocks that differ"),
    ("fail", "no cancel_requested_at", "a user who changes"),
    ("fail", "status = PROCESSING", "a user who changes"),
    ("fail, cancelled", "claim_id = ...", "one life after the other"),
    ("fail, cancelled", "status = PROCESSING", "pausing"),
    ("give up", "cancel_requested_at unchanged", "an older submitter, other limits"),
    ("give up", "claim_id unchanged", "an older submitter, other limits"),
    ("give up", "lease_expires_at unchanged", "two workers"),
    ("give up", "status unchanged", "an older worker"),
    ("put back", "no cancel_requested_at", "starting later, expiring"),
    ("put back", "not ttl is a number", "a ttl that is cut"),
    ("put back", "status = PROCESSING", "an older worker that fails"),
    ("put back", "ttl >= ...", "a ttl that is cut"),
    ("put back, raising", "no cancel_requested_at", "starting later, expiring"),
    ("put back, raising", "status = PROCESSING", "starting later, expiring"),
    ("put back, raising", "ttl < ...", "a ttl that changes"),
    ("put back, raising", "ttl > ...", "starting later, expiring"),
    ("recover", "cancel_requested_at unchanged", "recovering"),
    ("recover", "claim_id unchanged", "two that recover"),
    ("recover", "lease_expires_at unchanged", "recovering"),
    ("recover", "status unchanged", "recovering an older worker's"),
    ("recover, sending", "due_at unchanged", "late copies, sweeping"),
    ("recover, sending", "status unchanged", "recovering an older worker's"),
    ("release", "attempt = ...", "late copies, released by an older worker"),
    ("release", "claim_id = ...", "late copies, released"),
    ("release", "no cancel_requested_at", "releasing"),
    ("release", "not ttl is a number", "a ttl that is cut"),
    ("release", "status = PROCESSING", "releasing an older worker's"),
    ("release", "ttl >= ...", "a ttl that is cut"),
    ("release, raising", "no cancel_requested_at", "releasing, expiring"),
    ("release, raising", "status = PROCESSING", "releasing, expiring"),
    ("release, raising", "ttl < ...", "releasing, and a ttl that changes"),
    ("release, raising", "ttl > ...", "releasing, and a ttl that changes"),
    ("renew", "lease_expires_at < ...", "late copies, and put back"),
    ("renew", "not ttl is a number", "expiring in work"),
    ("renew", "status = PROCESSING", "an older worker that fails"),
    ("renew", "ttl >= ...", "expiring in work"),
    ("renew, raising", "status = PROCESSING", "an older worker, expiring"),
    ("renew, raising", "ttl < ...", "a ttl that changes"),
    ("submit", "no job_id", "a text for the attempt"),
    ("update", "status in PENDING, PROCESSING", "an older worker"),
]
"""A write, one of its guards, and a scenario in which the protocol without it breaks a promise."""

GHOST = ("update", "some job_id")
"""Without it an update makes a record that nothing can read."""

SPARE = {
    ("claim", "no max_attempts again"),  # nobody leaves a job PENDING that has used up its own limit
    ("cancel", "available_at unchanged"),
    ("cancel", "submission_id unchanged"),
    ("cancel, running", "available_at unchanged"),
    ("cancel, running", "claim_id unchanged"),
    ("cancel, running", "submission_id unchanged"),
    ("claim", "no cancel_requested_at"),
    ("claim, taking", "available_at unchanged"),
    ("claim, taking", "submission_id unchanged"),
    ("complete", "attempt = ..."),
    ("fail", "attempt = ..."),
    ("fail, cancelled", "attempt = ..."),
    ("give up", "available_at unchanged"),
    ("give up", "submission_id unchanged"),
    ("put back", "attempt = ..."),
    ("put back", "claim_id = ..."),
    ("put back, raising", "attempt = ..."),
    ("put back, raising", "claim_id = ..."),
    ("recover", "available_at unchanged"),
    ("recover", "submission_id unchanged"),
    ("recover", "ttl unchanged"),
    ("recover, sending", "active_shard unchanged"),
    ("recover, sending", "available_at unchanged"),
    ("recover, sending", "claim_id unchanged"),
    ("recover, sending", "submission_id unchanged"),
    ("release, cancelled", "attempt = ..."),
    ("release, cancelled", "claim_id = ..."),
    ("release, cancelled", "status = PROCESSING"),
    ("release, raising", "attempt = ..."),
    ("release, raising", "claim_id = ..."),
    ("renew", "attempt = ..."),
    ("renew", "claim_id = ..."),
    ("renew, raising", "attempt = ..."),
    ("renew, raising", "claim_id = ..."),
    ("renew, raising", "lease_expires_at < ..."),
    ("renew, raising", "ttl > ..."),
    ("retry", "available_at unchanged"),
    ("retry", "claim_id unchanged"),
    ("retry", "status unchanged"),
    ("retry", "submission_id unchanged"),
    ("retry", "ttl unchanged"),
    ("submit, replacing", "available_at unchanged"),
    ("submit, replacing", "claim_id unchanged"),
    ("submit, replacing", "lease_expires_at unchanged"),
    ("submit, replacing", "status unchanged"),
    ("submit, replacing", "submission_id unchanged"),
    ("submit, replacing", "ttl unchanged"),
}
"""No scenario here needs these.

The claim's id is unique and fences alone, and the attempt beside it is a second bolt; either is spare where the other
stays. Only a release needs both: it takes its attempt back, and a worker without claims can begin the job again under
the claim's id. A job that waits was never asked to stop: whoever puts one back asks that first, so a claim of a waiting
job asks once more. Of a second write, the first has asked the rest already.

A write that asks for what was read names a version of the job: status, submission, claim, and the instant from which it
is available. Each later life and each later attempt changes two of them at least, so none is needed where the others
are there. Together they are: `test_a_version_is_needed_as_a_whole` takes them away at once.

The tests of the conditions show what each one is for.
"""

VERSIONED = [
    ("cancel", "late copies, cancelled and retried"),
    ("cancel, running", "late copies, recovered"),
    ("recover, sending", "late copies, sweeping"),
    ("retry", "late copies, failed and retried"),
    ("submit, replacing", "late copies, replaced twice"),
]
"""A write that names a version, and a scenario in which it breaks a promise with nothing but the status of it."""
