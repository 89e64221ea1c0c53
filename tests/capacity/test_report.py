"""The report keeps its word, and the documentation shows the report as it is."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.capacity import __main__ as report
from benchmarks.capacity.lives import library_life, total
from benchmarks.capacity.meter import READS, WRITES
from benchmarks.capacity.tables import (
    APART,
    BY_HAND,
    LIFE_STEPS,
    PACKED,
    PROJECTIONS,
    Payload,
    payload_item,
    share,
)
from benchmarks.records import request
from benchmarks.samples import Growth, Sample, from_text, to_text
from careervp_jobs_dal.job.index import Projection

JOB_WRITES = ("submit", "claim", "complete")


@pytest.fixture
def typical() -> Payload:
    return report.examples()[1]


def test_a_life_is_sixteen_requests() -> None:
    life = library_life(request("small"), "ALL", None)

    assert Counter((each.step, each.kind) for each in life) == {
        ("submit", "write"): 1,
        ("duplicate", "refused"): 1,
        ("claim", "write"): 1,
        ("complete", "write"): 1,
        ("poll", "read"): 12,
    }


def test_a_typical_life_writes_a_third_of_what_is_written_by_hand(typical: Payload) -> None:
    assert total(typical.lives[BY_HAND, "ALL"], WRITES) == 66
    assert share(typical, PACKED, "ALL") < 1 / 3
    assert share(typical, PACKED, "ALL", JOB_WRITES) < 0.28


def test_a_typical_life_with_an_index_of_keys_writes_a_fifth_of_what_is_written_by_hand(typical: Payload) -> None:
    assert share(typical, PACKED, "KEYS_ONLY") < 0.2
    assert share(typical, PACKED, "KEYS_ONLY", JOB_WRITES) < 0.155


def test_a_typical_life_misses_its_goal_by_what_its_packed_payload_alone_takes(typical: Payload) -> None:
    by_hand, lives = total(typical.lives[BY_HAND, "ALL"], WRITES), typical.lives
    units = {
        (projection, steps): total(lives[PACKED, projection], WRITES, steps)
        for projection in PROJECTIONS
        for steps in (LIFE_STEPS, JOB_WRITES)
    }

    assert units == {
        ("ALL", LIFE_STEPS): 21,
        ("ALL", JOB_WRITES): 18,
        ("KEYS_ONLY", LIFE_STEPS): 13,
        ("KEYS_ONLY", JOB_WRITES): 10,
    }
    assert payload_item(typical.content) == 3
    # With a submission of two units, which its refused duplicate would be as well, both goals would be met.
    assert units["ALL", LIFE_STEPS] - 3 <= 0.28 * by_hand < units["ALL", LIFE_STEPS] - 2
    assert units["KEYS_ONLY", LIFE_STEPS] - 2 <= 0.17 * by_hand < units["KEYS_ONLY", LIFE_STEPS] - 1


@pytest.mark.parametrize("projection", PROJECTIONS)
def test_a_small_job_is_no_dearer_than_by_hand(projection: Projection) -> None:
    small = report.examples()[0]

    for kinds in (WRITES, READS):
        assert total(small.lives[PACKED, projection], kinds) < total(small.lives[BY_HAND, projection], kinds)


def test_a_million_jobs_have_their_price(typical: Payload) -> None:
    rows = report.parts()["dollars"].splitlines()

    by_hand, packed = f"{66 * 0.625 + 21.5 * 0.125:.2f}", f"{13 * 0.625 + 6 * 0.125:.2f}"
    assert f"cost **{packed} dollars** in a new table" in rows[0]
    assert f"**{by_hand} dollars** with an index that projects ALL" in rows[0]
    assert rows[-1].startswith(
        "Assumed price: 0.625 dollars per million write request units and 0.125 per million read"
    )
    assert all(said in rows[-1] for said in ("on-demand", "us-east-1", "2024"))
    assert rows[4].startswith("| by hand, ALL | ")
    assert rows[4].split(" | ")[2] == by_hand
    assert rows[9].startswith("| packed, KEYS_ONLY | ")
    assert rows[9].split(" | ")[2] == packed


def test_a_call_has_its_price_on_a_table_with_either_index() -> None:
    keys_only, whole = report.parts()["calls"].split("with ALL:")

    assert f"| `claim_job` | 2 W | 3 W | 7 W | {3 * 0.625:.2f} |" in keys_only
    assert f"| `cancel_job` | 2 W + 1 R | 3 W + 1 R | 7 W + 2 R | {3 * 0.625 + 0.125:.2f} |" in keys_only
    assert f"| `claim_job` | 4 W | 6 W | 14 W | {6 * 0.625:.2f} |" in whole


def test_a_cap_costs_what_a_transaction_costs_and_reads_the_users_jobs_only_where_there_is_no_room() -> None:
    rows = report.parts()["cap"]

    twice = 2 * (3 + 1) + 1
    assert f"| without a cap | 3 W | 4 W | 7 W | {4 * 0.625:.2f} |" in rows
    assert f"| the user has room | 7 W | {twice} W | 15 W | {twice * 0.625:.2f} |" in rows
    assert f"| `TOO_MANY_ACTIVE_JOBS` | 6 W + 10 R | 8 W + 10 R | 14 W + 20 R | {8 * 0.625 + 10 * 0.125:.2f} |" in rows


def test_polls_are_eventually_consistent_by_hand_and_by_the_library(typical: Payload) -> None:
    polls = [
        each
        for form in (BY_HAND, PACKED)
        for each in typical.lives[form, "ALL"]
        if each.step == "poll" and each.kind in READS
    ]

    assert [each.consistent for each in polls] == [False] * 24


def test_a_typical_life_reads_less_than_a_third_of_what_is_read_by_hand(typical: Payload) -> None:
    assert total(typical.lives[BY_HAND, "ALL"], READS) == 21.5
    assert total(typical.lives[PACKED, "ALL"], READS) == 6


def test_a_payload_apart_would_at_least_halve_a_typical_life(typical: Payload) -> None:
    lives = typical.lives

    assert total(lives[APART, "ALL"], WRITES) <= total(lives[PACKED, "ALL"], WRITES) / 2


def test_the_file_of_the_growth_can_be_read_again() -> None:
    samples = [Sample("depth", 50, "one page", 2, 51.0, 12.5), Sample("size", 100, "find_job", 1, 1.0, 2.5, 2.4)]
    growth = Growth("dynoxide 3.2.0", "2026-02-03", samples)

    assert from_text(to_text(growth)) == growth


def test_the_documentation_shows_the_report_as_it_is() -> None:
    for path, text in report.documents().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is old: make capacity CAPACITY=--write"
