"""Nothing but listing grows with the table; the sizes here are small, those of the documentation are not."""

from __future__ import annotations

from collections import defaultdict

import pytest

from benchmarks.growth import Effort, active_jobs, listing_depth, table_size
from benchmarks.samples import Sample

SMALL = Effort(jobs=(150, 600), active=(100, 200), depth=(50, 150), rounds=1)


@pytest.fixture(autouse=True)
def an_engine_to_seed(endpoint_url: str | None) -> None:
    if endpoint_url is None:
        pytest.skip("tables are seeded by plain HTTP, which needs an engine of its own: --engine dynoxide")


def by_operation(samples: list[Sample]) -> dict[str, list[tuple[int, float]]]:
    """What each operation sent and consumed, at each size."""
    found = defaultdict(list)
    for sample in samples:
        found[sample.operation].append((sample.requests, sample.units))
    return dict(found)


def test_no_call_grows_with_the_jobs_in_the_table() -> None:
    found = by_operation(list(table_size(SMALL)))

    assert len(found) == 10
    assert all(few == many for few, many in found.values())


def test_a_sweep_grows_with_the_overdue_jobs_and_not_with_the_active_ones() -> None:
    found = by_operation(list(active_jobs(SMALL)))

    assert found["100 overdue"][0] == found["100 overdue"][1]
    assert found["none overdue"] == [(64, 32), (64, 32)]
    assert found["all overdue"][1] > found["all overdue"][0]


def test_a_page_costs_the_same_at_any_depth_and_all_pages_cost_by_their_number() -> None:
    found = by_operation(list(listing_depth(SMALL)))
    page, pages = found["one page of 50 there"], found["all pages down to it"]

    assert page[0] == page[1] == pages[0]
    assert pages[1] == (3 * page[0][0], 3 * page[0][1])
