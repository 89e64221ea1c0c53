"""Typed payloads: what is submitted is what a worker gets, and what is no payload is refused without its values."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Annotated, Any, Literal, NewType, NotRequired, Required, TypedDict
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, SecretStr
from typing_extensions import TypeAliasType

from careervp_jobs_dal import InvalidPayloadError, JobKind
from careervp_jobs_dal.codec.fingerprint import canonical
from careervp_jobs_dal.codec.packing import decode_record, pack
from careervp_jobs_dal.codec.values import encode_item
from tests.conftest import CANARY

UserId = NewType("UserId", str)
Words = TypeAliasType("Words", list[str])


class Tone(StrEnum):
    PLAIN = "plain"
    WARM = "warm"


class Rank(Enum):
    FIRST = 1
    LAST = 9


@dataclass
class Posting:
    role: str
    duties: list[str] = field(default_factory=list)
    parent: Posting | None = None


class Extra(TypedDict, total=False):
    note: Required[str]
    pages: int


class Shelf(TypedDict):
    posting: Posting
    more: dict[str, list[Posting]]


class Report(TypedDict):
    text: str
    language: NotRequired[Literal["de", "en"]]


@dataclass(frozen=True)
class Letter:
    posting: Posting
    user: UserId
    tone: Tone
    rank: Rank
    at: datetime
    day: date
    token: UUID
    count: int
    share: float
    price: Decimal
    done: bool
    raw: bytes
    maybe: int | None
    either: int | str
    kind: Literal["a", 1]
    pair: tuple[int, str]
    row: tuple[float, ...]
    tags: frozenset[str]
    scores: Mapping[str, float]
    extra: Extra
    several: Sequence[Posting]
    anything: Any = None
    nothing: None = None
    notes: Annotated[dict[str, str], "by section"] = field(default_factory=dict)
    length: int = field(default=0, init=False)


class Portrait(BaseModel):
    url: str
    width: int = Field(default=300, alias="w")
    at: datetime | None = None


TEXT = st.text(st.characters(codec="utf-8"), max_size=9)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e30, max_value=1e30).filter(
    lambda number: number == 0 or abs(number) > 1e-100
)
POSTINGS = st.recursive(
    st.builds(Posting, TEXT, st.lists(TEXT, max_size=2), st.none()),
    lambda inner: st.builds(Posting, TEXT, st.lists(TEXT, max_size=2), inner),
    max_leaves=3,
)
EXTRAS: st.SearchStrategy[Any] = st.fixed_dictionaries({"note": TEXT}, optional={"pages": st.integers(-9, 9)})
LETTERS = st.builds(
    Letter,
    POSTINGS,
    TEXT.map(UserId),
    st.sampled_from(Tone),
    st.sampled_from(Rank),
    st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)),
    st.dates(),
    st.uuids(),
    st.integers(-(10**30), 10**30),
    NUMBERS,
    st.decimals(-1000, 1000, places=3),
    st.booleans(),
    st.binary(max_size=5),
    st.none() | st.integers(-9, 9),
    st.integers(-9, 9) | TEXT,
    st.sampled_from(["a", 1]),
    st.tuples(st.integers(-9, 9), TEXT),
    st.lists(NUMBERS, max_size=3).map(tuple),
    st.frozensets(TEXT, min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(["a", "b"]), NUMBERS),
    EXTRAS,
    st.lists(POSTINGS, max_size=2),
)


class Jobs:
    """A repository that answers with the record as any read would give it."""

    def __init__(self, *, packed: bool = False, exact_numbers: bool = False) -> None:
        self.packed = packed
        self.exact_numbers = exact_numbers

    def submit_job(self, idempotency_key: str, input_data: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        item = encode_item({"input_data": input_data, **options}).item
        if self.packed:
            item["input_data"] = pack(canonical(item["input_data"]), above=0) or item["input_data"]
        return decode_record(item, exact_numbers=self.exact_numbers)


@given(LETTERS, st.booleans(), st.booleans())
def test_a_worker_gets_the_dataclass_that_was_submitted(letter: Letter, packed: bool, exact: bool) -> None:
    kind = JobKind("letter", Letter)

    assert kind.payload_of(kind.submit(Jobs(packed=packed, exact_numbers=exact), "key", letter)) == letter


@given(EXTRAS, st.booleans())
def test_a_worker_gets_the_typed_dict_that_was_submitted(extra: Extra, packed: bool) -> None:
    kind = JobKind("extra", Extra)

    assert kind.payload_of(kind.submit(Jobs(packed=packed), "key", extra)) == extra


@given(POSTINGS, st.dictionaries(TEXT.filter(bool), st.lists(POSTINGS, max_size=2), max_size=2))
def test_a_typed_dict_may_hold_dataclasses(posting: Posting, more: dict[str, list[Posting]]) -> None:
    kind, shelf = JobKind("shelf", Shelf), Shelf(posting=posting, more=more)

    assert kind.payload_of(kind.submit(Jobs(), "key", shelf)) == shelf


@given(st.builds(Portrait, url=TEXT, w=st.integers(0, 9), at=st.none() | st.datetimes(timezones=st.just(UTC))))
def test_a_worker_gets_the_model_that_was_submitted(portrait: Portrait) -> None:
    kind = JobKind("portrait", Portrait)

    assert kind.payload_of(kind.submit(Jobs(), "key", portrait)) == portrait


SMALL: dict[str, Any] = {"role": "CTO", "duties": []}
WRONG: dict[str, tuple[Any, Any, str]] = {
    "a missing field": (Posting, {}, "input_data.role: is missing"),
    "a strange field": (Posting, {"role": "", "salary": CANARY}, "input_data.salary: Posting has no such field"),
    "another type": (Posting, {"role": 7}, "input_data.role: must be str"),
    "deep inside": (Posting, {"role": "", "duties": ["", {CANARY: 1}]}, "input_data.duties[1]: must be str"),
    "no list": (Posting, {"role": "", "duties": CANARY}, "input_data.duties: must be a list"),
    "no dict": (Posting, {"role": "", "parent": CANARY}, "input_data.parent: must be a dict"),
    "no payload": (Posting, None, "input_data: must be a dict"),
    "a key that is missing": (Report, {}, "input_data.text: is missing"),
    "another literal": (Report, {"text": "", "language": CANARY}, "input_data.language: must be one of the literals"),
    "a required key": (Extra, {"pages": 1}, "input_data.note: is missing"),
    "half a number": (Extra, {"note": "", "pages": 1.5}, "input_data.pages: must be int"),
    "a text for a number": (Extra, {"note": "", "pages": CANARY}, "input_data.pages: must be int"),
    "a model's missing field": (Portrait, {}, "input_data.url: Portrait refused it as missing"),
    "a model's wrong field": (Portrait, {"url": "", "w": CANARY}, "input_data.w: Portrait refused it as int_parsing"),
}


@pytest.mark.parametrize(("kind", "stored", "message"), WRONG.values(), ids=WRONG)
def test_what_is_no_payload_is_refused_by_its_path(kind: Any, stored: Any, message: str) -> None:
    with pytest.raises(InvalidPayloadError) as refused:
        JobKind("kind", kind).payload_of({"input_data": stored})

    assert str(refused.value) == message
    assert str(pickle.loads(pickle.dumps(refused.value))) == message


@dataclass
class Parts:
    tone: Tone = Tone.PLAIN
    at: datetime | None = None
    either: int | Posting = 0
    pair: tuple[int, int] = (0, 0)
    names: AbstractSet[str] = frozenset()
    free: list = field(default_factory=list)  # type: ignore[type-arg]
    words: Words = field(default_factory=list)
    loose: dict = field(default_factory=dict)  # type: ignore[type-arg]
    row: tuple = ()  # type: ignore[type-arg]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("tone", CANARY, "must be the value of a Tone"),
        ("at", CANARY, "must be the text of a datetime"),
        ("at", 7, "must be the text of a datetime"),
        ("either", CANARY, "must be int or Posting"),
        ("pair", [1], "must have 2 elements"),
        ("names", CANARY, "must be a list"),
        ("words", CANARY, "must be a list"),
    ],
)
def test_each_part_is_read_as_its_type(name: str, value: object, message: str) -> None:
    with pytest.raises(InvalidPayloadError, match=rf"^input_data\.{name}: {message}$"):
        JobKind("kind", Parts).payload_of({"input_data": {name: value}})


def test_a_part_without_a_type_is_taken_as_it_is() -> None:
    stored = {"free": [1, "a"], "loose": {"a": [1]}, "row": [1], "names": ["a"], "either": {"role": "CTO"}}

    parts = JobKind("kind", Parts).payload_of({"input_data": stored})

    assert (parts.free, parts.loose, parts.row, parts.names) == ([1, "a"], {"a": [1]}, (1,), {"a"})
    assert parts.either == Posting("CTO")


def test_a_typed_dict_keeps_a_key_of_a_later_version() -> None:
    assert JobKind("kind", Report).payload_of({"input_data": {"text": "", "new": 1}}) == {"text": "", "new": 1}


@dataclass
class Strict:
    text: str

    def __post_init__(self) -> None:
        raise ValueError(f"not {self.text}")


class Angry(BaseModel):
    text: str

    @classmethod
    def model_validate(cls, obj: Any, **_: Any) -> Angry:
        raise ValueError(f"not {obj}")


class OfCallers:
    def dump(self, payload: str, /) -> dict[str, str]:
        return {"text": payload}

    def load(self, stored: Mapping[str, Any], /) -> str:
        raise ValueError(f"not {stored['text']}")


@pytest.mark.parametrize("kind", [Strict, Angry, OfCallers()], ids=["dataclass", "model", "codec"])
def test_the_text_of_a_type_s_own_refusal_is_not_repeated(kind: Any) -> None:
    with pytest.raises(InvalidPayloadError, match=r"^input_data: .*refused( it)? with ValueError$") as refused:
        JobKind("kind", kind).payload_of({"input_data": {"text": CANARY}})

    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


@dataclass
class Paused:
    pause: timedelta


@dataclass
class Either:
    at: str | datetime


@dataclass
class Keyed:
    by_day: dict[date, str]


@dataclass
class Framed:
    frame: type[int]


@dataclass
class Unknown:
    thing: Nowhere  # type: ignore[name-defined]  # noqa: F821


UNREADABLE = {
    Paused: "Paused.pause: timedelta cannot be read back from the table; give the kind a PayloadCodec",
    Either: "Either.at: str and datetime are all stored as text, so which it was is lost",
    Keyed: "Keyed.by_day: dict cannot be read back from the table; give the kind a PayloadCodec",
    Framed: "Framed.frame: type cannot be read back from the table; give the kind a PayloadCodec",
    Unknown: "Unknown: Nowhere is not defined at run time, so its annotations cannot be read",
    int: "a payload is a dataclass, a TypedDict or a pydantic model; else give a PayloadCodec",
}


@pytest.mark.parametrize(("kind", "message"), UNREADABLE.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_type_that_the_table_cannot_give_back_is_refused_when_the_kind_is_made(kind: Any, message: str) -> None:
    with pytest.raises(TypeError) as refused:
        JobKind("kind", kind)

    assert str(refused.value) == message


@dataclass
class Longer(Posting):
    more: str = ""


class Listed(BaseModel):
    def model_dump(self, **_: Any) -> Any:
        return [CANARY]


OTHERS: dict[str, tuple[Any, Any, str]] = {
    "a dict": (Posting, SMALL, "input_data: must be a Posting that becomes a dict, not a dict"),
    "a subclass": (Posting, Longer("CTO"), "input_data: must be a Posting that becomes a dict, not a Longer"),
    "a subclass within": (Posting, Posting("", [], Longer("CTO")), "input_data.parent.more: Posting has no such field"),
    "another type within": (Posting, Posting(7), "input_data.role: must be str"),  # type: ignore[arg-type]
    "a list": (Report, [CANARY], "input_data: must be a dict"),
    "a missing key": (Report, {}, "input_data.text: is missing"),
    "no model": (Portrait, SMALL, "input_data: must be a Portrait that becomes a dict, not a dict"),
    "no dict": (Listed, Listed(), "input_data: must be a Listed that becomes a dict, not a list"),
}


@pytest.mark.parametrize(("kind", "payload", "message"), OTHERS.values(), ids=OTHERS)
def test_a_payload_of_another_type_is_refused_before_anything_is_sent(kind: Any, payload: Any, message: str) -> None:
    with pytest.raises(InvalidPayloadError) as refused:
        JobKind("kind", kind).submit(Jobs(), "key", payload)

    assert str(refused.value) == message


def test_a_truth_is_an_int() -> None:
    extra: Extra = {"note": "", "pages": True}
    kind = JobKind("extra", Extra)

    assert kind.payload_of(kind.submit(Jobs(), "key", extra)) == extra


class Secret(BaseModel):
    word: SecretStr


def test_a_secret_of_a_model_is_refused_and_not_stored_as_asterisks() -> None:
    with pytest.raises(ValueError, match="SecretStr cannot be stored"):
        JobKind("kind", Secret).submit(Jobs(), "key", Secret(word=SecretStr(CANARY)))
