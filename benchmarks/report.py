"""What was measured, as text on the terminal and as the Markdown and the pictures that the documentation includes."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks.charts import BLUE, GREEN, GREY, Bar, Group, bars
from benchmarks.cold import BESIDE_LOGGER
from benchmarks.environments import CHECKOUT, DIRECT, LIBRARY, OUR, REFERENCE, RUST
from benchmarks.race import ANSWERS, READS, Race, Results, Section, Spread, Standing

DOCS = CHECKOUT / "docs"
MISSING = "MISSING"
NOTES = (
    "Grey, and the dotted line: hand-written boto3, 1.",
    "The thin line on a bar: the middle half of the rounds.",
)
BETTER = "Shorter is better."


def publish(results: Results, docs: Path = DOCS) -> list[Path]:
    """Write the pictures and the tables into the documentation's folder, and name the files."""
    texts = {
        "explanation/_conclusion.md": conclusion(results),
        "explanation/_machine.md": machine(results),
        "explanation/_measured.md": tables(results),
        "explanation/_losses.md": losses(results, "stub", "cold"),
        **{f"_static/{name}": picture for name, picture in pictures(results).items()},
    }
    for name, content in texts.items():
        file = docs / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return [docs / name for name in texts]


def machine(results: Results) -> str:
    """Tell where it was measured, and who took part with which versions."""
    who = [
        [name, one[ANSWERS], ", ".join(f"{part} {version}" for part, version in one.items() if part != ANSWERS)]
        for name, one in results.contenders.items()
    ]
    where = markdown(["measured on", ""], results.machine.items())
    return f"{where}\n\n{markdown(['contender', ANSWERS, 'with'], who)}\n"


def tables(results: Results) -> str:
    """Show every number that was measured."""
    parts = []
    for section in results.sections:
        absent = [f"**{MISSING}**: {section.missing}"] if section.missing else []
        shown = [f"**{race.name}**\n\n{markdown(_header(section), _rows(race, section))}" for race in section.races]
        parts += [f"### {section.title}\n\n{section.note}", *absent, *shown]
    return "\n\n".join(parts) + "\n"


def losses(results: Results, *keys: str) -> str:
    """Tell where another takes less, and how many times that the library takes on each of its ways."""
    found = [
        [race.name, our.partition(" and ")[0].partition(", ")[2], other.name, str(taken)]
        for race in results.races(*keys)
        for other in race.standings
        for our, taken in other.taken_by_ours.items()
        if round(taken.median, 2) > 1 and not other.name.startswith(OUR)
    ]
    if not found:
        return "In this run no contender took less than the library.\n"
    found.sort(key=lambda row: not row[1].startswith("direct"))
    return markdown(["work", "way", "takes less", "the library's CPU as a multiple of it"], found) + "\n"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool = False) -> str:
    """Lay out a table; of numbers, all columns but the first to the right."""
    lines = [head, ["---", *["--:" if numbers else "---"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def section_text(section: Section) -> str:
    """Lay out a section for the terminal, a table for each race."""
    title = f"== {section.title}\n{section.note}"
    if section.missing:
        return f"{title}\n\n{MISSING}: {section.missing}"
    head = _header(section)[1:]
    return "\n\n".join([title, *(columns([[race.name, *head], *_rows(race, section)]) for race in section.races)])


def absences(sections: Iterable[Section]) -> list[str]:
    """List what is missing anywhere, to be said once more at the end."""
    whole = [f"{section.title}: {section.missing}" for section in sections if section.missing]
    races = [(section, race, race.missing()) for section in sections for race in section.races]
    return [*whole, *(f"{section.title}, {race.name}: {', '.join(names)}" for section, race, names in races if names)]


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Align cells, the first column to the left; a complaint may be long."""
    measured = [row for row in rows if not row[1].startswith(MISSING)]
    widths = [max(map(len, column)) for column in zip(*measured, strict=True)]
    widths[0] = max(widths[0], *(len(row[0]) for row in rows))
    lines = []
    for first, *others in rows:
        cells = others[:1] if others[0].startswith(MISSING) else map(str.rjust, others, widths[1:])
        lines.append("  ".join([first.ljust(widths[0]), *cells]))
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _header(section: Section) -> list[str]:
    if section.walls_only:
        return ["contender", "wall", "ratio"]
    shown = ["CPU each", "ratio", "per second"] if section.throughput else ["CPU", "ratio", "wall"]
    return ["contender", *shown, "wall ratio"]


def _rows(race: Race, section: Section) -> list[list[str]]:
    return [_row(standing, section, race.longest) for standing in race.standings]


def _row(standing: Standing, section: Section, longest: float) -> list[str]:
    if standing.missing or standing.cpu is None or standing.wall is None:
        return [standing.name, f"{MISSING}: {standing.missing}", *[""] * (len(_header(section)) - 2)]
    wall = f"{1 / standing.wall.median:,.0f}" if section.throughput else _time(standing.wall, longest)
    cpu = [] if section.walls_only else [_time(standing.cpu, longest), str(standing.cpu_ratio or "-")]
    return [standing.name, *cpu, wall, str(standing.wall_ratio or "-")]


def _time(spread: Spread, longest: float) -> str:
    """Write the median in the unit in which the longest of the race can be read."""
    return f"{spread.median * 1e6:,.0f} µs" if longest < 0.1 else f"{spread.median * 1e3:,.0f} ms"


def conclusion(results: Results) -> str:
    """Say how both of the library's ways compare with code written by hand."""
    calls, starts, many = results.races("stub"), _beside_logger(results), _most_threads(results)
    threads = many[0].name.rpartition(", ")[2] if many else "threads"
    return (
        "Beside code written by hand with boto3's `Table`:\n\n"
        f"- **On the direct way**, a call takes {_range(DIRECT, calls, _cpu)} of the CPU.\n"
        f"- **A cold start** takes {_range(DIRECT, starts, _cpu)} of the CPU of a start with boto3 and Powertools' "
        "Logger, which most functions have.\n"
        f"- **With {threads}**, a read takes {_range(DIRECT, many, _wall)} of the time.\n"
        f"- **Through boto3**, the default, a call takes {_range(LIBRARY, calls, _cpu)} of the CPU, and a cold start "
        f"{_range(LIBRARY, starts, _cpu)}.\n"
    )


def _both(races: Sequence[Race], pick: Callable[[Standing], Spread | None]) -> str:
    """Conclude how both of the library's ways compare."""
    direct, through_boto3 = _range(DIRECT, races, pick), _range(LIBRARY, races, pick)
    return f"{direct} of hand-written boto3's on the direct way, {through_boto3} through boto3"


def _range(name: str, races: Iterable[Race], pick: Callable[[Standing], Spread | None]) -> str:
    """Write a contender's lowest and highest median, or one number where they are equal."""
    found = [ratio.median for race in races for one in race.standings if one.name == name and (ratio := pick(one))]
    return " to ".join(sorted({f"{ratio:.2f}" for ratio in (min(found), max(found))})) if found else MISSING


def _beside_logger(results: Results) -> list[Race]:
    return [race for race in results.races("cold") if race.name == BESIDE_LOGGER]


def _most_threads(results: Results) -> list[Race]:
    """Pick the reads with the most threads."""
    return [race for race in results.races("threads") if race.name.startswith(READS)][-1:]


def pictures(results: Results) -> dict[str, str]:
    """Draw each picture, by the name of its file, with its conclusion first; less is better in all."""
    own = (REFERENCE, RUST, LIBRARY, DIRECT)
    stub, engine, threads = (results.races(key) for key in ("stub", "engine", "threads"))
    starts, logger, most = results.races("cold", "limited"), _beside_logger(results), _most_threads(results)
    summary = [_group(race, _cpu, _cpu_time, own) for race in stub]
    summary += [_group(race, _cpu, _cpu_time) for race in logger]
    summary += [_group(race, _wall, _per_second, own) for race in most]
    absent = [f"{MISSING}: {section.missing}" for section in results.sections if section.missing]
    drawn = {
        "summary": bars(
            f"On the direct way, a call takes {_range(DIRECT, stub, _cpu)} of the CPU of hand-written boto3",
            ["CPU of the client; with threads, the time of a read.", *NOTES],
            summary,
            BETTER,
        ),
        "calls": bars(
            f"The CPU of a call is {_both(stub, _cpu)}",
            ["The client's CPU for one call; a stub answers.", *NOTES],
            [_group(race, _cpu, _cpu_time) for race in stub],
            BETTER,
        ),
        "engine": bars(
            f"The time of a call is {_both(engine, _wall)}",
            ["One call, to a DynamoDB engine on the same machine.", *NOTES, *absent],
            [_group(race, _wall, _wall_time) for race in engine],
            BETTER,
        ),
        "threads": bars(
            f"With threads, the time is {_both(threads, _wall)}",
            ["One process, one client for all threads.", *NOTES],
            [_group(race, _wall, _per_second) for race in threads],
            BETTER,
        ),
        "cold": bars(
            f"The time of a cold start is {_both(starts, _wall)}",
            ["From the interpreter's start to the first answer.", *NOTES],
            [_group(race, _wall, _wall_time) for race in starts],
            BETTER,
        ),
    }
    return {f"performance-{name}.svg": picture for name, picture in drawn.items()}


def _group(
    race: Race,
    pick: Callable[[Standing], Spread | None],
    say: Callable[[Standing, float], str],
    names: Sequence[str] | None = None,
) -> Group:
    """Draw a bar for everyone, or for those who are named; the group's title says what a short label lacks."""
    group = Group(race.name, [])
    for one in race.standings:
        if names is not None and one.name not in names:
            continue
        ratio = pick(one)
        colour = GREY if one.name == race.reference else GREEN
        colour = BLUE if one.name.startswith(OUR) else colour
        text = f"{_ratio_text(ratio)} · {say(one, race.longest)}" if ratio else MISSING
        group.bars.append(Bar(one.name.partition(" and ")[0], text, ratio, colour))
    return group


def _ratio_text(ratio: Spread) -> str:
    return "1" if ratio == Spread(1, 1, 1) else f"{ratio.median:.2f}"


def _cpu(one: Standing) -> Spread | None:
    return one.cpu_ratio


def _wall(one: Standing) -> Spread | None:
    return one.wall_ratio


def _cpu_time(one: Standing, longest: float) -> str:
    return _time(one.cpu, longest) if one.cpu else MISSING


def _wall_time(one: Standing, longest: float) -> str:
    return _time(one.wall, longest) if one.wall else MISSING


def _per_second(one: Standing, _: float) -> str:
    return f"{1 / one.wall.median:,.0f}/s" if one.wall else MISSING
