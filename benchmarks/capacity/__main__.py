"""Live the lives on an AWS in this process, and print what they consume; `--write` renews what the docs show of it."""

from __future__ import annotations

import argparse
import json
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import shards
from benchmarks.capacity import pictures, tables
from benchmarks.records import SIZES, request
from benchmarks.samples import Growth, from_text
from careervp_jobs_dal.testing.embedded import embedded_aws

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCS = Path(__file__).resolve().parents[2] / "docs"
INCLUDED = DOCS / "explanation" / "costs"
STATIC = DOCS / "_static"
GROWTH = INCLUDED / "growth.json"


def report(payloads: list[tables.Payload]) -> Mapping[str, str]:
    """The tables by name."""
    return {
        "life": tables.life_tables(payloads),
        "share": tables.ratio_table(payloads),
        "calls": tables.operation_table(payloads),
        "apart": tables.apart_table(payloads),
    }


@cache
def examples() -> list[tables.Payload]:
    """The lives with each of the example requests, lived once."""
    return [tables.measure(size, request(size)) for size in SIZES]


def documents() -> dict[Path, str]:
    """All files of the documentation that are made here, from the example requests and what was measured."""
    payloads = examples()
    outcomes = shards.simulate()
    growth = measured()
    texts = {**report(payloads), "shards": tables.shards_table(outcomes)}
    texts["growth"] = f"{tables.growth_table(growth.samples)}\nMeasured on {growth.engine}, {growth.date}.\n"
    charts = {
        "cost_payload": pictures.payload_chart(payloads[1], payloads[-1].content),
        "cost_shards": pictures.shards_chart(outcomes),
        **{f"cost_{name}": chart for name, chart in pictures.growth_charts(growth.samples).items()},
    }
    files = {INCLUDED / f"{name}.txt": text for name, text in texts.items()}
    return files | {STATIC / f"{name}.svg": chart.draw() for name, chart in charts.items()}


def measured() -> Growth:
    """What `python -m benchmarks.growth` wrote."""
    return from_text(GROWTH.read_text(encoding="utf-8"))


def main() -> None:
    """Read the arguments, then print or write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capacity", description=__doc__)
    parser.add_argument("--request", type=Path, metavar="FILE", help="a JSON request of your own, instead of examples")
    parser.add_argument("--write", action="store_true", help="write the tables and charts of the documentation")
    given = parser.parse_args()
    with embedded_aws():
        if given.write:
            for path, text in documents().items():
                path.write_text(text, encoding="utf-8")
            return
        payloads = [tables.measure(given.request.name, _read(given.request))] if given.request else examples()
    print("\n".join(report(payloads).values()))


def _read(path: Path) -> dict[str, Any]:
    """A request, or one line that says what is wrong with the file, and nothing of its content."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}")
    except ValueError:
        sys.exit(f"{path}: not JSON in UTF-8")
    if not isinstance(content, dict):
        sys.exit(f"{path}: not a JSON object")
    return content


if __name__ == "__main__":
    main()
