"""Charts say the same in any colours, and what they say is said in words as well."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from benchmarks.charts import STYLES, Chart

SVG = "{http://www.w3.org/2000/svg}"
CHART = Chart(
    "They grow",
    "Units that grow & grow; lower is better.",
    "jobs",
    {f"line {number}": [(1, number + 1), (1000, 20 * number + 2)] for number in range(len(STYLES))},
    {"enough": 50},
    x_log=True,
)


def test_a_chart_is_well_formed_and_is_told_to_those_who_hear_it() -> None:
    assert ElementTree.fromstring(CHART.draw()).findtext(f"{SVG}title") == (
        "They grow. Units that grow & grow; lower is better. Across: jobs."
    )


def test_a_chart_is_the_same_bytes_each_time() -> None:
    assert CHART.draw() == CHART.draw()


def test_its_text_takes_the_colour_of_the_page() -> None:
    texts = ElementTree.fromstring(CHART.draw()).findall(f"{SVG}text")

    assert {text.get("fill") for text in texts} == {"currentColor"}
    assert {"They grow", "enough", "jobs", "line 0", "1,000"} <= {text.text for text in texts}


def test_lines_differ_without_their_colours() -> None:
    assert len({dashes for _, dashes in STYLES}) == len(STYLES)


@pytest.mark.parametrize("log", [False, True])
def test_points_lie_within_the_axes(log: bool) -> None:
    drawn = ElementTree.fromstring(Chart("t", "y", "x", {"l": [(3, 7), (90, 450)]}, y_log=log).draw())
    (_, _, width, height) = map(float, str(drawn.get("viewBox")).split())

    for circle in drawn.findall(f"{SVG}circle"):
        assert 0 < float(circle.get("cx", 0)) < width
        assert 0 < float(circle.get("cy", 0)) < height
