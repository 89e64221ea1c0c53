"""Live the lives on an AWS in this process, and print what they consume; `--write` renews what the docs show of it."""

import argparse
import json
import sys
from functools import cache
from pathlib import Path

from benchmarks import shards
from benchmarks.capacity import pictures, tables
from benchmarks.records import SIZES, Record, request
from benchmarks.report import DOCS, filled
from benchmarks.samples import Growth, from_text
from careervp_jobs_dal.testing.embedded import embedded_aws

PAGE = DOCS / "explanation" / "costs.md"
STATIC = DOCS / "_static"
GROWTH = DOCS / "explanation" / "costs" / "growth.json"


@cache
def examples() -> list[tables.Payload]:
    """Live the lives with each of the example requests, once."""
    return [tables.measure(size, request(size)) for size in SIZES]


@cache
def growth() -> Growth:
    """Read what the last run of `benchmarks.growth` measured."""
    return from_text(GROWTH.read_text(encoding="utf-8"))


def parts() -> dict[str, str]:
    """Make the page's tables, by name, from the example requests and the measured growth."""
    measured = f"{tables.growth_table(growth().samples)}\nMeasured on {growth().engine}, {growth().date}.\n"
    return tables.report(examples()) | {"shards": tables.shards_table(shards.simulate()), "growth": measured}


def documents() -> dict[Path, str]:
    """Make the documentation's files: the page with its tables, and the charts."""
    charts = {
        "payload": pictures.payload_chart(examples()[-1].content),
        "shards": pictures.shards_chart(shards.simulate()),
        **pictures.growth_charts(growth().samples),
    }
    page = filled(PAGE.read_text(encoding="utf-8"), parts())
    return {PAGE: page} | {STATIC / f"cost_{name}.svg": chart.draw() for name, chart in charts.items()}


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
    print("\n".join(tables.report(payloads).values()))


def _read(path: Path) -> Record:
    """Read a request, or end with a line that tells nothing of its content."""
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
