"""The guards of the protocol: each term of each write's condition, and what shows that it is needed."""

from __future__ import annotations

NEEDED = [
    ("cancel", "lease_expires_at <= ...", "a user who changes"),
    ("cancel", "not ttl is a number", "an older worker, expiring"),
    ("cancel", "status = PENDING", "a user who changes"),
    ("cancel", "status = PROCESSING", "an older worker"),
    ("cancel", "ttl >= ...", "an older worker, expiring"),
    ("cancel", "user_id = ...", "a user who changes"),
    ("cancel, running", "status = PROCESSING", "a user who changes"),
    ("cancel, running", "user_id = ...", "a user who changes"),
    ("claim", "attempt < ...", "expiring soon"),
    ("claim", "attempt < max_attempts", "a user who changes"),
    ("claim", "attempt is a number", "a text for the attempt"),
    ("claim", "lease_expires_at <= ...", "a user who changes"),
    ("claim", "max_attempts is a number", "a text for the limit in work"),
    ("claim", "no attempt", "a text for the attempt"),
    ("claim", "no cancel_requested_at", "a user who changes"),
    ("claim", "no lease_expires_at", "expiring in work"),
    ("claim", "no max_attempts", "a text for the limit in work"),
    ("claim", "no max_attempts again", "one life after the other"),
    ("claim", "not ttl is a number", "expiring in work"),
    ("claim", "status = PENDING", "a user who changes"),
    ("claim", "status = PROCESSING", "an older worker"),
    ("claim", "status = PROCESSING again", "expiring in work"),
    ("claim", "ttl >= ...", "expiring in work"),
    ("claim, keeping", "attempt < max_attempts", "expiring, with a lost reply"),
    ("claim, keeping", "lease_expires_at <= ...", "submitted late"),
    ("claim, keeping", "no attempt", "expiring, with a lost reply"),
    ("claim, keeping", "no cancel_requested_at", "an older worker, expiring"),
    ("claim, keeping", "no max_attempts again", "expiring, with a lost reply"),
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
    ("give up", "claim_id unchanged", "failed and submitted again"),
    ("give up", "lease_expires_at unchanged", "an older worker"),
    ("give up", "status unchanged", "an older worker"),
    ("recover", "cancel_requested_at unchanged", "recovering"),
    ("recover", "lease_expires_at unchanged", "recovering"),
    ("recover", "status unchanged", "recovering an older worker's"),
    ("renew", "claim_id = ...", "expiring and submitted again"),
    ("renew", "not ttl is a number", "expiring in work"),
    ("renew", "status = PROCESSING", "a user who changes"),
    ("renew", "ttl >= ...", "expiring in work"),
    ("renew, keeping", "status = PROCESSING", "an older worker, expiring"),
    ("renew, keeping", "ttl < ...", "a ttl that changes"),
    ("retry", "not submission_id = ...", "retrying, with a lost reply"),
    ("retry", "not ttl is a number", "retrying, expiring"),
    ("retry", "status = FAILED", "retrying"),
    ("retry", "ttl >= ...", "retrying, expiring"),
    ("submit", "no job_id", "a text for the attempt"),
    ("submit", "not submission_id = ...", "submitted late"),
    ("submit", "status = FAILED", "one life after the other"),
    ("submit", "ttl <= ...", "submitted late"),
    ("submit", "ttl is a number", "a text for a ttl"),
    ("update", "status in PENDING, PROCESSING", "an older worker"),
]
"""A write, one of its guards, and a scenario in which the protocol without it breaks a promise."""

GHOST = ("update", "some job_id")
"""Without it an update makes a record that nothing can read."""

SPARE = {
    ("cancel, running", "not ttl is a number"),
    ("cancel, running", "ttl >= ..."),
    ("claim, keeping", "attempt < ..."),
    ("claim, keeping", "attempt is a number"),
    ("claim, keeping", "max_attempts is a number"),
    ("claim, keeping", "no lease_expires_at"),
    ("claim, keeping", "no max_attempts"),
    ("complete", "attempt = ..."),
    ("fail", "attempt = ..."),
    ("fail, cancelled", "attempt = ..."),
    ("give up", "attempt unchanged"),
    ("recover", "attempt unchanged"),
    ("recover", "claim_id unchanged"),
    ("renew", "attempt = ..."),
    ("renew, keeping", "attempt = ..."),
    ("renew, keeping", "claim_id = ..."),
    ("renew, keeping", "ttl > ..."),
}
"""No scenario here needs these.

The claim's id is unique and fences alone; the attempt beside it, and beside the lease where a job is given up, is a
second bolt; so are both where a job is put back. What a second write asks, the first has asked already: a change
between the two that only its attempts or its time to live could tell is rarer than these scenarios. The tests of the
conditions show what each one is for.
"""
