"""Run every part and print a table for each.

No number passes or fails. Who is missing does: the library or hand-written code anywhere, and in CI everyone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from benchmarks import payload
from benchmarks.environments import LIBRARY, REFERENCE
from benchmarks.report.payload_table import payload_table
from benchmarks.report.publish import publish
from benchmarks.report.results import Results, Section, from_plain, to_plain
from benchmarks.report.text import absences, section_text
from benchmarks.suite import FULL, QUICK, run


def main() -> None:
    """Read the arguments, run, print, and write the numbers where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run that shows that everything works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers to FILE too, times in seconds")
    parser.add_argument("--publish", action="store_true", help="write the documentation's tables and pictures")
    parser.add_argument("--docs", type=Path, metavar="DIR", help="publish into DIR instead of docs/")
    parser.add_argument("--from", type=Path, metavar="FILE", dest="source", help="measure nothing, take FILE's numbers")
    arguments = parser.parse_args()
    results = _read(arguments.source) if arguments.source else _measure(quick=arguments.quick)
    if arguments.json:
        arguments.json.write_text(json.dumps(to_plain(results), indent=2) + "\n", encoding="utf-8")
    if arguments.publish or arguments.docs:
        for file in publish(results, arguments.docs) if arguments.docs else publish(results):
            print(f"written: {file}")
    sys.exit(1 if unacceptable(results, in_ci="CI" in os.environ) else 0)


def unacceptable(results: Results, *, in_ci: bool) -> bool:
    """Whether someone is missing without whom the run says nothing; in CI that is anyone."""
    missing = {
        one.name for section in results.sections for race in section.races for one in race.standings if one.missing
    }
    if in_ci and absences(results.sections):
        return True
    return not missing.isdisjoint({REFERENCE, LIBRARY})


def _read(file: Path) -> Results:
    return from_plain(json.loads(file.read_text(encoding="utf-8")))


def _measure(*, quick: bool) -> Results:
    began = time.monotonic()
    results = run(QUICK if quick else FULL, _show)
    codec = payload_table(payload.measure(rounds=5 if quick else 100))
    print(f"\n== The codec with each of the example requests\n\n{codec}")
    print("\n" + ", ".join(f"{name} {value}" for name, value in results.machine.items()))
    for absence in absences(results.sections):
        print(f"MISSING in {absence}")
    print(f"took {time.monotonic() - began:.0f} s", flush=True)
    return results


def _show(section: Section) -> None:
    print(f"\n{section_text(section)}", flush=True)


if __name__ == "__main__":
    main()
