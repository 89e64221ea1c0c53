"""The calls of the library, as values: which method, its arguments, and which answers it has had so far.

Nothing of a call is modelled. Its plan is made by the library and its answers are read by the library; here they are
only carried to the table's one item and back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from careervp_jobs_dal.job.attribute import CANCEL_REQUESTED_AT
from careervp_jobs_dal.job.record import Claim, Item, JobRecord, Submission
from careervp_jobs_dal.job.request import JobRequest
from careervp_jobs_dal.job.snapshot import CorruptRecordError, has_expired, read_snapshot
from careervp_jobs_dal.job.status import JobStatus
from careervp_jobs_dal.operations import recovery, retrying
from careervp_jobs_dal.operations.partition import Threshold
from careervp_jobs_dal.plans import cancellation, contract, ending, lease, submission
from careervp_jobs_dal.plans.plan import Plan, Reply, Request, read
from careervp_jobs_dal.plans.refusal import corrupt, not_found
from careervp_jobs_dal.result import Result
from tests.model.record import KEY, RESULT, USER, Record, hours, instant, item_of, older, record_of
from tests.model.table import Judged, judged

LEASE = timedelta(hours=5)
PAUSE = timedelta(hours=15)
"""Longer than a message can be invisible."""
_MOMENT = timedelta(minutes=1)
LATER = ", with a pause"
JOB = submission.derive_job_id(KEY, USER, None)


class Submitting(NamedTuple):
    """Arguments of `submit_job`; the name is the nonce."""

    name: str
    payload: str = "cv"
    replace_failed: bool = False
    allow_different_payload: bool = False
    retention: int | None = None
    max_attempts: int = 2
    starts_in: int | None = None


class Claiming(NamedTuple):
    """Arguments of `claim_job`."""

    claim_id: str
    max_attempts: int
    adopt_unleased: bool


class Held(NamedTuple):
    """A claim as its worker has it in hand."""

    claim_id: str
    attempt: int
    max_attempts: int
    lease: int
    asked_to_stop: bool
    errors: tuple[tuple[int, str | None, str], ...]
    ttl: int | str | None

    def older(self, by: int) -> Held:
        """The claim some hours later; no call asks how long ago its lease lapsed."""
        return self._replace(lease=max(self.lease - by, 0), ttl=older(self.ttl, by))


class Cancelling(NamedTuple):
    """Arguments of `cancel_job`."""

    user_id: str | None


class Retrying(NamedTuple):
    """Arguments of `retry_job`; the name is the nonce."""

    name: str


class Recovering(NamedTuple):
    """Arguments of `recover_jobs`; the age is in hours.

    Attributes:
        max_attempts: none of them: the promises judge a record without a limit by this one.
    """

    max_attempts: int
    older_than: int = 0
    adopt_unleased: bool = False


class Updating(NamedTuple):
    """Arguments of `update_job`, of someone who does not know the lifecycle."""

    name: str
    value: str | int


Arguments: TypeAlias = Submitting | Claiming | Held | Cancelling | Retrying | Recovering | Updating


class Call(NamedTuple):
    """One call: its method, its arguments, and what its clock said, in hours from the present.

    Attributes:
        overtaken: whether the job was made available anew since the clock was read, in the same hour.
    """

    verb: str
    arguments: Arguments
    now: int = 0
    overtaken: bool = False

    @property
    def clock(self) -> datetime:
        """The instant that the call goes by."""
        return instant(self.now) - _MOMENT * self.overtaken


class Heard(NamedTuple):
    """One answer of the table to a call."""

    record: Record | None
    refused: bool
    too_large: bool = False


class Flight(NamedTuple):
    """A call that has not answered yet, with what it has heard, and whether a write of it stands."""

    call: Call
    heard: tuple[Heard, ...] = ()
    wrote: bool = False

    def overtaken(self) -> Flight:
        """The same call, once the job was made available anew; what it has heard already stays."""
        call = self.call._replace(overtaken=True)
        return self._replace(call=call) if isinstance(step(call, self.heard), Request) else self

    def older(self, by: int) -> Flight:
        """The same call some hours later."""
        call = self.call._replace(now=self.call.now - by)
        if isinstance(call.arguments, Held):
            call = call._replace(arguments=call.arguments.older(by))
        heard = (answer._replace(record=answer.record and answer.record.older(by)) for answer in self.heard)
        return self._replace(call=call, heard=tuple(heard))


@cache
def step(call: Call, heard: tuple[Heard, ...]) -> Request | Result[Any]:
    """Where a call stands after what it has heard: its plan is driven from the start, for it cannot be copied."""
    plan = _PLANS[call.verb](call)
    try:
        request = next(plan)
        for record, refused, too_large in heard:
            response = {} if record is None else {"Item": item_of(record)}
            request = plan.send(Reply(response, refused=refused, resent=True, too_large=too_large))
    except StopIteration as answered:
        result: Result[Any] = answered.value
        return result
    except CorruptRecordError as attribute:
        return corrupt(JOB, attribute)
    return request


@cache
def next_request(call: Call, heard: tuple[Heard, ...]) -> Judged:
    """What the call sends next."""
    request = step(call, heard)
    assert isinstance(request, Request)
    return judged(request, write_name(call, request))


def write_name(call: Call, request: Request) -> str:
    """What a request does, where one call can send several kinds."""
    update: str = request.parameters.get("UpdateExpression", "")
    removes, _, sets = update.partition("SET ")
    verb = call.verb.removesuffix(LATER)
    if verb in ("claim", "recover") and "#active_shard" in removes:
        return "give up"
    if verb == "put back" and "#available_at" not in sets:
        verb = "fail"
    kinds = {
        "replacing": request.operation == "put_item" and "#job_id" not in request.parameters["ConditionExpression"],
        "taking": verb == "claim" and bool(sets) and "if_not_exists(#attempt" not in sets,
        "raising": verb in ("renew", "fail", "put back", "release") and "#ttl" in sets,
        "cancelled": verb in ("fail", "release") and "#cancelled_at" in sets,
        "running": CANCEL_REQUESTED_AT in sets,
        "sending": verb == "recover" and "#status" not in sets,
    }
    return ", ".join([verb, *(kind for kind, present in kinds.items() if present)])


def held_of(claim: Claim) -> Held:
    """The claim that a worker was given."""
    record = record_of({"status": "", **claim.job})
    return Held(
        claim.claim_id,
        claim.attempt,
        claim.max_attempts,
        max(hours(claim.lease_expires_at), 0),
        record.asked_to_stop,
        record.errors,
        record.ttl,
    )


def _claim(held: Held) -> Claim:
    job = item_of(Record(JOB, "", ttl=held.ttl, asked_to_stop=held.asked_to_stop, errors=held.errors))
    return Claim(JobRecord(job), held.attempt, held.max_attempts, held.claim_id, instant(held.lease))


def fingerprint_of(call: Call) -> str:
    """Of the payload that is submitted."""
    request = step(call, ())
    assert isinstance(request, Request)
    return str(request.parameters["Item"]["fingerprint"])


def _decode(item: Item) -> JobRecord:
    return JobRecord(item)


def _submit(call: Call) -> Plan[Submission]:
    wanted: Any = call.arguments
    request = JobRequest(
        idempotency_key=KEY,
        input_data={"text": wanted.payload},
        user_id=USER,
        application_id=None,
        max_attempts=wanted.max_attempts,
        run_at=None if wanted.starts_in is None else call.clock + timedelta(hours=wanted.starts_in),
        replace_failed=wanted.replace_failed,
        allow_different_payload=wanted.allow_different_payload,
        fields={},
    )
    retention = None if wanted.retention is None else timedelta(hours=wanted.retention)
    return submission.submit(request, submission.Policy(retention, None, None), wanted.name, call.clock, _decode)


def _claiming(call: Call) -> Plan[Claim]:
    asked: Any = call.arguments
    wanted = lease.Claiming(LEASE, None, asked.max_attempts, asked.adopt_unleased, asked.claim_id)
    return lease.claim(JOB, wanted, call.clock, _decode)


def _of_claim(make: Callable[[Any, Any], Plan[Any]]) -> Callable[[Call], Plan[Any]]:
    def plan(call: Call) -> Plan[Any]:
        held: Any = call.arguments
        return make(_claim(held), call.clock)

    return plan


def _failing(*, again: bool, pause: timedelta | None = None) -> Callable[[Call], Plan[Any]]:
    failing = ending.Failing("it broke", None, again, pause, {})
    return _of_claim(lambda claim, now: ending.fail(claim, failing, now, _decode))


def _cancel(call: Call) -> Plan[Any]:
    asked: Any = call.arguments
    return cancellation.cancel(JOB, asked.user_id, call.clock, _decode)


def _retry(call: Call) -> Plan[Any]:
    asked: Any = call.arguments
    return retrying.retry(JOB, asked.name, call.clock, _decode)


def _recover(call: Call) -> Plan[Any]:
    """Read the record, as a sweep does, and recover it if it is overdue."""
    asked: Any = call.arguments
    now = call.clock
    stored = (yield read(JOB)).item
    overdue = Threshold.at(now, timedelta(hours=asked.older_than))
    if stored is None or not overdue.passed_by(stored) or has_expired(stored, now):
        return not_found(JOB)
    snapshot = read_snapshot(stored)
    lapsed = asked.adopt_unleased if snapshot.lease_expires_at is None else snapshot.lease_lapsed(now)
    if snapshot.status.finished or (snapshot.status is JobStatus.PROCESSING and not lapsed):
        return not_found(JOB)
    return (yield from recovery.recover(stored, now, _decode))


def _update(call: Call) -> Plan[Any]:
    arguments: Any = call.arguments
    name, value = arguments
    stored = int(instant(call.now + value).timestamp()) if isinstance(value, int) else value
    return contract.update(JOB, {str(name): stored}, _decode)


_PLANS: dict[str, Callable[[Call], Plan[Any]]] = {
    "submit": _submit,
    "claim": _claiming,
    "renew": _of_claim(lambda claim, now: lease.renew(claim, LEASE, None, now, _decode)),
    "complete": _of_claim(lambda claim, now: ending.complete(claim, {RESULT: claim.claim_id}, now, _decode)),
    "fail": _failing(again=False),
    "put back": _failing(again=True),
    "put back" + LATER: _failing(again=True, pause=PAUSE),
    "release": _of_claim(lambda claim, now: ending.release(claim, None, now, _decode)),
    "release" + LATER: _of_claim(lambda claim, now: ending.release(claim, PAUSE, now, _decode)),
    "cancel": _cancel,
    "retry": _retry,
    "recover": _recover,
    "update": _update,
}
