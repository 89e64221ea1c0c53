"""What was measured, as text on the terminal and as the Markdown and the pictures that the documentation includes."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks.charts import BLUE, GREEN, GREY, Bar, Group, bars
from benchmarks.environments import CHECKOUT, LIBRARY
from benchmarks.race import ANSWERS, Race, Results, Section, Spread, Standing

DOCS = CHECKOUT / "docs"
MISSING = "MISSING"


def publish(results: Results, docs: Path = DOCS) -> list[Path]:
    """Write the pictures and the tables into the documentation's folder, and name the files."""
    texts = {
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
    """Tell where another takes less, and how many times that the library takes."""
    found = [
        [race.name, other.name, str(other.taken_by_ours)]
        for race in results.races(*keys)
        for other in race.standings
        if other.taken_by_ours and round(other.taken_by_ours.median, 2) > 1
    ]
    if not found:
        return "In this run no contender took less than the library.\n"
    return markdown(["work", "takes less", "the library's CPU as a multiple of it"], found) + "\n"


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
    return [_row(standing, section) for standing in race.standings]


def _row(standing: Standing, section: Section) -> list[str]:
    if standing.missing or standing.cpu is None or standing.wall is None:
        return [standing.name, f"{MISSING}: {standing.missing}", *[""] * (len(_header(section)) - 2)]
    wall = f"{1 / standing.wall.median:,.0f}" if section.throughput else _time(standing.wall)
    cpu = [] if section.walls_only else [_time(standing.cpu), str(standing.cpu_ratio or "-")]
    return [standing.name, *cpu, wall, str(standing.wall_ratio or "-")]


def _time(spread: Spread) -> str:
    """Write the median in a unit in which it can be read."""
    return f"{spread.median * 1e6:,.0f} µs" if spread.median < 0.1 else f"{spread.median * 1e3:,.0f} ms"


def pictures(results: Results) -> dict[str, str]:
    """Draw each picture, by the name of its file."""
    sections = {section.key: section for section in results.sections}

    def ratios(title: str, key: str, pick: Callable[[Standing], Spread | None]) -> str:
        if sections[key].missing:
            return bars(title, [Group(f"{MISSING}: {sections[key].missing}", [])])
        return bars(title, [_group(race, pick, _ratio_text, 1.0) for race in sections[key].races])

    threads = [_group(race, _rate, lambda rate: f"{rate.median:,.0f}/s") for race in sections["threads"].races]
    starts = [_group(race, _start, lambda ms: f"{ms.median:,.0f} ms") for race in results.races("cold", "limited")]
    return {
        "performance-calls.svg": ratios("CPU of a call beside boto3's Table", "stub", lambda one: one.cpu_ratio),
        "performance-engine.svg": ratios("Time of a call on a local engine", "engine", lambda one: one.wall_ratio),
        "performance-threads.svg": bars("Work per second by 1, 8 and 32 threads", threads),
        "performance-cold.svg": bars("Cold start to the first answer", starts),
    }


def _group(
    race: Race, pick: Callable[[Standing], Spread | None], say: Callable[[Spread], str], mark: float | None = None
) -> Group:
    """Draw a bar for everyone; the group's title says what a short label lacks."""
    group = Group(race.name, [], mark)
    for one in race.standings:
        spread = pick(one)
        colour = GREY if one.name == race.reference else GREEN
        colour = BLUE if one.name.startswith(LIBRARY) else colour
        label = one.name.partition(" and ")[0]
        group.bars.append(Bar(label, say(spread) if spread else MISSING, spread, colour))
    return group


def _ratio_text(ratio: Spread) -> str:
    return "1" if ratio == Spread(1, 1, 1) else f"{ratio.median:.2f}"


def _rate(one: Standing) -> Spread | None:
    return one.wall and Spread(1 / one.wall.high, 1 / one.wall.median, 1 / one.wall.low)


def _start(one: Standing) -> Spread | None:
    return one.wall and Spread(1000 * one.wall.low, 1000 * one.wall.median, 1000 * one.wall.high)
