"""What every picture is made of, as the text of an SVG file: the same bytes for the same numbers.

The pictures are part of a page: text and axes take the colour of its text, in light and in dark, and the other colours
can be seen on both. They are as wide as a phone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

BLUE, ORANGE, GREEN, PURPLE, GREY, RED = "#3b82d6", "#d9730d", "#2f9e5b", "#a45bd0", "#8a8a8a", "#d43c3c"
INK = "currentColor"


def picture(kind: str, size: tuple[float, float], font_size: int, told: str, parts: Iterable[str]) -> str:
    """A whole file; the page's style knows the kind, and `told` is for those who hear it."""
    width, height = size
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" class="{kind}"'
        f' font-family="sans-serif" font-size="{font_size}" fill="none" stroke-width="2">'
    )
    return "\n".join([head, f"<title>{escape(told)}</title>", *parts, "</svg>", ""])


def words(x: float, y: float, text: str, *, anchor: str = "start", style: str = "") -> str:
    """A line of text, its further attributes as they are."""
    more = f" {style}" if style else ""
    return f'<text x="{near(x)}" y="{near(y)}" text-anchor="{anchor}" fill="{INK}"{more}>{escape(text)}</text>'


def heading(x: float, y: float, text: str) -> str:
    """A title within the picture."""
    return words(x, y, text, style='font-weight="600"')


def stroke(path: str, colour: str = INK, *, width: float = 2, dashes: str = "", opacity: float = 1) -> str:
    """A line along a path."""
    more = f' stroke-width="{width}"' if width != 2 else ""
    more += f' stroke-dasharray="{dashes}"' if dashes else ""
    more += f' stroke-opacity="{opacity}"' if opacity != 1 else ""
    return f'<path d="{path}" stroke="{colour}"{more}/>'


def near(value: float) -> float:
    """A tenth of a point is exact enough."""
    return round(value, 1)
