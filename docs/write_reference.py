"""Writes what the reference says of the table, the record and permissions, as the code has it.

Run it after a change of the table's or the record's description, or of the permissions:
`python docs/write_reference.py`. It replaces what stands between the comments `begin NAME` and `end NAME` in the pages.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from careervp_jobs_dal.infrastructure.description import create_table_request, time_to_live_request
from careervp_jobs_dal.infrastructure.permission import METHODS, PERMISSIONS, ROLES, Permission, needed
from careervp_jobs_dal.infrastructure.policy import iam_policy
from careervp_jobs_dal.job.attribute import JOB_ID
from careervp_jobs_dal.job.index import OPTIONAL_INDEXES, Index, idempotency_index
from careervp_jobs_dal.job.schema import ATTRIBUTES, BEGINNING, CLAIMS, ENDS, ERROR_ENTRY, Attribute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PAGES = Path(__file__).parent / "reference"
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/jobs"


def table() -> Iterator[str]:
    """The parts that every table has."""
    request = create_table_request("jobs")
    billing = {"PAY_PER_REQUEST": "on demand"}[request["BillingMode"]]
    time_to_live = time_to_live_request("jobs")["TimeToLiveSpecification"]["AttributeName"]
    rows = [("partition key", f"`{JOB_ID}` (S), no sort key"), ("time to live", f"`{time_to_live}`, epoch seconds")]
    yield from _rows(("part", "value"), [*rows, ("billing", billing)])


def indexes() -> Iterator[str]:
    """The indexes, with those that an operator needs."""
    all_of_them = (idempotency_index(), *OPTIONAL_INDEXES)
    yield from _rows(("index", "partition key, sort key", "projection", "needed by"), map(_index, all_of_them))


def permissions() -> Iterator[str]:
    """What each method needs; methods that need the same share a row."""
    sharing: dict[tuple[Permission, ...], list[str]] = {}
    for method in PERMISSIONS:
        sharing.setdefault(needed([method]), []).append(f"`{method}`")
    rows = ((", ".join(methods), _actions(needs)) for needs, methods in sharing.items())
    yield from _rows(("method", "actions, each with the prefix `dynamodb:`"), rows)


def roles() -> Iterator[str]:
    """The roles, and what they call."""
    yield from _rows(("role", "calls"), ((role, _code(METHODS[role])) for role in ROLES))


def policies() -> Iterator[str]:
    """The four policies."""
    for role in ROLES:
        yield from (f"### {role}", "", "```json", iam_policy(role, ARN), "```", "")


def beginning() -> Iterator[str]:
    """What a job begins with."""
    yield from _attributes(BEGINNING)


def claims() -> Iterator[str]:
    """What a claim adds."""
    yield from _attributes(CLAIMS)


def ends() -> Iterator[str]:
    """What an end adds."""
    yield from _attributes(ENDS)


def entry() -> Iterator[str]:
    """What stands in each entry of `errors`."""
    rows = ((f"`{each.name}`", " or ".join(each.types), each.content) for each in ERROR_ENTRY)
    yield from _rows(("in an entry", "type", "content"), rows)


def owned() -> Iterator[str]:
    """What only the lifecycle writes."""
    yield _code(each.name for each in ATTRIBUTES if each.owned)


PARTS: dict[str, dict[str, Callable[[], Iterator[str]]]] = {
    "table.md": {"table": table, "indexes": indexes},
    "record.md": {"beginning": beginning, "claims": claims, "ends": ends, "entry": entry, "owned": owned},
    "iam.md": {"permissions": permissions, "roles": roles, "policies": policies},
}


def written(page: str) -> str:
    """The page, with its parts as they have to be."""
    text = (PAGES / page).read_text(encoding="utf-8")
    for name, part in PARTS[page].items():
        place = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->\n)", re.DOTALL)
        body = "\n".join(part()).strip()
        text, found = place.subn(lambda ends, body=body: f"{ends[1]}\n{body}\n\n{ends[2]}", text)  # type: ignore[misc]
        if not found:
            raise ValueError(f"{page} has no place for {name}")
    return text


def _index(index: Index) -> tuple[str, ...]:
    required = index not in OPTIONAL_INDEXES
    keys = [f"`{name}` (S)" for name in (index.partition, index.sort) if name]
    projection = "ALL or KEYS_ONLY" if required else index.projection
    users = [name for name, needs in PERMISSIONS.items() if index.name in {need.on_index for need in needs}]
    return f"`{index.name}`", ", ".join(keys), projection, _code(users)


def _attributes(described: Iterable[Attribute]) -> Iterator[str]:
    rows = ((f"`{each.name}`", " or ".join(each.types), each.content, _code(each.writers)) for each in described)
    yield from _rows(("attribute", "type", "content", "written by"), rows)


def _actions(needs: Iterable[Permission]) -> str:
    shown = (f"`{each.action}`" + (f" on `{each.on_index}`" if each.on_index else "") for each in needs)
    return ", ".join(shown)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _rows(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    yield from (f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    for page in PARTS:
        (PAGES / page).write_text(written(page), encoding="utf-8")
