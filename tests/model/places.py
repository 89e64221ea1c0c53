"""The places of one user: submissions under a cap, ends of jobs, lost replies and late copies, around one set of ids.

A step is one request that reaches the table, or one fault. The plans are the library's, and the table reads the very
texts that they send. A batch answers one key at a time, because the records of a batch are of no common instant.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from careervp_jobs_dal.codec.packing import decode_record
from careervp_jobs_dal.job.record import Submission
from careervp_jobs_dal.job.request import JobRequest
from careervp_jobs_dal.plans.plan import Reply, Request
from careervp_jobs_dal.plans.quota import SEATS, Quota, quota_key
from careervp_jobs_dal.plans.submission import Policy, derive_job_id, submit
from careervp_jobs_dal.result import Answer, ResultCode
from tests.model.checker import Step

USER, TABLE = "user-1", "jobs"
SET = quota_key(USER, None)
DAY = timedelta(days=1)
NOW = datetime(2036, 2, 3, 13, 5, tzinfo=UTC)
FULL = ResultCode.TOO_MANY_ACTIVE_JOBS

NOT_IN_SET = "an active job is not in the set"
BEYOND = "a submission exceeds its cap"
PLACE_LOST = "the next submission is refused, though there is room"
UNEXPECTED = "a submission is told neither success nor a full set, and no conflict of its own copies"

Item: TypeAlias = Mapping[str, Any]
Items: TypeAlias = Mapping[str, Item]


class Kept:
    """Plain dicts, sets and tuples as a part of a state."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self._key = _hashable(value)
        self._hash = hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kept) and self._key == other._key

    def __hash__(self) -> int:
        return self._hash


def _hashable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return frozenset((name, _hashable(each)) for name, each in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(_hashable, value))
    return frozenset(value) if isinstance(value, set) else value


class Submitter(NamedTuple):
    """One submission, which replaces a failed job; the name is its nonce."""

    name: str
    key: str
    cap: int
    retention: timedelta | None = DAY


class Flight(NamedTuple):
    """A submission under way, by the replies it has had; its next request may have been sent before."""

    replies: tuple[Kept, ...] = ()
    resent: bool = False


class State(NamedTuple):
    """The items of the table, where each submission is, and the faults that are left; None is for one that ended."""

    items: Kept
    flights: tuple[Flight | None, ...]
    ends: int
    lost: int
    copies: int
    late: tuple[tuple[Submitter, Kept], ...] = ()


class Scenario(NamedTuple):
    """Who takes part, and what can go wrong.

    Attributes:
        before: submissions that were made one after the other.
        ended: the keys of those whose jobs have failed since.
        ends: how many jobs can fail.
        lost: how many replies can be lost.
        copies: how many transactions are delivered twice, the second time at any later step.
    """

    submitters: tuple[Submitter, ...]
    before: tuple[Submitter, ...] = ()
    ended: str = ""
    ends: int = 1
    lost: int = 0
    copies: int = 0


class Places:
    """The steps of a scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self._submitters = scenario.submitters
        self._next = cache(self._judge_next)
        self._ahead = cache(_ahead)
        items: Items = {}
        for each in scenario.before:
            items, _ = _alone(each, items)
        for key in scenario.ended:
            items = _ended(items, derive_job_id(key, USER, None))
        flights = (Flight(),) * len(scenario.submitters)
        self.initial = State(Kept(items), flights, scenario.ends, scenario.lost, scenario.copies)

    def steps(self, state: State) -> Iterator[Step[State]]:
        """All that can happen next."""
        for number, flight in enumerate(state.flights):
            if flight is not None:
                yield from self._send(state, number, flight)
        for number, (submitter, copy) in enumerate(state.late):
            rest = (*state.late[:number], *state.late[number + 1 :])
            yield self._deliver(state._replace(late=rest), submitter, copy.value)[0]
        for job_id in sorted(_active(state.items.value)) if state.ends else ():
            items = Kept(_ended(state.items.value, job_id))
            yield Step(f"job {job_id[:4]} fails", state._replace(items=items, ends=state.ends - 1))

    def _send(self, state: State, number: int, flight: Flight) -> Iterator[Step[State]]:
        submitter = self._submitters[number]
        request = self._ahead(submitter, flight.replies)
        assert isinstance(request, Request), "a flight ends with its last reply"
        step, reply = self._deliver(state, submitter, request)
        replies = (*flight.replies, Kept(reply._replace(resent=flight.resent)))
        ahead = self._ahead(submitter, replies)
        going = Flight(replies) if isinstance(ahead, Request) else None
        broken = step.broken or (UNEXPECTED if not isinstance(ahead, Request | str) else None)
        step = step._replace(broken=broken)
        yield _moved(step, number, going)
        if state.lost:
            after = step.state._replace(lost=state.lost - 1)
            lost = Step(f"{step.label}, and the reply is lost", after, step.broken)
            yield _moved(lost, number, flight._replace(resent=True))
        if state.copies and request.operation == "transact_write_items":
            late = (*state.late, (submitter, Kept(request)))
            after = step.state._replace(copies=state.copies - 1, late=late)
            yield _moved(Step(f"{step.label}, and a copy comes later", after, step.broken), number, going)

    def _deliver(self, state: State, submitter: Submitter, request: Request) -> tuple[Step[State], Reply]:
        items, reply = deliver(state.items.value, request)
        written = items is not state.items.value
        beyond = written and len(_active(items)) > submitter.cap
        after = state._replace(items=Kept(items)) if written else state
        label = f"{submitter.name}: {request.operation} of {submitter.key}{', refused' * reply.refused}"
        return Step(label, after, (BEYOND if beyond else None) or self._next(after.items)), reply

    def _judge_next(self, items: Kept) -> str | None:
        """Judge the table, and the next submission of the user, which nothing disturbs."""
        active = _active(items.value)
        if not active <= items.value.get(SET, {}).get(SEATS, set()):
            return NOT_IN_SET
        for cap in {each.cap for each in self._submitters}:
            _, code = _alone(Submitter("next", "another", cap), items.value)
            if code != (ResultCode.SUCCESS if len(active) < cap else FULL):
                return PLACE_LOST if code == FULL else BEYOND
        return None


def _moved(step: Step[State], number: int, flight: Flight | None) -> Step[State]:
    flights = step.state.flights
    return step._replace(state=step.state._replace(flights=(*flights[:number], flight, *flights[number + 1 :])))


def _ahead(submitter: Submitter, replies: tuple[Kept, ...]) -> Request | str | None:
    """The next request of a submission after these replies, or its code; None for an unexpected code."""
    policy = Policy(submitter.retention, None, None, Quota(TABLE, submitter.cap))
    asked = JobRequest(submitter.key, {}, USER, replace_failed=True)
    plan = submit(asked, policy, submitter.name, NOW, decode_record)
    try:
        request = next(plan)
        for reply in replies:
            request = plan.send(reply.value)
    except StopIteration as answered:
        answer: Answer[Submission] = answered.value
        overtaken = answer.code is ResultCode.CONFLICT and any(reply.value.resent for reply in replies)
        return str(answer.code) if answer or answer.code is FULL or overtaken else None
    return request


def _alone(submitter: Submitter, items: Items) -> tuple[Items, str | None]:
    """Make a submission that nothing disturbs."""
    replies: tuple[Kept, ...] = ()
    while isinstance(ahead := _ahead(submitter, replies), Request):
        items, reply = deliver(items, ahead)
        replies = (*replies, Kept(reply))
    return items, ahead


def _active(items: Items) -> set[str]:
    return {job_id for job_id, item in items.items() if item.get("status") == "PENDING"}


def _ended(items: Items, job_id: str) -> Items:
    return {**items, job_id: {**items[job_id], "status": "FAILED"}}


def deliver(items: Items, request: Request) -> tuple[Items, Reply]:
    """Carry out a request as DynamoDB would; where nothing is written, the items are the same object."""
    if request.operation == "get_item":
        found = items.get(request.parameters["Key"]["job_id"])
        return items, Reply({} if found is None else {"Item": found})
    if request.operation == "batch_get_item":
        ((table, asked),) = request.parameters["RequestItems"].items()
        first, *rest = asked["Keys"]
        found = items.get(first["job_id"])
        left = {table: {"Keys": rest}} if rest else {}
        return items, Reply({"Responses": {table: [] if found is None else [found]}, "UnprocessedKeys": left})
    return _transact(items, request.parameters["TransactItems"])


def _transact(items: Items, actions: list[dict[str, dict[str, Any]]]) -> tuple[Items, Reply]:
    refusals: list[dict[str, Any] | None] = []
    written: dict[str, Item] = {}
    for action in actions:
        ((kind, write),) = action.items()
        key = write["Item" if kind == "Put" else "Key"]["job_id"]
        old = items.get(key, {})
        refusals.append(None if holds(write, old) else {"Item": old} if old else {})
        written[key] = write["Item"] if kind == "Put" else {"job_id": key, **_updated(write, old)}
    if all(refusal is None for refusal in refusals):
        return {**items, **written}, Reply({})
    return items, Reply({**(refusals[0] or {}), "Refusals": refusals}, refused=True)


_COMPARISONS = {"=": operator.eq, "<": operator.lt, "<=": operator.le}
_TERM = re.compile(
    r"attribute_not_exists\((?P<absent>#\w+)\)|contains\((?P<set>#\w+), (?P<part>:\w+)\)"
    r"|(?:size\((?P<size>#\w+)\)|(?P<name>#\w+)) (?P<sign><=|<|=) (?P<value>:\w+)"
)


def holds(write: Mapping[str, Any], item: Item) -> bool:
    """Tell whether the condition of a write holds: each term is judged, and Python joins them."""
    names, values = write["ExpressionAttributeNames"], write.get("ExpressionAttributeValues", {})

    def judge(term: re.Match[str]) -> str:
        if term["absent"]:
            return str(names[term["absent"]] not in item)
        if term["set"]:
            return str(values[term["part"]] in item.get(names[term["set"]], ()))
        attribute = names[term["size"] or term["name"]]
        if attribute not in item:
            return "False"
        left = len(item[attribute]) if term["size"] else item[attribute]
        return str(_COMPARISONS[term["sign"]](left, values[term["value"]]))

    joined = _TERM.sub(judge, write["ConditionExpression"])
    for word in ("AND", "OR", "NOT"):
        joined = joined.replace(word, word.lower())
    assert re.fullmatch(r"(True|False|and|or|not|[() ])+", joined), joined
    return bool(eval(joined))  # of these words only


def _updated(write: Mapping[str, Any], old: Item) -> dict[str, Any]:
    names, values, text = (
        write["ExpressionAttributeNames"],
        write["ExpressionAttributeValues"],
        write["UpdateExpression"],
    )
    new = dict(old)
    for name, value in re.findall(r"(#\w+) = (:\w+)", text):
        new[names[name]] = values[value]
    for name, value in re.findall(r"ADD (#\w+) (:\w+)", text):
        new[names[name]] = {*new.get(names[name], ()), *values[value]}
    for name in re.findall(r"REMOVE (#\w+)", text):
        new.pop(names[name], None)
    return new
