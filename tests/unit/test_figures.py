"""Each figure of the pages can be read: on a phone, on a forge, in the dark, and by a screen reader."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

SVG = "{http://www.w3.org/2000/svg}"
FIGURES = sorted((Path(__file__).parents[2] / "docs" / "_static").glob("*.svg"))
PHONE = 358  # points that a page leaves for a figure on the narrowest phone that is common
SMALLEST = 11
CONTRAST = 4.5  # WCAG 2, level AA
DARK_WORDS, DARK_FORGE = "#d1d7e0", "#0d1117"


def drawn(figure: Path) -> ElementTree.Element:
    return ElementTree.fromstring(figure.read_text(encoding="utf-8"))


def inherited(root: ElementTree.Element, name: str) -> list[tuple[ElementTree.Element, str]]:
    """Each text, and an attribute that it has or takes from what holds it."""
    found = []

    def visit(node: ElementTree.Element, value: str) -> None:
        value = node.get(name, value)
        if node.tag == f"{SVG}text":
            found.append((node, value))
        for child in node:
            visit(child, value)

    visit(root, "")
    return found


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def ground(root: ElementTree.Element, text: ElementTree.Element) -> str:
    """The colour of the box on which a text stands."""
    x, y = float(text.get("x", 0)), float(text.get("y", 0))
    for box in root.iter(f"{SVG}rect"):
        left, top, width, height = (float(box.get(name, 0)) for name in ("x", "y", "width", "height"))
        if left <= x <= left + width and top <= y <= top + height:
            return box.get("fill", "")
    return ""


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.stem)
def test_a_figure_says_what_it_shows(figure: Path) -> None:
    root = drawn(figure)

    assert root.get("role") == "img"
    assert len(root.findtext(f"{SVG}title", "").split()) > 4


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.stem)
def test_the_words_of_a_figure_can_be_read_on_a_phone(figure: Path) -> None:
    root = drawn(figure)
    width = float(root.get("viewBox", "").split()[2])

    sizes = {size for _, size in inherited(root, "font-size")}
    assert sizes
    assert [size for size in sizes if float(size) * PHONE / width < SMALLEST] == []


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.stem)
def test_the_words_of_a_figure_have_the_page_s_colour_or_stand_out_from_their_box(figure: Path) -> None:
    root = drawn(figure)

    others = [(text, colour) for text, colour in inherited(root, "fill") if colour != "currentColor"]
    assert [text.text for text, colour in others if contrast(colour, ground(root, text)) < CONTRAST] == []


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.stem)
def test_a_figure_is_light_on_a_dark_forge(figure: Path) -> None:
    style = drawn(figure).findtext(f"{SVG}style", "")

    assert style == f"@media (prefers-color-scheme: dark) {{ svg:root {{ color: {DARK_WORDS} }} }}"
    assert contrast(DARK_WORDS, DARK_FORGE) >= CONTRAST
