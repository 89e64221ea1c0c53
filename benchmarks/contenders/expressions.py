"""The requests' expressions, written by hand as text: the same for all who send text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_THERE = "attribute_not_exists(job_id)"
BY_KEY = "idempotency_key = :key"


def move(
    sources: Sequence[str], target: str, fields: dict[str, Any]
) -> tuple[str, str, dict[str, str], dict[str, Any]]:
    """The update, its condition, their names and their values."""
    new = {"status": target, **fields}
    update = "SET " + ", ".join(f"#{name} = :{name}" for name in new)
    condition = f"#status IN ({', '.join(f':source{number}' for number in range(len(sources)))})"
    values = {f":{name}": value for name, value in new.items()}
    values.update((f":source{number}", source) for number, source in enumerate(sources))
    return update, condition, {f"#{name}": name for name in new}, values
