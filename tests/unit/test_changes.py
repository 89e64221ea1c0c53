"""The change feed: each kind of change is told from the two images, and nothing is shown that must not be."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from careervp_jobs_dal import ChangeKind, JobChange, JobStatus, read_change, read_changes
from careervp_jobs_dal.codec.attribute_value import read_image
from careervp_jobs_dal.codec.fingerprint import canonical
from careervp_jobs_dal.codec.packing import pack
from tests.conftest import CANARY

CREATED_AT = {"created_at": "2026-02-03T13:00:00.000000Z"}
PENDING = {"job_id": "vpr-1", "status": "PENDING", "submission_id": "s-1", **CREATED_AT, "input_data": {"text": CANARY}}
LEASE = {"lease_expires_at": "2026-02-03T13:10:32.000000Z"}
CLAIMED = {**PENDING, "status": "PROCESSING", "attempt": 1, "claim_id": "c-1", **LEASE}
RENEWED = {**CLAIMED, "lease_expires_at": "2026-02-03T13:15:32.000000Z"}
PROGRESSED = {**RENEWED, "progress": Decimal("0.5")}
TAKEN_OVER = {**RENEWED, "attempt": 2, "claim_id": "c-2", "lease_expires_at": "2026-02-03T13:20:32.000000Z"}
PUT_BACK = {**PENDING, "attempt": 1, "claim_id": "c-1", "error": CANARY}
COMPLETED = {**PENDING, "status": "COMPLETED", "attempt": 1, "claim_id": "c-1"}
FAILED = {**COMPLETED, "status": "FAILED", "error": CANARY}
CANCELLED = {**FAILED, "cancelled_at": "2026-02-03T13:10:32.000000Z"}
RETRIED = {**PENDING, "submission_id": "s-2"}
REPLACED = {**RETRIED, "created_at": "2026-02-03T13:30:00.000000Z"}
ELSEWHERE = {"created_at": "2026-02-03T05:00:00-08:00"}
BY_HAND = {"job_id": "vpr-1", "status": "PENDING"}


def image(item: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The item as Lambda delivers it: in JSON, bytes in Base64."""
    if item is None:
        return None
    tagged = {name: TypeSerializer().serialize(value) for name, value in item.items()}
    decoded: dict[str, Any] = json.loads(json.dumps(tagged, default=lambda content: b64encode(content).decode()))
    return decoded


def record(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, **more: Any) -> dict[str, Any]:
    name = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
    images = {"OldImage": image(old), "NewImage": image(new)}
    return {
        "eventID": "e-1",
        "eventName": name,
        "dynamodb": {
            "ApproximateCreationDateTime": 1770123932.0,
            "Keys": {"job_id": {"S": "vpr-1"}},
            "SequenceNumber": "4421584500000000017450439091",
            **{key: content for key, content in images.items() if content is not None},
        },
        **more,
    }


CHANGES: dict[str, tuple[Any, Any, ChangeKind]] = {
    "submitted": (None, PENDING, ChangeKind.CREATED),
    "claimed": (PENDING, CLAIMED, ChangeKind.CLAIMED),
    "renewed": (CLAIMED, RENEWED, ChangeKind.RENEWED),
    "progressed": (CLAIMED, PROGRESSED, ChangeKind.PROGRESSED),
    "taken over": (PROGRESSED, TAKEN_OVER, ChangeKind.CLAIMED),
    "put back": (CLAIMED, PUT_BACK, ChangeKind.PUT_BACK),
    "claimed again": (PUT_BACK, TAKEN_OVER, ChangeKind.CLAIMED),
    "completed": (PROGRESSED, COMPLETED, ChangeKind.FINISHED),
    "failed": (CLAIMED, FAILED, ChangeKind.FINISHED),
    "cancelled": (PENDING, CANCELLED, ChangeKind.FINISHED),
    "asked to stop": (CLAIMED, {**CLAIMED, "cancel_requested_at": "now"}, ChangeKind.OTHER),
    "a field of a waiting job": (PENDING, {**PENDING, "note": CANARY}, ChangeKind.OTHER),
    "a field of a finished job": (COMPLETED, {**COMPLETED, "note": CANARY}, ChangeKind.OTHER),
    "released": (CLAIMED, {**PUT_BACK, "attempt": 0}, ChangeKind.RELEASED),
    "released, uncounted": (CLAIMED, PENDING, ChangeKind.RELEASED),
    "released in the tenth attempt": ({**CLAIMED, "attempt": 10}, {**PUT_BACK, "attempt": 9}, ChangeKind.RELEASED),
    "put back without attempts": ({**BY_HAND, "status": "PROCESSING"}, BY_HAND, ChangeKind.PUT_BACK),
    "put back, attempts that are text": ({**CLAIMED, "attempt": "2"}, {**PENDING, "attempt": "1"}, ChangeKind.PUT_BACK),
    "retried": (FAILED, RETRIED, ChangeKind.RETRIED),
    "retried after a cancellation": (CANCELLED, RETRIED, ChangeKind.RETRIED),
    "retried, created elsewhere": ({**FAILED, **ELSEWHERE}, RETRIED, ChangeKind.RETRIED),
    "retried, made by the contract": ({**BY_HAND, "status": "FAILED"}, RETRIED | {"created_at": 7}, ChangeKind.RETRIED),
    "replaced": (FAILED, REPLACED, ChangeKind.CREATED),
    "replaced, made by the contract": ({**BY_HAND, "status": "FAILED"}, REPLACED, ChangeKind.CREATED),
    "begun anew while it waited": (PENDING, RETRIED, ChangeKind.CREATED),
    "the contract's processing": (BY_HAND, {**BY_HAND, "status": "PROCESSING"}, ChangeKind.CLAIMED),
    "the contract's end": (BY_HAND, {**BY_HAND, "status": "COMPLETED"}, ChangeKind.FINISHED),
    "no status of ours": (PENDING, {**PENDING, "status": "DONE"}, ChangeKind.OTHER),
    "no text as status": (PENDING, {**PENDING, "status": 7}, ChangeKind.OTHER),
    "removed": (COMPLETED, None, ChangeKind.REMOVED),
}


@pytest.mark.parametrize(("old", "new", "kind"), CHANGES.values(), ids=CHANGES)
def test_both_images_tell_what_happened(old: Any, new: Any, kind: ChangeKind) -> None:
    change = read_change(record(old, new))

    known = new is not None and new["status"] in list(JobStatus)
    assert change.kind is kind
    assert change.status == (new["status"] if known else None)
    assert change.cancelled is (new is CANCELLED)
    assert change.old == old
    assert change.new == new


def test_a_change_says_when_and_where_it_stands_in_the_stream() -> None:
    change = read_change(record(None, PENDING))

    assert change.job_id == "vpr-1"
    assert change.at == datetime(2026, 2, 3, 13, 5, 32, tzinfo=UTC)
    assert change.event_id == "e-1"
    assert change.sequence_number == "4421584500000000017450439091"


def test_boto3s_own_form_of_a_record_is_read_as_well() -> None:
    packed = pack(canonical({"text": CANARY}), above=0)
    raw = record(COMPLETED, None, userIdentity={"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"})
    raw["dynamodb"]["OldImage"]["input_data"] = {"B": packed}
    raw["dynamodb"]["ApproximateCreationDateTime"] = datetime(2026, 2, 3, 14, tzinfo=timezone(timedelta(hours=1)))
    change = read_change(raw)

    assert (change.expired, change.old) == (True, COMPLETED)
    assert str(change.at) == "2026-02-03 13:00:00+00:00"


def test_only_a_removal_is_an_expiry() -> None:
    by_time_to_live = {"userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"}}

    for name, (old, new, kind) in CHANGES.items():
        assert read_change(record(old, new, **by_time_to_live)).expired is (kind is ChangeKind.REMOVED), name


@pytest.mark.parametrize(
    ("identity", "expired"),
    [
        ({"type": "Service", "principalId": "dynamodb.amazonaws.com"}, True),
        ({"type": "Service", "principalId": "somebody.else"}, False),
        (None, False),
    ],
)
def test_a_removal_says_whether_the_time_to_live_was_over(identity: Any, expired: bool) -> None:
    change = read_change(record(COMPLETED, None, userIdentity=identity))

    assert (change.kind, change.expired, change.status, change.new) == (ChangeKind.REMOVED, expired, None, None)


VIEWS = {
    "NEW_IMAGE": {
        "submitted": ChangeKind.CREATED,
        "claimed": ChangeKind.OTHER,
        "put back": ChangeKind.OTHER,
        "completed": ChangeKind.FINISHED,
        "cancelled": ChangeKind.FINISHED,
        "removed": ChangeKind.REMOVED,
    },
    "OLD_IMAGE": {"submitted": ChangeKind.CREATED, "completed": ChangeKind.OTHER, "removed": ChangeKind.REMOVED},
    "KEYS_ONLY": {"submitted": ChangeKind.CREATED, "completed": ChangeKind.OTHER, "removed": ChangeKind.REMOVED},
}


@pytest.mark.parametrize(
    ("view", "name", "kind"), [(view, name, kind) for view, names in VIEWS.items() for name, kind in names.items()]
)
def test_with_fewer_images_no_more_is_said_than_is_known(view: str, name: str, kind: ChangeKind) -> None:
    old, new, _ = CHANGES[name]
    raw = record(old, new)
    for content, views in {"OldImage": {"OLD_IMAGE"}, "NewImage": {"NEW_IMAGE"}}.items():
        if view not in views:
            raw["dynamodb"].pop(content, None)
    change = read_change(raw)

    assert change.kind is kind
    assert change.status == (new["status"] if new and view == "NEW_IMAGE" else None)
    assert change.new == (new if view == "NEW_IMAGE" else None)
    assert change.old == (old if view == "OLD_IMAGE" else None)
    assert change.cancelled is (new is CANCELLED and view == "NEW_IMAGE")


def test_records_are_plain_dicts_whatever_they_hold() -> None:
    item = {
        **PENDING,
        "input_data": pack(canonical({"text": CANARY, "scores": [Decimal("0.5")]}), above=0),
        "numbers": [Decimal("0.5"), Decimal(7)],
        "flags": {"yes": True, "none": None},
        "photo": b"\x89PNG",
        "texts": {"a", "b"},
        "counts": {Decimal(1), Decimal("0.5")},
        "photos": {b"\x89PNG"},
    }

    assert read_change(record(None, item)).new == {
        **item,
        "input_data": {"text": CANARY, "scores": [0.5]},
        "numbers": [0.5, 7],
        "counts": {1, 0.5},
    }


def test_a_change_shows_no_value() -> None:
    for old, new, _ in CHANGES.values():
        assert CANARY not in repr(read_change(record(old, new)))


def without(*path: str) -> dict[str, Any]:
    raw = record(PENDING, CLAIMED)
    place: Any = raw
    for name in path[:-1]:
        place = place[name]
    del place[path[-1]]
    return raw


def with_content(**content: Any) -> dict[str, Any]:
    raw = record(PENDING, CLAIMED)
    raw["dynamodb"] |= content
    return raw


MALFORMED = {
    "an SQS message": {"messageId": "m-1", "body": CANARY},
    "no event name": without("eventName"),
    "an unknown event name": {**record(PENDING, CLAIMED), "eventName": CANARY},
    "no event id": without("eventID"),
    "no content": without("dynamodb"),
    "no keys": without("dynamodb", "Keys"),
    "no sequence number": without("dynamodb", "SequenceNumber"),
    "another table's keys": with_content(Keys={"id": {"S": CANARY}}),
    "a key that is a number": with_content(Keys={"job_id": {"N": "7"}}),
    "an image that is text": with_content(NewImage=CANARY),
    "an old image that is text": with_content(OldImage=CANARY),
    "a status without a tag": with_content(NewImage={"status": CANARY}),
    "an instant that is text": with_content(ApproximateCreationDateTime=CANARY),
    "an instant that is none": with_content(ApproximateCreationDateTime=1e300),
    "a record that is text": CANARY,
    "an identity that is text": {**record(PENDING, CLAIMED), "userIdentity": CANARY},
    "an old image of a new job that is a number": with_content(OldImage=7) | {"eventName": "INSERT"},
    "an attempt that is no number": with_content(
        OldImage=image(CLAIMED), NewImage={**(image(PENDING) or {}), "attempt": {"N": CANARY}}
    ),
    "an event id that is a number": {**record(PENDING, CLAIMED), "eventID": 7},
    "a sequence number that is a number": with_content(SequenceNumber=7),
    "nothing": None,
    "no data of Kinesis": {"kinesis": {"sequenceNumber": "7"}},
    "data that is no Base64": {"kinesis": {"sequenceNumber": "7", "data": CANARY}},
    "data that is no JSON": {"kinesis": {"sequenceNumber": "7", "data": b64encode(CANARY.encode()).decode()}},
    "data of another kind": {"kinesis": {"sequenceNumber": "7", "data": b64encode(b"[7]").decode()}},
    "data without its number": {"kinesis": {"data": b64encode(json.dumps(record(None, PENDING)).encode()).decode()}},
    "a message without its id": {"body": json.dumps(record(None, PENDING))},
    "a message that is nested too deep": {"messageId": "m-1", "body": "[" * 100_000},
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_change_of_a_job_is_a_value_error(raw: Any) -> None:
    with pytest.raises(ValueError, match=r"^Not a record of a jobs table's stream \(\w+\)$") as refused:
        read_change(raw)
    assert refused.value.__suppress_context__


def test_a_record_without_an_instant_has_none() -> None:
    assert read_change(without("dynamodb", "ApproximateCreationDateTime")).at is None


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": CANARY}
    for _ in range(depth):
        value = {"L": [value]}
    return value


BAD_VALUES = [
    {"X": CANARY},
    {"N": CANARY},
    {"N": None},
    {"B": f"?{CANARY}"},
    {"B": 7},
    {"S": 7},
    {"SS": [7]},
    {"M": CANARY},
    {"L": 7},
    {"S": CANARY, "N": "7"},
    {},
    CANARY,
    nested(5000),
]


def test_a_damaged_payload_is_a_value_error_when_it_is_read() -> None:
    damaged = {"B": b64encode(pack(canonical({"text": CANARY}), above=0)[:-9] or b"").decode()}  # type: ignore[index]
    change = read_change(with_content(NewImage={"job_id": {"S": "vpr-1"}, "input_data": damaged}))

    with pytest.raises(ValueError, match="'input_data' of a stream's record cannot be read"):
        change.new  # noqa: B018


@pytest.mark.parametrize("value", BAD_VALUES, ids=range(len(BAD_VALUES)))
def test_a_value_that_dynamodb_does_not_write_is_a_value_error_when_it_is_read(value: Any) -> None:
    change = read_change(with_content(NewImage={"job_id": {"S": "vpr-1"}, "input_data": value}))

    with pytest.raises(ValueError, match="'input_data'") as refused:
        change.new  # noqa: B018
    assert CANARY not in str(refused.value)


def test_an_image_is_read_as_a_table_gives_it() -> None:
    assert read_image({"a": {"N": "1.50"}, "b": {"BOOL": False}}) == {"a": Decimal("1.5"), "b": False}


def test_an_event_is_read_one_record_after_the_other() -> None:
    changes = read_changes({"Records": [record(None, PENDING), record(PENDING, CLAIMED), {"broken": CANARY}]})

    assert next(changes).kind is ChangeKind.CREATED
    assert next(changes).kind is ChangeKind.CLAIMED
    with pytest.raises(ValueError, match="Not a record"):
        next(changes)


Event = dict[str, Any] | list[dict[str, Any]]


def from_kinesis(raw: Mapping[str, Any], number: str, *, unit: int = 1_000) -> dict[str, Any]:
    """A record as the table's Kinesis stream brings it, in the form that a pipe gives to its target."""
    content = {name: value for name, value in raw["dynamodb"].items() if name != "SequenceNumber"}
    content["ApproximateCreationDateTime"] = int(content["ApproximateCreationDateTime"] * unit)
    sent = {"userIdentity": None, **raw, "dynamodb": content, "tableName": "jobs", "recordFormat": "application/json"}
    data = b64encode(json.dumps(sent).encode()).decode()
    more = {"eventName": "aws:kinesis:record", "eventID": f"shardId-0:{number}", "eventSource": "aws:kinesis"}
    return {"partitionKey": "1", "sequenceNumber": number, "data": data, **more}


def in_lambda(carried: Mapping[str, Any]) -> dict[str, Any]:
    """A record of Kinesis in the form that Lambda gives to a function."""
    outer = ("eventName", "eventID", "eventSource")
    inner = {name: value for name, value in carried.items() if name not in outer}
    return {"kinesis": inner, **{name: carried[name] for name in outer}}


def message(record: Mapping[str, Any], message_id: str) -> dict[str, Any]:
    return {"messageId": message_id, "receiptHandle": "r-1", "body": json.dumps(record), "eventSource": "aws:sqs"}


STREAM = "4421584500000000017450439091"
FORMS: dict[str, tuple[Callable[[dict[str, Any]], Event], str, str]] = {
    # the event, the sequence number and what `batchItemFailures` takes
    "the table's stream": (lambda raw: {"Records": [raw]}, STREAM, STREAM),
    "Kinesis": (lambda raw: {"Records": [in_lambda(from_kinesis(raw, "49"))]}, "49", "49"),
    "Kinesis, to the microsecond": (
        lambda raw: {"Records": [in_lambda(from_kinesis(raw, "49", unit=1_000_000))]},
        "49",
        "49",
    ),
    "a pipe": (lambda raw: [raw], STREAM, STREAM),
    "a pipe from Kinesis": (lambda raw: [from_kinesis(raw, "49")], "49", "49"),
    "a pipe to a queue": (lambda raw: {"Records": [message(raw, "m-1")]}, STREAM, "m-1"),
    "a pipe from Kinesis to a queue": (lambda raw: {"Records": [message(from_kinesis(raw, "49"), "m-1")]}, "49", "m-1"),
}


@pytest.mark.parametrize("name", FORMS)
def test_each_form_in_which_lambda_gets_a_change_is_read(name: str) -> None:
    form, number, identifier = FORMS[name]
    (change,) = read_changes(form(record(PROGRESSED, COMPLETED)))

    assert (change.kind, change.job_id, change.status) == (ChangeKind.FINISHED, "vpr-1", JobStatus.COMPLETED)
    assert (change.old, change.new) == (PROGRESSED, COMPLETED)
    assert change.at == datetime(2026, 2, 3, 13, 5, 32, tzinfo=UTC)
    assert (change.event_id, change.sequence_number, change.item_identifier) == ("e-1", number, identifier)


@pytest.mark.parametrize("name", FORMS)
def test_an_expiry_is_told_in_each_form(name: str) -> None:
    form, _, _ = FORMS[name]
    identity = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    (change,) = read_changes(form(record(COMPLETED, None, userIdentity=identity)))

    assert (change.kind, change.expired) == (ChangeKind.REMOVED, True)


@pytest.mark.parametrize("given", [{}, {"Records": None}, {"Records": CANARY}, {"Records": {}}, CANARY, None, 7, b"[]"])
def test_what_is_no_event_with_records_is_a_value_error_at_once(given: Any) -> None:
    with pytest.raises(ValueError, match=r"^Not an event of a jobs table's stream \(\w+\)$"):
        read_changes(given)


def test_an_event_without_a_record_has_no_change() -> None:
    assert list(read_changes({"Records": []})) == []
    assert list(read_changes([])) == []


NAMES = ["Records", "dynamodb", "kinesis", "data", "body", "Keys", "NewImage", "OldImage", "status", "S", "N", "M", "L"]
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.just(CANARY), st.sampled_from([*JobStatus, "MODIFY", "7"])
)
JSON_LIKE: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)


@st.composite
def damaged_events(draw: st.DrawFn) -> Any:
    """An event of one of the forms, with something else in one place of the record or of the event."""
    old, new, _ = draw(st.sampled_from(list(CHANGES.values())))
    form, _, _ = draw(st.sampled_from(list(FORMS.values())))
    raw = record(old, new)
    if draw(st.booleans()):
        return draw(damage(form(raw)))
    with_damage = draw(damage(raw))
    try:
        return form(with_damage)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):  # too damaged to be wrapped
        return [with_damage]


@st.composite
def damage(draw: st.DrawFn, whole: Any) -> Any:
    copy = deepcopy(whole)
    place, depth = copy, draw(st.integers(0, 6))
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        if not depth or not isinstance(place[key], dict | list) or not place[key]:
            break
        place, depth = place[key], depth - 1
    if draw(st.booleans()):
        place[key] = draw(JSON_LIKE)
    else:
        del place[key]
    return copy


def assert_read_or_refused(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except ValueError as refused:
        said = str(refused)
    assert CANARY not in said
    return None


@given(st.one_of(JSON_LIKE, st.lists(JSON_LIKE).map(lambda records: {"Records": records}), damaged_events()))
def test_whatever_comes_is_a_change_or_a_value_error_without_values(event: Any) -> None:
    changes = assert_read_or_refused(lambda: list(read_changes(event))) or []

    for change in changes:
        assert isinstance(change.kind, ChangeKind)
        assert all(isinstance(text, str) for text in (change.job_id, change.event_id, change.sequence_number))
        assert isinstance(change.item_identifier, str)
        assert isinstance(change.at, datetime | None)
        assert not change.expired or change.kind is ChangeKind.REMOVED
        assert change.cancelled in {True, False}
        for read in (lambda change=change: change.new, lambda change=change: change.old):
            assert isinstance(assert_read_or_refused(read), dict | None)


def test_a_change_can_be_kept_and_compared_by_its_event_id() -> None:
    first, again = (read_change(record(None, PENDING)) for _ in range(2))

    assert isinstance(first, JobChange)
    assert first.event_id == again.event_id
