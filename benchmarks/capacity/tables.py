"""The report's tables, in the Markdown that the documentation includes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from benchmarks import shards
from benchmarks.capacity.lives import Life, capped_submissions, hand_written_life, library_life, other_operations, total
from benchmarks.capacity.meter import READS, WRITES
from benchmarks.capacity.rules import DOLLARS, PRICED, WRITE_BYTES
from benchmarks.records import POLLS, Record
from benchmarks.report import markdown
from benchmarks.samples import Sample
from careervp_jobs_dal.codec.fingerprint import canonical
from careervp_jobs_dal.codec.packing import pack
from careervp_jobs_dal.codec.values import encode_item
from careervp_jobs_dal.job.index import Projection

PROJECTIONS: tuple[Projection, ...] = ("ALL", "KEYS_ONLY")
DEFAULT_ABOVE = 1024
PACKED = "packed"
FORMS: Mapping[str, int | None] = {"as a Map": None, PACKED: DEFAULT_ABOVE}
BY_HAND, APART = "by hand", "payload apart"
LIFE_STEPS = ("submit", "duplicate", "claim", "complete", "poll")
PAYLOAD = "input_data"
CALLS = {
    "submit": "`submit_job`",
    "duplicate": "`submit_job`, a duplicate",
    "claim": "`claim_job`",
    "complete": "`complete_job`",
    "claim, held": "`claim_job`, refused",
    "renew": "`renew_claim`",
    "fail": "`fail_job`",
    "cancel": "`cancel_job`",
    "create_job": "`create_job`",
    "get_job": "`get_job`",
    "get_job_by_idempotency_key": "`get_job_by_idempotency_key`",
    "update_job_status": "`update_job_status`",
    "poll": "`find_status`",
}
CAPPED_CALLS = {
    "submit": "without a cap",
    "room": "the user has room",
    "room, again": "a duplicate",
    "no room": "`TOO_MANY_ACTIVE_JOBS`",
    "ended": "the set is full, but a job has ended",
}


class Payload(NamedTuple):
    """A request, and the lives that were lived with it."""

    name: str
    content: Record
    lives: Mapping[tuple[str, Projection], Life]
    others: Mapping[Projection, Life]


def measure(name: str, content: Record) -> Payload:
    """Live every life with a payload, and one whose payload is elsewhere."""
    lives = {}
    for projection in PROJECTIONS:
        lives[BY_HAND, projection] = hand_written_life(content, projection)
        lives[APART, projection] = library_life({}, projection, None)
        for form, above in FORMS.items():
            lives[form, projection] = library_life(content, projection, above)
    others = {
        projection: [
            *other_operations(content, projection, DEFAULT_ABOVE),
            *capped_submissions(content, projection, DEFAULT_ABOVE),
        ]
        for projection in PROJECTIONS
    }
    return Payload(name, content, lives, others)


def report(payloads: Sequence[Payload]) -> dict[str, str]:
    """Write the tables, by name."""
    names = [payload.name for payload in payloads]
    writes = _table("life, index", names, _life_rows(payloads, WRITES))
    reads = _table("life, index", names, _life_rows(payloads, READS))
    return {
        "life": f"Write request units of one life:\n\n{writes}\nRead request units of one life:\n\n{reads}",
        "dollars": "\n".join(
            [_conclusion(payloads), _table("dollars per million jobs", names, _dollar_rows(payloads)), _price(), ""]
        ),
        "share": _table("share of the write request units by hand", names, _share_rows(payloads)),
        "calls": "\n".join(_calls(payloads, projection) for projection in reversed(PROJECTIONS)),
        "cap": _call_table("`submit_job`", CAPPED_CALLS, payloads, "KEYS_ONLY"),
        "apart": _table("write request units of one life", names, _apart_rows(payloads)),
    }


def shards_table(outcomes: Iterable[shards.Outcome]) -> str:
    """Show what each number of shards does to the traffic, also by chance."""
    rows = []
    for outcome in outcomes:
        by_chance = shards.crowded(shards.fold(shards.traffic(), outcome.shards), partitions=outcome.shards)
        median = by_chance[len(by_chance) // 2]
        numbers = [f"{outcome.mean_units:,.0f}", f"{outcome.peak_units:,}"]
        rows.append([str(outcome.shards), *numbers, f"{outcome.throttled:.1%}", f"{median:.0%}"])
    return _table("shards", ["mean units/s", "peak units/s", "throttled", "throttled, if placed by chance"], rows)


def growth_table(samples: Iterable[Sample]) -> str:
    """Show requests, and units, at each size of the table."""
    sizes, rows = dict[str, None](), dict[str, list[str]]()
    for sample in samples:
        if sample.curve == "jobs in the table":
            sizes[f"{sample.at:,} jobs"] = None
            rows.setdefault(sample.operation, []).append(f"{sample.requests}, {_units(sample.units)}")
    return _table("requests, units", sizes, ([name, *cells] for name, cells in rows.items()))


def share(payload: Payload, form: str, projection: Projection, steps: Sequence[str] = LIFE_STEPS) -> float:
    """Divide steps' write units by all of those by hand, with whole items indexed."""
    return total(payload.lives[form, projection], WRITES, steps) / total(payload.lives[BY_HAND, "ALL"], WRITES)


def payload_item(content: Record) -> int:
    """Count the write units of a packed payload behind a SHA-256 as key."""
    packed = pack(canonical(encode_item(content).item), above=0)
    return -(-encode_item({"job_id": "0" * 64, PAYLOAD: packed}).size // WRITE_BYTES)


def _life_rows(payloads: Sequence[Payload], kinds: tuple[str, ...]) -> list[list[str]]:
    return [
        [f"{form}, {projection}", *(_units(total(payload.lives[form, projection], kinds)) for payload in payloads)]
        for projection in PROJECTIONS
        for form in (BY_HAND, *FORMS)
    ]


def _dollar_rows(payloads: Sequence[Payload]) -> list[list[str]]:
    """Price a million lives, writes and reads, in whole dollars and cents."""
    return [
        [f"{form}, {projection}", *(f"{_dollars(payload.lives[form, projection]):,.2f}" for payload in payloads)]
        for projection in PROJECTIONS
        for form in (BY_HAND, *FORMS)
    ]


def _conclusion(payloads: Sequence[Payload]) -> str:
    """Say in a sentence what the jobs with the middle payload cost."""
    middle = payloads[len(payloads) // 2]
    lives = middle.lives[PACKED, "KEYS_ONLY"], middle.lives[BY_HAND, "KEYS_ONLY"], middle.lives[BY_HAND, "ALL"]
    ours, same, other = (f"**{_dollars(life):,.2f} dollars**" for life in lives)
    return (
        f"A million jobs with the {middle.name} payload cost {ours} in a new table. Written by hand, they cost {same} "
        f"with the same index, and {other} with an index that projects ALL.\n"
    )


def _price() -> str:
    write, read = DOLLARS["write"], DOLLARS["read"]
    return (
        f"Assumed price: {write} dollars per million write request units and {read} per million read request units "
        f"({PRICED})."
    )


def _dollars(life: Life) -> float:
    """Price a million lives."""
    return sum(total(life, kinds) * DOLLARS[kind] for kind, kinds in (("write", WRITES), ("read", READS)))


def _share_rows(payloads: Sequence[Payload]) -> list[list[str]]:
    """Compare with an index by hand that projects all, with and without the duplicate."""
    parts = {"": LIFE_STEPS, ", without the duplicate": ("submit", "claim", "complete")}
    return [
        [f"packed, {projection}{part}", *(f"{share(each, PACKED, projection, steps):.3f}" for each in payloads)]
        for projection in PROJECTIONS
        for part, steps in parts.items()
    ]


def _calls(payloads: Sequence[Payload], projection: Projection) -> str:
    """Show each call on a table with one kind of index."""
    return f"Index on `idempotency_key` with {projection}:\n\n{_call_table('call', CALLS, payloads, projection)}"


def _call_table(corner: str, calls: Mapping[str, str], payloads: Sequence[Payload], projection: Projection) -> str:
    """Show the units of calls, and the price with the middle payload."""
    names, middle = [payload.name for payload in payloads], len(payloads) // 2
    rows = []
    for step, name in calls.items():
        units = [_call_units(step, payload, projection) for payload in payloads]
        texts = [
            " + ".join(f"{_units(many)} {kind[0].upper()}" for kind, many in each.items() if many) for each in units
        ]
        rows.append([name, *texts, f"{sum(many * DOLLARS[kind] for kind, many in units[middle].items()):.2f}"])
    return _table(corner, [*names, f"dollars per million, {names[middle]}"], rows)


def _call_units(step: str, payload: Payload, projection: Projection) -> dict[str, float]:
    """Count one call's write and read units."""
    life = payload.lives[PACKED, projection] if step in LIFE_STEPS else payload.others[projection]
    calls = POLLS if step == "poll" else 1
    return {kind: total(life, kinds, [step]) / calls for kind, kinds in (("write", WRITES), ("read", READS))}


def _apart_rows(payloads: Sequence[Payload]) -> list[list[str]]:
    """Show lives whose payload lies elsewhere: their own writes, and the payload's item."""
    rows = []
    for projection in PROJECTIONS:
        lives = [payload.lives[PACKED, projection] for payload in payloads]
        apart = [total(payload.lives[APART, projection], WRITES) for payload in payloads]
        with_item = [own + payload_item(payload.content) for own, payload in zip(apart, payloads, strict=True)]
        rows.append([f"packed, {projection}", *(_units(total(life, WRITES)) for life in lives)])
        rows.append([f"payload in an item of its own, {projection}", *map(_units, with_item)])
        rows.append([f"payload in S3, and one PUT, {projection}", *map(_units, apart)])
    return rows


def _units(units: float) -> str:
    return f"{units:,.0f}" if units == int(units) else f"{units:,.1f}"


def _table(corner: str, names: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    return f"{markdown([corner, *names], rows, numbers=True)}\n"
