"""What the growth's run measured, and the file that keeps it."""

import json
from typing import NamedTuple


class Sample(NamedTuple):
    """An operation at a point of a curve: its requests, their units, median milliseconds.

    `beside` is the median of the same call in a table of a hundred jobs, made in turn with these; where it is None, the
    time was taken without.
    """

    curve: str
    at: int
    operation: str
    requests: int
    units: float
    milliseconds: float
    beside: float | None = None


class Growth(NamedTuple):
    """All samples of one run, on which engine and on which day."""

    engine: str
    date: str
    samples: list[Sample]


def to_text(growth: Growth) -> str:
    """Write the text of the file, a line for each sample."""
    about = json.dumps({"engine": growth.engine, "date": growth.date})
    rows = ",\n".join(f"    {json.dumps(sample)}" for sample in growth.samples)
    return f'{{\n  "about": {about},\n  "samples": [\n{rows}\n  ]\n}}\n'


def from_text(text: str) -> Growth:
    """Read what `to_text` wrote."""
    content = json.loads(text)
    return Growth(**content["about"], samples=[Sample(*row) for row in content["samples"]])
