"""The report's charts: those that are computed, and those drawn from what `benchmarks.growth` measured."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Any

from benchmarks import shards
from benchmarks.capacity.lives import hand_written_life, library_life, total
from benchmarks.capacity.meter import WRITES
from benchmarks.capacity.tables import payload_item
from benchmarks.charts import Chart, Points
from benchmarks.records import Record, compact
from benchmarks.samples import Sample
from careervp_jobs_dal.job.index import Projection

SHARES = (0.02, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
TIMED = ("submit_job", "claim_job", "find_status", "list_jobs, a page of 50", "recover_jobs, 100 there")
LISTED = ("all pages down to it", "one page of 50 there")
SWEPT = ("all overdue", "100 overdue", "none overdue")


def payload_chart(largest: Record) -> Chart:
    """Show a life's write units with ever more of the largest payload."""
    contents = [shortened(largest, share) for share in SHARES]
    apart = total(library_life({}, "KEYS_ONLY", None), WRITES)

    def line(units: Callable[[Record], float]) -> Points:
        return [(len(compact(content)) / 1024, units(content)) for content in contents]

    def by_hand(projection: Projection) -> Points:
        return line(lambda content: total(hand_written_life(content, projection, polls=0), WRITES))

    def packed(projection: Projection) -> Points:
        return line(lambda content: total(library_life(content, projection, 0, polls=0), WRITES))

    return Chart(
        "Packed, a life grows a tenth as fast with the payload as by hand",
        "Write request units of a life; lower is better.",
        "payload, KB of JSON",
        {
            "by hand, index ALL": by_hand("ALL"),
            "by hand, index KEYS_ONLY": by_hand("KEYS_ONLY"),
            "packed, index ALL": packed("ALL"),
            "packed, index KEYS_ONLY": packed("KEYS_ONLY"),
            "payload in an item of its own, KEYS_ONLY": line(lambda content: apart + payload_item(content)),
        },
    )


def shards_chart(outcomes: Sequence[shards.Outcome]) -> Chart:
    """Show the busiest partition at each number of shards."""
    needed = next(outcome.shards for outcome in outcomes if not outcome.throttled)
    return Chart(
        f"From {needed} shards on, each is below the limit of a partition",
        "Write units a second in the busiest shard; lower is better. Each line is ten times the one below.",
        f"shards, at {shards.JOBS_PER_SECOND:,} jobs a second",
        {"index of active jobs": [(outcome.shards, outcome.peak_units) for outcome in outcomes]},
        {"a partition takes 1,000": shards.PARTITION_WRITES},
        x_log=True,
        y_log=True,
        x_ticks=(1, 4, 8, 16, 32, 64),
    )


def growth_charts(samples: Sequence[Sample]) -> dict[str, Chart]:
    """Show what was measured, by the name of the file."""

    def lines(curve: str, operations: Sequence[str], value: Callable[[Sample], float]) -> dict[str, Points]:
        there = [sample for sample in samples if sample.curve == curve]
        return {name: [(each.at, value(each)) for each in there if each.operation == name] for name in operations}

    return {
        "growth_table": Chart(
            "A call takes the same time in a table of any size",
            "Time, as a multiple of that in a table of 100 jobs; flat is better.",
            "jobs in the table",
            lines("jobs in the table", TIMED, _multiple),
            x_log=True,
        ),
        "growth_depth": Chart(
            "A page costs the same at any depth of the list",
            "Read request units; lower is better.",
            "jobs listed before",
            lines("listing depth", LISTED, lambda sample: sample.units),
        ),
        "growth_sweep": Chart(
            "A sweep costs by its overdue jobs, not by the active ones",
            "Read request units for at most 1,000 jobs; lower is better. Each line is ten times the one below.",
            "active jobs",
            lines("active jobs", SWEPT, lambda sample: sample.units),
            x_log=True,
            y_log=True,
        ),
    }


def shortened(value: Any, share: float) -> Any:
    """Keep the beginning of every list and text, one element at least."""
    if isinstance(value, dict):
        return {name: shortened(inner, share) for name, inner in value.items()}
    if isinstance(value, list):
        return [shortened(inner, share) for inner in value[: ceil(len(value) * share)]]
    return value[: ceil(len(value) * share)] if isinstance(value, str) else value


def _multiple(sample: Sample) -> float:
    return sample.milliseconds / (sample.beside or sample.milliseconds)
