"""Run every part and print a table for each.

No number passes or fails. Who is missing does: the library or hand-written code anywhere, and in CI everyone.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks import payload
from benchmarks.environments import DIRECT, LIBRARY, REFERENCE
from benchmarks.race import Results, from_json
from benchmarks.report import DOCS, absences, publish, section_text
from benchmarks.suite import FULL, QUICK, run


def main() -> None:
    """Read the arguments, run, print, and write the numbers where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run that shows that everything works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers to FILE too, times in seconds")
    parser.add_argument("--publish", action="store_true", help="write the documentation's tables and pictures")
    parser.add_argument("--docs", type=Path, metavar="DIR", help="publish into DIR instead of docs/")
    parser.add_argument("--from", type=Path, metavar="FILE", dest="source", help="measure nothing, take FILE's numbers")
    given = parser.parse_args()
    results = from_json(given.source.read_text(encoding="utf-8")) if given.source else _measure(quick=given.quick)
    if given.json:
        given.json.write_text(json.dumps(asdict(results), indent=2) + "\n", encoding="utf-8")
    if given.publish or given.docs:
        for file in publish(results, given.docs or DOCS):
            print(f"written: {file}")
    sys.exit(1 if unacceptable(results, in_ci="CI" in os.environ) else 0)


def unacceptable(results: Results, *, in_ci: bool) -> bool:
    """Tell whether someone indispensable is missing; in CI that is anyone."""
    missing = {name for section in results.sections for race in section.races for name in race.missing()}
    return bool(in_ci and absences(results.sections)) or not missing.isdisjoint({REFERENCE, LIBRARY, DIRECT})


def _measure(*, quick: bool) -> Results:
    began = time.monotonic()
    results = run(QUICK if quick else FULL, lambda section: print(f"\n{section_text(section)}", flush=True))
    print(f"\n== The codec with each of the example requests\n\n{payload.table(rounds=5 if quick else 100)}")
    print("\n" + ", ".join(f"{name} {value}" for name, value in results.machine.items()))
    for absence in absences(results.sections):
        print(f"MISSING in {absence}")
    print(f"took {time.monotonic() - began:.0f} s", flush=True)
    return results


if __name__ == "__main__":
    main()
