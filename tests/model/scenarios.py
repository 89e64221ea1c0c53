"""Who meets whom in the model: each scenario is small enough to be looked through whole."""

from __future__ import annotations

from typing import Any

from tests.model.calls import JOB, LATER, Arguments, Cancelling, Recovering, Retrying, Submitting, Updating
from tests.model.protocol import Scenario
from tests.model.record import Record

FIRST = ("submit", Submitting("s1"))
REPLACING = ("submit", Submitting("s2", replace_failed=True))
OTHER_PAYLOAD = ("submit", Submitting("s3", payload="other"))
CANCEL = ("cancel", Cancelling("user-1"))
STRANGER = ("cancel", Cancelling("user-2"))


RETRY, AGAIN = ("retry", Retrying("r1")), ("retry", Retrying("r2"))
THIRD = ("submit", Submitting("s5", payload="other", replace_failed=True))
RECOVER = ("recover", Recovering(2))


def update(name: str, value: Any) -> tuple[str, Arguments]:
    """A write of the contract."""
    return ("update", Updating(name, value))


def submit(name: str, **options: Any) -> tuple[str, Arguments]:
    """A submission with options of its own."""
    return ("submit", Submitting(name, **options))


def waiting(**attributes: Any) -> Record:
    """A record that code without the lifecycle left, and a message for it."""
    return Record(JOB, "PENDING", user_id="user-1", **attributes)


PUT_BACK, RELEASE = "put back", "release"
START, END, BREAK = update("status", "PROCESSING"), update("status", "COMPLETED"), update("status", "FAILED")
IN_WORK = waiting(ttl=2)._replace(status="PROCESSING")

SCENARIOS = {
    "two workers, three submitters": Scenario((FIRST, REPLACING, OTHER_PAYLOAD), limits=(2,)),
    "cancelling": Scenario((FIRST, CANCEL, STRANGER), limits=(2,)),
    "two workers": Scenario((FIRST,), limits=(2, 2)),
    "one life after the other": Scenario((FIRST, CANCEL, REPLACING), lost_replies=0, verbs=("fail",)),
    "refusals without the record": Scenario((FIRST, REPLACING), limits=(2,), silent=True),
    "a user who changes": Scenario((FIRST, CANCEL, update("user_id", "user-2")), lost_replies=0, limits=(2,)),
    "an older submitter, other limits": Scenario(
        (CANCEL, END), record=waiting(), limits=(2, 1), verbs=("complete", "put back"), lost_replies=0
    ),
    "failed and submitted again": Scenario(
        (CANCEL, REPLACING), record=waiting(), limits=(2,), verbs=("complete", "put back"), lost_replies=0
    ),
    "an older worker": Scenario((START, END, CANCEL), record=waiting(), limits=(2,), adopting=True, lost_replies=0),
    "an older worker that fails": Scenario((START, BREAK), record=waiting(), limits=(2,), lost_replies=0),
    "an older worker, expiring": Scenario(
        (START, END, CANCEL), record=waiting(ttl=12), limits=(2,), adopting=True, lost_replies=0
    ),
    "expiring soon": Scenario((), record=waiting(ttl=2), limits=(1, 3), lost_replies=0),
    "expiring in work": Scenario((), record=IN_WORK, limits=(2, 2), lost_replies=0, adopting=True),
    "a ttl that changes": Scenario((update("ttl", 60),), record=waiting(ttl=22), limits=(2,), lost_replies=0),
    "expiring, with a lost reply": Scenario((submit("s1", retention=22),), limits=(2,)),
    "expiring and submitted again": Scenario(
        (submit("s1", retention=12), submit("s2", retention=12, replace_failed=True)),
        limits=(2,),
        verbs=("complete", "fail"),
        lost_replies=0,
    ),
    "submitted late": Scenario(
        (submit("s2", retention=2, replace_failed=True), CANCEL, START),
        record=waiting(ttl=22),
        limits=(2,),
        verbs=("fail",),
        lost_replies=0,
    ),
    "recovering": Scenario((FIRST, CANCEL, RECOVER), limits=(2,), verbs=("renew", "put back"), prompt=True),
    "two that recover": Scenario((FIRST, RECOVER, RECOVER), limits=(2,), verbs=("complete",), lost_replies=0),
    "recovering an older worker's": Scenario(
        (START, END, RECOVER), record=waiting(), limits=(2,), adopting=True, lost_replies=0
    ),
    "retrying": Scenario((FIRST, RETRY), limits=(2,), verbs=("complete", "fail")),
    "retrying, with a lost reply": Scenario((FIRST, submit("s4"), RETRY), limits=(2,), verbs=("fail",)),
    "retrying what was cancelled": Scenario((FIRST, CANCEL, RETRY), limits=(2,), verbs=("fail",), lost_replies=0),
    "retrying and replacing": Scenario((FIRST, RETRY, REPLACING), limits=(2,), verbs=("fail",), lost_replies=0),
    "retrying, expiring": Scenario(
        (submit("s1", retention=12), CANCEL, RETRY), limits=(2,), verbs=("fail",), lost_replies=0
    ),
    "recovering and retrying": Scenario((FIRST, RECOVER, RETRY), limits=(2,), verbs=("fail",), lost_replies=0),
    "retrying what was made by hand": Scenario(
        (CANCEL, RETRY), record=waiting(ttl=22), limits=(2,), verbs=("fail",), lost_replies=0
    ),
    "late copies of a claim, and another life": Scenario(
        (FIRST, CANCEL, REPLACING), limits=(2,), verbs=("complete",), lost_replies=0, late_copies=1
    ),
    "late copies, and put back": Scenario(
        (FIRST,), limits=(2, 2), verbs=("renew", "complete", "put back"), lost_replies=0, late_copies=1
    ),
    "late copies, failed and retried": Scenario(
        (FIRST, RETRY, AGAIN), limits=(2,), verbs=("fail",), lost_replies=0, late_copies=1
    ),
    "late copies, recovered": Scenario(
        (FIRST, RECOVER, CANCEL), limits=(2,), verbs=("renew", "complete"), lost_replies=0, late_copies=1, prompt=True
    ),
    "late copies, replaced twice": Scenario(
        (FIRST, REPLACING, THIRD), limits=(2,), verbs=("fail",), lost_replies=0, late_copies=1
    ),
    "late copies, cancelled and retried": Scenario(
        (FIRST, CANCEL, RETRY), limits=(2,), verbs=("complete",), lost_replies=0, late_copies=1
    ),
    "late copies, clocks that differ": Scenario(
        (submit("s1", max_attempts=1), RETRY), limits=(1,), verbs=("fail",), lost_replies=0, late_copies=1, skewed=True
    ),
    "pausing": Scenario((FIRST, CANCEL), limits=(2, 2), verbs=("complete", PUT_BACK + LATER), lost_replies=0),
    "pausing, expiring": Scenario(
        (submit("s1", retention=22), RETRY), limits=(2,), verbs=("complete", "fail", PUT_BACK, PUT_BACK + LATER)
    ),
    "releasing": Scenario((FIRST, CANCEL), limits=(2,), verbs=(PUT_BACK, RELEASE), lost_replies=0),
    "releasing, two workers": Scenario((FIRST,), limits=(2, 2), verbs=("complete", RELEASE), lost_replies=0),
    "releasing, expiring": Scenario(
        (submit("s1", retention=22), CANCEL), limits=(2,), verbs=("fail", RELEASE, RELEASE + LATER), lost_replies=0
    ),
    "releasing an older worker's": Scenario(
        (START, END), record=waiting(), limits=(2,), verbs=("complete", "fail", RELEASE), adopting=True, lost_replies=0
    ),
    "releasing, and a ttl that changes": Scenario(
        (update("ttl", 60),), record=waiting(ttl=22), limits=(2,), verbs=(PUT_BACK, RELEASE), lost_replies=0
    ),
    "releasing, with a lost reply": Scenario((FIRST,), limits=(2,), verbs=("fail", RELEASE)),
    "a ttl that is cut": Scenario(
        (update("ttl", 8),), record=waiting(ttl=60), limits=(2,), verbs=(PUT_BACK, RELEASE), lost_replies=0
    ),
    "another life, two workers": Scenario(
        (submit("s1", max_attempts=1), CANCEL, RETRY), limits=(1, 1), verbs=("complete",), lost_replies=0
    ),
    "late copies, released": Scenario(
        (FIRST,), limits=(2,), verbs=("complete", RELEASE), lost_replies=0, late_copies=1
    ),
    "late copies, released by an older worker": Scenario(
        (START,),
        record=waiting(),
        limits=(2,),
        verbs=("complete", RELEASE),
        lost_replies=0,
        late_copies=1,
        adopting=True,
    ),
    "late copies, pausing": Scenario(
        (FIRST, RETRY), limits=(2,), verbs=("fail", PUT_BACK + LATER), lost_replies=0, late_copies=1
    ),
    "starting later": Scenario(
        (submit("s1", starts_in=15), RECOVER), limits=(2,), verbs=("complete", RELEASE), sweeping=True
    ),
    "starting later, expiring": Scenario(
        (submit("s1", starts_in=15, retention=12), CANCEL, RECOVER), limits=(2,), verbs=(PUT_BACK,), lost_replies=0
    ),
    "sweeping": Scenario(
        (FIRST, RECOVER, RECOVER), limits=(2,), verbs=("complete", PUT_BACK + LATER), lost_replies=0, sweeping=True
    ),
    "late copies, sweeping": Scenario(
        (FIRST, RECOVER), limits=(2,), verbs=("complete", PUT_BACK), lost_replies=0, late_copies=1, sweeping=True
    ),
    "full": Scenario((FIRST,), limits=(2,), verbs=("complete", "fail", PUT_BACK, RELEASE), tight=True),
    "full, cancelling": Scenario((FIRST, CANCEL), limits=(2,), verbs=(PUT_BACK,), tight=True, lost_replies=0),
    "full, an older submitter": Scenario(
        (), record=waiting(ttl=22), limits=(2,), verbs=("fail", PUT_BACK), tight=True, lost_replies=0
    ),
    "full, recovering": Scenario((FIRST, RECOVER), limits=(2,), verbs=(PUT_BACK,), tight=True, lost_replies=0),
    "a text for a ttl": Scenario((FIRST, CANCEL), record=waiting(ttl="soon"), limits=(2,), lost_replies=0),
    "a text for the attempt": Scenario((FIRST, CANCEL), record=waiting(attempt="1"), lost_replies=0),
    "a text for the limit": Scenario((FIRST, CANCEL), record=waiting(max_attempts="2"), lost_replies=0),
    "a text for the limit in work": Scenario(
        (FIRST, CANCEL), record=waiting(attempt=1, max_attempts="2"), lost_replies=0
    ),
    "a text for the attempt, a limit": Scenario(
        (FIRST, CANCEL), record=waiting(attempt="1", max_attempts=2), lost_replies=0
    ),
}
