"""The report's tables, in the Markdown that the documentation includes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks import shards
from benchmarks.capacity.lives import Life, hand_written_life, library_life, other_operations, total
from benchmarks.capacity.meter import Read, Write
from benchmarks.capacity.rules import WRITE_BYTES
from benchmarks.report.markdown import table
from careervp_jobs_dal.codec.fingerprint import canonical
from careervp_jobs_dal.codec.packing import pack
from careervp_jobs_dal.codec.values import encode_item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from benchmarks.samples import Sample
    from benchmarks.shards import Outcome
    from careervp_jobs_dal.job.index import Projection

PROJECTIONS: tuple[Projection, ...] = ("ALL", "KEYS_ONLY")
DEFAULT_ABOVE = 4096
PACKED_BY_DEFAULT, PACKED = "packed above 4 KB", "packed above 1 KB"
FORMS: Mapping[str, int | None] = {"as a Map": None, PACKED_BY_DEFAULT: DEFAULT_ABOVE, PACKED: 1024}
BY_HAND = "by hand"
LIFE_STEPS = ("submit", "duplicate", "claim", "complete", "poll")
PAYLOAD = "input_data"


class Payload(NamedTuple):
    """A request, and the lives that were lived with it."""

    name: str
    content: dict[str, Any]
    lives: Mapping[tuple[str, Projection], Life]
    others: Mapping[Projection, Life]


def measure(name: str, content: dict[str, Any]) -> Payload:
    """Live every life with a payload.

    What the library sends in a life does not depend on what the index projects, so that one life tells for both.
    """
    lives: dict[tuple[str, Projection], Life] = {}
    lived: dict[bool, Life] = {}
    for form, above in FORMS.items():
        packs = above is not None and pack(canonical(encode_item(content).item), above=above) is not None
        if packs not in lived:
            lived[packs] = library_life(content, "ALL", above)
        for projection in PROJECTIONS:
            lives[form, projection] = lived[packs].projecting(projection)
    for projection in PROJECTIONS:
        lives[BY_HAND, projection] = hand_written_life(content, projection)
    others = {projection: other_operations(content, projection, DEFAULT_ABOVE) for projection in PROJECTIONS}
    return Payload(name, content, lives, others)


def life_tables(payloads: Sequence[Payload]) -> str:
    """Write and read units of a whole life."""
    writes = _of_lives(payloads, lambda life: _units(total(life, Write)))
    reads = _of_lives(payloads, lambda life: _units(total(life, Read)))
    return f"Write units of one life:\n\n{writes}\nRead units of one life:\n\n{reads}"


def ratio_table(payloads: Sequence[Payload]) -> str:
    """The write units as a share of those by hand on an index that projects all, with and without the duplicate."""
    rows = []
    for projection in PROJECTIONS:
        for part, steps in (("", LIFE_STEPS), (", without the duplicate", ("submit", "claim", "complete"))):
            cells = [f"{share(payload, PACKED, projection, steps):.3f}" for payload in payloads]
            rows.append([f"packed, {projection}{part}", *cells])
    return _table(["share of the units by hand", *_names(payloads)], rows)


def operation_table(payloads: Sequence[Payload]) -> str:
    """Each call's units, packed as by default."""
    names = {"submit": "submit_job", "duplicate": "submit_job, a duplicate", "claim": "claim_job"}
    names |= {"complete": "complete_job", "claim, held": "claim_job, refused", "renew": "renew_claim"}
    names |= {"fail": "fail_job", "cancel": "cancel_job"}
    steps = dict.fromkeys([*LIFE_STEPS[:-1], *(request.step for request in payloads[0].others["ALL"].requests)])
    rows = []
    for step in steps:
        cells = []
        for payload in payloads:
            pairs = [(payload.lives[PACKED_BY_DEFAULT, each], payload.others[each]) for each in PROJECTIONS]
            cells.append(
                _by_projection(life.of(step) if step in LIFE_STEPS else other.of(step) for life, other in pairs)
            )
        rows.append([f"`{names.get(step, step)}`" if "," not in names.get(step, step) else names[step], *cells])
    one_poll = [
        _by_projection(_one_poll(payload.lives[PACKED_BY_DEFAULT, each]) for each in PROJECTIONS)
        for payload in payloads
    ]
    return _table(["call", *_names(payloads)], [*rows, ["`find_status`", *one_poll]])


def apart_table(payloads: Sequence[Payload]) -> str:
    """A life whose payload lies elsewhere: what the job's own writes cost then, and the payload's item."""
    rows = []
    for projection in PROJECTIONS:
        lives = [payload.lives[PACKED, projection] for payload in payloads]
        rows.append([f"packed, {projection}", *(_units(total(life, Write)) for life in lives)])
        apart = [total(life.having(PAYLOAD, None), Write) for life in lives]
        with_item = [_units(own + payload_item(payload.content)) for own, payload in zip(apart, payloads, strict=True)]
        rows.append([f"payload in an item of its own, {projection}", *with_item])
        rows.append([f"payload in S3 (and one PUT), {projection}", *map(_units, apart)])
    return _table(["write units of one life", *_names(payloads)], rows)


def shards_table(outcomes: Iterable[Outcome]) -> str:
    """What each number of shards makes of the traffic, in the best case and with shards placed by chance."""
    rows = []
    for outcome in outcomes:
        by_chance = shards.crowded(shards.fold(shards.traffic(), outcome.shards), partitions=outcome.shards)
        median = by_chance[len(by_chance) // 2]
        numbers = [f"{outcome.mean_units:,.0f}", f"{outcome.peak_units:,}"]
        rows.append([str(outcome.shards), *numbers, f"{outcome.throttled:.1%}", f"{median:.0%}"])
    return _table(["shards", "mean units/s", "peak units/s", "throttled", "if placed by chance"], rows)


def growth_table(samples: Iterable[Sample]) -> str:
    """Requests, and units, at each size of the table."""
    there = [sample for sample in samples if sample.curve == "jobs in the table"]
    sizes = list(dict.fromkeys(sample.at for sample in there))
    rows = [
        [name, *(_sent(sample) for sample in there if sample.operation == name)]
        for name in dict.fromkeys(sample.operation for sample in there)
    ]
    return _table(["requests, units", *(f"{size:,} jobs" for size in sizes)], rows)


def share(payload: Payload, form: str, projection: Projection, steps: Sequence[str] = LIFE_STEPS) -> float:
    """The write units of some steps as a ratio to all that are written by hand, there with an index of whole items."""
    return total(payload.lives[form, projection].of(*steps), Write) / total(payload.lives[BY_HAND, "ALL"], Write)


def payload_item(content: dict[str, Any]) -> int:
    """The write units of an item with a SHA-256 as its key and the packed payload."""
    packed = pack(canonical(encode_item(content).item), above=0)
    return -(-encode_item({"job_id": "0" * 64, PAYLOAD: packed}).size // WRITE_BYTES)


def _of_lives(payloads: Sequence[Payload], cell: Callable[[Life], str]) -> str:
    rows = [
        [f"{form}, {projection}", *(cell(payload.lives[form, projection]) for payload in payloads)]
        for projection in PROJECTIONS
        for form in (BY_HAND, *FORMS)
    ]
    return _table(["life, index", *_names(payloads)], rows)


def _one_poll(life: Life) -> Life:
    return Life(life.of("poll").requests[:1], life.layout)


def _by_projection(lives: Iterable[Life]) -> str:
    """Units on an index that projects all, and on one of keys where that differs."""
    texts = dict.fromkeys(_call_units(life) for life in lives)
    return " / ".join(texts)


def _call_units(life: Life) -> str:
    kinds = ((total(life, Write), "W"), (total(life, Read), "R"))
    return " + ".join(f"{_units(units)} {letter}" for units, letter in kinds if units)


def _sent(sample: Sample) -> str:
    return f"{sample.requests}, {_units(sample.units)}"


def _units(units: float) -> str:
    return f"{units:,.0f}" if units == int(units) else f"{units:,.1f}"


def _names(payloads: Sequence[Payload]) -> list[str]:
    return [payload.name for payload in payloads]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return f"{table(header, rows, numbers=True)}\n"
