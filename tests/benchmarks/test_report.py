"""What is published is what was measured: the tables, the pictures, and the file of all numbers."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.charts import BARS_LEFT, BARS_RIGHT, LETTERS, Bar, Group, bars
from benchmarks.cold import BESIDE_LOGGER
from benchmarks.environments import DIRECT, LIBRARY, REFERENCE
from benchmarks.race import READS, Cost, Race, Results, Section, Spread, from_json, judge
from benchmarks.report import DOCS, PAGE, conclusion, filled, losses, machine, pictures, publish, tables

SVG = "{http://www.w3.org/2000/svg}"


def taken(*milliseconds: float) -> list[Cost]:
    return [Cost(one / 1000, 2 * one / 1000) for one in milliseconds]


RACE: Race = judge(
    READS,
    REFERENCE,
    (LIBRARY, DIRECT),
    {REFERENCE: taken(4, 4), "pydynox": taken(1, 1), LIBRARY: taken(3, 3), DIRECT: taken(0.5, 0.5)},
    {"dyntastic": "not installed"},
)
LOSS: Race = judge("create", REFERENCE, (DIRECT,), {REFERENCE: taken(4), "pydynox": taken(1), DIRECT: taken(2)}, {})
RESULTS = Results(
    {"CPU": "one"},
    {LIBRARY: {"boto3": "1.2.3", "answers with": "dict"}},
    [
        Section("stub", "Calls", "a note", [RACE]),
        Section("threads", "Threads", "", [RACE], throughput=True),
        Section("engine", "Engine", "", [], missing="no engine"),
        Section("cold", "Cold", "", [RACE, replace(RACE, name=BESIDE_LOGGER)]),
        Section("limited", "Limited", "", [RACE], walls_only=True),
    ],
)


def bar(length: float) -> Bar:
    return Bar("label", "text", Spread(length, length, length))


def widths(svg: str) -> list[float]:
    return [float(bar.attrib["width"]) for bar in ElementTree.fromstring(svg).iter(f"{SVG}rect")]


def test_a_bar_is_as_long_as_its_number() -> None:
    svg = bars("title", [], [Group("group", [bar(4), bar(1), bar(2)])], "axis")
    assert widths(svg) == [
        BARS_RIGHT - BARS_LEFT,
        pytest.approx((BARS_RIGHT - BARS_LEFT) / 4, abs=0.05),
        (BARS_RIGHT - BARS_LEFT) / 2,
    ]


def test_the_longest_quartile_still_fits() -> None:
    svg = bars("title", [], [Group("group", [Bar("a", "1", Spread(1, 1, 2))])], "axis")
    assert widths(svg) == [(BARS_RIGHT - BARS_LEFT) / 2]


def test_all_groups_share_one_axis_that_shows_its_numbers() -> None:
    svg = bars("title", ["a note"], [Group("one", [bar(1)]), Group("two", [bar(4)])], "Shorter is better.")
    assert widths(svg) == [(BARS_RIGHT - BARS_LEFT) / 4, BARS_RIGHT - BARS_LEFT]
    texts = [text.text for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert [texts.count(tick) for tick in ("0", "1", "2", "3", "4")] == [2] * 5
    assert texts[:3] == ["title", "a note", "Shorter is better."]


def test_no_numbers_of_an_axis_touch() -> None:
    svg = bars("title", [], [Group("group", [bar(1.14)])], "axis")
    texts = [text.text for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert [texts.count(tick) for tick in ("0", "0.25", "0.5", "0.75", "1", "1.25")] == [2, 0, 2, 0, 2, 0]


def test_the_numbers_of_the_bars_stand_in_a_column_that_no_bar_or_line_reaches() -> None:
    numbers = [Bar("a", "first", Spread(1, 1, 9)), Bar("b", "second", Spread(0.1, 0.1, 0.1))]
    texts = list(ElementTree.fromstring(bars("title", [], [Group("group", numbers)], "axis")).iter(f"{SVG}text"))
    (place,) = {text.attrib["x"] for text in texts if text.text in ("first", "second")}
    assert float(place) > BARS_RIGHT


def test_a_missing_bar_is_written_and_not_drawn() -> None:
    svg = bars("title", [], [Group("group", [bar(1), Bar("b", "MISSING")])], "axis")
    assert len(widths(svg)) == 1
    assert ">MISSING<" in svg


def test_words_cannot_break_the_picture() -> None:
    svg = bars("<title>", [], [Group("a & b", [Bar("<x>", "1", Spread(1, 1, 1))])], "axis")
    assert "a & b" in [text.text for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_the_same_numbers_make_the_same_files(tmp_path: Path) -> None:
    first = {file.name: file.read_bytes() for file in publish(RESULTS, tmp_path / "one")}
    second = {
        file.name: file.read_bytes() for file in publish(from_json(json.dumps(asdict(RESULTS))), tmp_path / "two")
    }
    assert first == second


def test_the_file_of_numbers_can_be_read_again() -> None:
    assert from_json(json.dumps(asdict(RESULTS))) == RESULTS


def test_the_tables_have_the_measured_numbers() -> None:
    published = tables(RESULTS)
    assert f"| {LIBRARY} | 3,000 µs | 0.75 (0.75-0.75) | 6,000 µs | 0.75 (0.75-0.75) |" in published
    assert f"| {LIBRARY} | 3,000 µs | 0.75 (0.75-0.75) | 167 | 0.75 (0.75-0.75) |" in published
    assert f"| {LIBRARY} | 6,000 µs | 0.75 (0.75-0.75) |" in published


def test_a_loss_is_told_and_a_win_is_none() -> None:
    told = losses(replace(RESULTS, sections=[Section("stub", "", "", [RACE, LOSS])]), "stub")
    assert told.splitlines()[2:] == [
        "| create | direct | pydynox | 2.00 (2.00-2.00) |",
        f"| {READS} | boto3 | pydynox | 3.00 (3.00-3.00) |",
    ]


def test_the_conclusion_says_how_both_ways_compare() -> None:
    told = conclusion(RESULTS)
    assert "**On the direct way**, a call takes 0.12 of the CPU" in told
    assert "a call takes 0.75 of the CPU, and a cold start 0.75." in told
    section = Section("stub", "", "", [RACE, LOSS])
    assert "a call takes 0.12 to 0.50 of" in conclusion(replace(RESULTS, sections=[section]))


def test_pictures_show_everyone_and_say_who_is_missing() -> None:
    drawn = pictures(RESULTS)
    assert len(widths(drawn["performance-calls.svg"])) == 4
    assert all("Shorter is better." in picture for picture in drawn.values())
    assert "MISSING" in drawn["performance-calls.svg"]
    assert "MISSING: no engine" in drawn["performance-engine.svg"]
    assert ">0.75 · 167/s<" in drawn["performance-threads.svg"]


def test_a_picture_begins_with_its_conclusion() -> None:
    heard = {name: ElementTree.fromstring(svg).findtext(f"{SVG}title") for name, svg in pictures(RESULTS).items()}

    assert str(heard["performance-calls.svg"]).startswith(
        "The CPU of a call is 0.12 of hand-written boto3's on the direct way, 0.75 through boto3."
    )
    assert str(heard["performance-summary.svg"]).startswith("On the direct way, a call takes 0.12 of the CPU")


def test_a_picture_has_light_words_on_a_dark_forge_and_changes_no_page_that_it_is_put_into() -> None:
    (style,) = ElementTree.fromstring(bars("title", [], [Group("group", [bar(1)])], "axis")).iter(f"{SVG}style")

    assert re.findall(r"([^{}]+)\{ ([^{}]+) \}", str(style.text)) == [(" svg:root ", "color: #d1d7e0")]


def test_long_words_are_broken_into_lines_that_fit() -> None:
    svg = bars("a long title " * 9, ["a long note " * 9], [Group("a long group " * 9, [bar(1)])], "axis")
    texts = [str(text.text) for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]

    assert max(map(len, texts)) <= max(LETTERS.values())
    assert sum("group" in text for text in texts) > 1


def test_every_picture_that_the_page_shows_is_published_and_there(tmp_path: Path) -> None:
    page = (DOCS / PAGE).read_text(encoding="utf-8")
    shown = set(re.findall(r"\]\(\S*/(\S+\.svg)\)", page))
    assert {"performance.md", *shown} == {file.name for file in publish(RESULTS, tmp_path)}
    for file in publish(RESULTS, tmp_path):
        assert (DOCS / file.relative_to(tmp_path)).is_file()


def test_the_page_has_the_published_tables_and_keeps_its_words(tmp_path: Path) -> None:
    before, after = (
        (docs / PAGE).read_text(encoding="utf-8") for docs in (DOCS, publish(RESULTS, tmp_path)[0].parents[1])
    )

    assert all(made.strip() in after for made in (conclusion(RESULTS), machine(RESULTS), tables(RESULTS)))
    assert re.findall(r"^#+ .*$|^<!-- .*$", after, re.M)[:9] == re.findall(r"^#+ .*$|^<!-- .*$", before, re.M)[:9]


def test_a_page_without_a_place_for_a_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="no place for losses"):
        filled("<!-- begin other -->\n<!-- end other -->\n", {"losses": "a table"})


def test_contenders_are_listed_with_their_answers_and_versions() -> None:
    assert f"| {LIBRARY} | dict | boto3 1.2.3 |" in machine(RESULTS)


def test_the_published_numbers_name_the_machine_and_the_versions() -> None:
    published = (DOCS / PAGE).read_text(encoding="utf-8")
    assert all(f"| {name} |" in published for name in ("CPU", "Python", "boto3", "botocore"))
