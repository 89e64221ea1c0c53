"""The report keeps its word, and the documentation shows the report as it is."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.capacity import __main__ as report
from benchmarks.capacity.lives import library_life, total
from benchmarks.capacity.meter import Read, Write
from benchmarks.capacity.tables import BY_HAND, PACKED, PACKED_BY_DEFAULT, Payload, share
from benchmarks.records import request

JOB_WRITES = ("submit", "claim", "complete")


@pytest.fixture
def typical() -> Payload:
    return report.examples()[1]


def test_a_life_is_sixteen_requests() -> None:
    life = library_life(request("small"), "ALL", None)

    assert Counter((each.step, type(each)) for each in life.requests) == {
        ("submit", Write): 1,
        ("duplicate", Write): 1,
        ("claim", Write): 1,
        ("complete", Write): 1,
        ("poll", Read): 12,
    }
    assert [each.step for each in life.requests if isinstance(each, Write) and each.refused] == ["duplicate"]


def test_a_typical_life_writes_a_third_of_what_is_written_by_hand(typical: Payload) -> None:
    assert total(typical.lives[BY_HAND, "ALL"], Write) == 66
    assert share(typical, PACKED_BY_DEFAULT, "ALL") < 1 / 3
    assert share(typical, PACKED_BY_DEFAULT, "ALL", JOB_WRITES) < 0.28


def test_a_typical_life_with_an_index_of_keys_writes_a_fifth_of_what_is_written_by_hand(typical: Payload) -> None:
    assert share(typical, PACKED_BY_DEFAULT, "KEYS_ONLY") < 0.2
    assert share(typical, PACKED_BY_DEFAULT, "KEYS_ONLY", JOB_WRITES) < 0.155


def test_a_typical_life_reads_less_than_by_hand_although_its_reads_are_consistent(typical: Payload) -> None:
    assert total(typical.lives[PACKED_BY_DEFAULT, "ALL"], Read) < total(typical.lives[BY_HAND, "ALL"], Read)


def test_a_payload_apart_would_at_least_halve_a_typical_life(typical: Payload) -> None:
    life = typical.lives[PACKED, "ALL"]

    assert total(life.having("input_data", None), Write) <= total(life, Write) / 2


def test_the_documentation_shows_the_report_as_it_is() -> None:
    for path, text in report.documents().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is old: make capacity CAPACITY=--write"
