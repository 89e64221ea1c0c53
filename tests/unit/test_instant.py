"""Instants as text: whatever spelling a caller uses, the order in the table is the order in time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from careervp_jobs_dal.codec.values import encode_item
from careervp_jobs_dal.job.instant import (
    in_utc,
    instant_text,
    is_instant_text,
    parse_instant,
    read_clock,
    sorts_by_time,
)
from careervp_jobs_dal.job.invalid_input import InvalidInputError
from careervp_jobs_dal.plans.field import encode_fields

OFFSETS = st.integers(min_value=-23 * 60, max_value=23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
BASES = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29), timezones=st.just(UTC))
STEPS = st.one_of(
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(seconds=2)),
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=2)),
    st.sampled_from([timedelta(microseconds=10**n) for n in range(7)]),
)
PRECISIONS = ["auto", "microseconds", "milliseconds", "seconds", "minutes", "hours"]


def basic(text: str) -> str:
    """ISO 8601's form without hyphens and colons."""
    day, _, time = text.partition("T")
    return f"{day.replace('-', '')}T{time.replace(':', '')}"


def week(instant: datetime) -> str:
    year, number, day = instant.isocalendar()
    return f"{year:04d}-W{number:02d}-{day}T{instant.timetz().isoformat()}"


@st.composite
def spellings(draw: st.DrawFn, instant: datetime) -> tuple[str, datetime]:
    """One of the texts that a caller may write of an instant, and the instant that this text names."""
    precision = draw(st.sampled_from(PRECISIONS))
    local = instant.astimezone(draw(st.one_of(st.just(UTC), OFFSETS)))
    text = local.isoformat(timespec=precision)
    if local.utcoffset() == timedelta(0):
        bare = text.removesuffix("+00:00")
        text = draw(st.sampled_from([text, f"{bare}Z", bare, f"{bare}-00:00", f"{bare}+0000", f"{bare}+00"]))
    form: Any = draw(
        st.sampled_from(
            [
                str,
                basic,
                lambda text: text.replace("T", " "),
                lambda text: text.replace("T", "t"),
                lambda text: text.replace(".", ","),
            ]
        )
    )
    text = form(text)
    named = parse_instant(text)
    assume(named is not None)
    assert named is not None
    return text, named


def precision_of(stored: str) -> timedelta:
    """To what the text names its instant: one with a Z and no whole fraction names no more than it shows."""
    if not stored.endswith("Z"):
        return timedelta(microseconds=1)
    digits = len(stored.removesuffix("Z").partition(".")[2])
    return timedelta(microseconds=10 ** (6 - min(digits, 6)))


def whole(instant: datetime, unit: timedelta) -> timedelta:
    since = instant - datetime(1, 1, 1, tzinfo=UTC)
    return since - since % unit


@given(st.data(), BASES, STEPS)
def test_order_in_the_table_is_order_in_time_for_every_spelling(
    data: st.DataObject, base: datetime, step: timedelta
) -> None:
    (one, earlier), (other, later) = data.draw(spellings(base)), data.draw(spellings(base + step))
    stored_one, stored_other = in_utc(one), in_utc(other)
    unit = max(precision_of(stored_one), precision_of(stored_other))

    assert (parse_instant(stored_one), parse_instant(stored_other)) == (earlier, later)
    if whole(earlier, unit) < whole(later, unit):
        assert stored_one.encode() < stored_other.encode()
    if whole(earlier, unit) > whole(later, unit):
        assert stored_one.encode() > stored_other.encode()


@given(BASES, STEPS, st.sampled_from(["auto", "microseconds", "milliseconds", "seconds"]))
def test_texts_of_isoformat_and_of_the_library_sort_exactly(base: datetime, step: timedelta, precision: str) -> None:
    """What `datetime.now(UTC).isoformat()` gives needs no other form."""
    written, own = in_utc(base.isoformat(timespec=precision)), instant_text(base + step)

    assert written == base.isoformat(timespec=precision)
    if step:
        assert written < own
        assert instant_text(base) < in_utc((base + step).isoformat())


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-03T13:05:32Z",
        "2026-02-03T13:05:32.123Z",
        "2026-02-03T13:05:32.123456Z",
        "2026-02-03T13:05:32+00:00",
        "2026-02-03T13:05:32.123456+00:00",
        "2026-02-03T13:05:32-00:00",
        "2026-02-03T13:05:32",
        "2026-02-03T13:05:32.5",
        "2026-02-03T13:05",
        "2026-02-03",
    ],
)
def test_utc_in_the_extended_form_stays_as_it_was_given(text: str) -> None:
    assert in_utc(text) == text
    assert sorts_by_time(text)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("2026-02-03T05:05:32-08:00", "2026-02-03T13:05:32.000000Z"),
        ("2026-02-03T18:05:32.5+05:00", "2026-02-03T13:05:32.500000Z"),
        ("20260203T130532Z", "2026-02-03T13:05:32.000000Z"),
        ("20260203", "2026-02-03T00:00:00.000000Z"),
        ("2026-W06-2", "2026-02-03T00:00:00.000000Z"),
        ("2026-02-03 13:05:32", "2026-02-03T13:05:32.000000Z"),
        ("2026-02-03t13:05:32Z", "2026-02-03T13:05:32.000000Z"),
        ("2026-02-03T13:05:32,25Z", "2026-02-03T13:05:32.250000Z"),
        ("2026-02-03T13:05Z", "2026-02-03T13:05:00.000000Z"),
        ("2026-02-03T13:05:32+0000", "2026-02-03T13:05:32.000000Z"),
        ("2026-02-03T13:05:32." + "5" * 2000 + "Z", "2026-02-03T13:05:32.555555Z"),
    ],
    ids=lambda text: text[:30],
)
def test_another_form_or_offset_becomes_the_same_instant_in_utc(text: str, stored: str) -> None:
    assert in_utc(text) == stored
    assert parse_instant(text) == parse_instant(stored)


def test_an_instant_outside_the_calendar_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="years 1 to 9999"):
        in_utc("0001-01-01T00:00:00+05:00")


def test_a_text_that_is_no_instant_is_not_touched() -> None:
    assert in_utc("yesterday") == "yesterday"


@given(BASES)
def test_only_the_librarys_own_form_is_its_own(instant: datetime) -> None:
    assert is_instant_text(instant_text(instant))
    assert not is_instant_text(instant.isoformat())
    assert not is_instant_text(instant)


@pytest.mark.parametrize("text", ["2026-02-30T13:05:32.000000Z", "2026-02-03T13:05:32.000000Z\n", "", None, 5])
def test_what_only_looks_like_the_librarys_own_form_is_none(text: Any) -> None:
    assert not is_instant_text(text)


@given(st.data(), BASES, st.sampled_from(["created_at", "started_at", "completed_at"]))
def test_a_field_is_counted_with_the_size_that_it_is_stored_in(data: st.DataObject, base: datetime, name: str) -> None:
    text, _ = data.draw(spellings(base))
    encoded = encode_fields({name: text, "note": "é"})

    assert encoded == encode_item(encoded.item)


class Nowhere(tzinfo):
    def utcoffset(self, _: datetime | None) -> None:
        return None

    def dst(self, _: datetime | None) -> None:
        return None

    def tzname(self, _: datetime | None) -> None:
        return None


NO_CLOCKS: dict[str, Any] = {
    "naive": datetime.now,  # the mistake that is made most
    "zone without an offset": lambda: datetime(2026, 2, 3, tzinfo=Nowhere()),
    "a date": date.today,
    "seconds": lambda: 1_770_000_000.0,
    "none": lambda: None,
    "text": lambda: "2026-02-03T13:05:32.000000Z",
    "outside of the calendar": lambda: datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))),
    "an instant": datetime(2026, 2, 3, tzinfo=UTC),
}


@pytest.mark.parametrize("clock", NO_CLOCKS.values(), ids=NO_CLOCKS)
def test_a_clock_that_gives_no_instant_is_refused_in_plain_words(clock: Any) -> None:
    with pytest.raises(ValueError, match=r"returns an aware datetime, such as datetime\.now\(UTC\)"):
        read_clock(clock)


def test_a_clock_in_a_zone_is_read_as_an_instant() -> None:
    """The sum of a wall clock's time and an hour is another hour in the night of a change."""
    night = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=0)

    now = read_clock(lambda: night)

    assert now == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert (now + timedelta(hours=1)).isoformat() == "2026-10-25T01:30:00+00:00"
