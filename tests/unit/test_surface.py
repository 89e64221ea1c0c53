"""The public surface is what `tests/surface.txt` records: names, signatures, types and members, as text.

A change that is meant is recorded anew by ``python -m tests.unit.test_surface``, and told in the changelog.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from difflib import unified_diff
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

import careervp_jobs_dal
from careervp_jobs_dal import (
    AsyncJobsRepository,
    JobsRepository,
    NotAcknowledgedError,
    Result,
    ResultCode,
    ResultError,
    testing,
)

RECORD = Path(__file__).parents[1] / "surface.txt"
TYPE_TESTS = Path(__file__).parents[1] / "typing" / "api.py"
COMMAND = "python -m tests.unit.test_surface"
LONGEST_INSIDE = 80
SPECIAL = {"__init__", "__call__", "__bool__", "__aenter__", "__aexit__"}
USED_BY_CALLERS_OF_OLD = {"_build_update_expression", "_validate_job_data"}


def surface() -> str:
    """All that callers can rely on, one line each, the same on every Python."""
    rooms = {name: getattr(careervp_jobs_dal, name) for name in sorted(careervp_jobs_dal.__all__)}
    rooms |= {f"testing.{name}": getattr(testing, name) for name in sorted(testing.__all__)}
    return "\n".join("\n".join(described(name, thing)) + "\n" for name, thing in rooms.items())


def described(name: str, thing: Any) -> Iterator[str]:
    if inspect.isclass(thing):
        bases = ", ".join(base.__name__ for base in thing.__bases__ if base is not object and not is_ours(base))
        yield f"class {name}({bases})" if bases else f"class {name}"
        yield from (f"    {line}".replace("\n", "\n    ") for line in members(thing))
    elif inspect.isfunction(thing):
        yield f"def {name}{signature(thing)}"
    else:
        yield f"{name}: str" if isinstance(thing, str) else f"{name} = {thing!r}".replace("typing.", "")


def members(room: type) -> Iterator[str]:
    """An enum's members in their order, then what a class and its instances have, by name."""
    named = room.__members__ if issubclass(room, Enum) else {}
    found = {name for base in room.__mro__ if is_ours(base) for name in vars(base) if is_public(name)} - set(named)
    if named or getattr(room, "_is_protocol", False):
        found -= SPECIAL
    for name, value in named.items():
        yield " ".join([f"{name} = {value.value!r}", *(f"({each})" for each in sorted(found) if getattr(value, each))])
    lines = {name: member(room, name) for name in found} | {name: name for name in instance_attributes(room)}
    yield from (lines[name] for name in sorted(lines))


def is_ours(room: type) -> bool:
    return room.__module__.startswith("careervp_jobs_dal")


def is_public(name: str) -> bool:
    return not name.startswith("_") or name in SPECIAL | USED_BY_CALLERS_OF_OLD


def instance_attributes(room: type) -> set[str]:
    """The public names that `__init__` sets."""
    specimens = (
        JobsRepository("jobs"),
        AsyncJobsRepository("jobs"),
        NotAcknowledgedError("vpr-1", None),
        ResultError(Result.failure("", ResultCode.NOT_FOUND)),
        testing.Clock(),
        a_queue(),
        testing.JobBuilder(JobsRepository("jobs")),
    )
    return {name for one in specimens if type(one) is room for name in vars(one) if is_public(name)}


def a_queue() -> testing.EmbeddedQueue:
    with testing.embedded_queue() as queue:
        return queue


def member(room: type, name: str) -> str:
    found = inspect.getattr_static(room, name)
    if isinstance(found, property):
        settable = " (settable)" if found.fset else ""
        return f"{name}: {annotation(inspect.signature(found.fget).return_annotation)}{settable}"  # type: ignore[arg-type]
    if isinstance(found, staticmethod):
        return f"static {name}{signature(found.__func__)}"
    if isinstance(found, classmethod):
        return f"class {name}{signature(found.__func__, bound=True)}"
    if inspect.isfunction(found):
        return f"{'async ' * inspect.iscoroutinefunction(found)}def {name}{signature(found, bound=True)}"
    if inspect.isfunction(getattr(room, name)):  # `Result.success`, a constructor on the class
        return f"{name}: bool, and on the class {next(described(name, getattr(room, name)))}"
    declared = {field.name: annotation(field.type) for field in fields(room)} if is_dataclass(room) else {}
    return f"{name}: {declared[name]}"


def signature(function: Any, *, bound: bool = False) -> str:
    """As Python writes it, but without `self`, private parameters and what depends on Python's version."""
    whole = inspect.signature(function)
    parameters = list(whole.parameters.values())[bound:]
    shown = [one_parameter(parameter) for parameter in parameters if not parameter.name.startswith("_")]
    kinds = [parameter.kind for parameter in parameters if not parameter.name.startswith("_")]
    if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        shown.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    if inspect.Parameter.POSITIONAL_ONLY in kinds:
        shown.insert(kinds.count(inspect.Parameter.POSITIONAL_ONLY), "/")
    inside = ", ".join(shown)
    if len(inside) > LONGEST_INSIDE:  # one on each line, so that a difference is easy to see
        inside = "".join(f"\n    {each}," for each in shown) + "\n"
    return f"({inside}) -> {annotation(whole.return_annotation)}"


def one_parameter(parameter: inspect.Parameter) -> str:
    stars = "**" if parameter.kind is parameter.VAR_KEYWORD else "*" * (parameter.kind is parameter.VAR_POSITIONAL)
    default = "" if parameter.default is parameter.empty else f" = {default_text(parameter.default)}"
    return f"{stars}{parameter.name}: {annotation(parameter.annotation)}{default}"


def annotation(value: Any) -> str:
    """The text in the source: every module postpones its annotations."""
    if value is None:
        return "None"
    return value if isinstance(value, str) else str(value.__name__)


def default_text(value: Any) -> str:
    """A default without an address in it."""
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    return "..." if callable(value) else repr(value)


def test_the_public_surface_is_the_recorded_one() -> None:
    recorded, present = RECORD.read_text().splitlines(), surface().splitlines()

    changes = list(unified_diff(recorded, present, "recorded", "present", n=1, lineterm=""))
    if changes:
        shown = "\n".join(changes)
        pytest.fail(f"The public surface has changed. If that is meant: {COMMAND}\n{shown}", pytrace=False)


def test_a_change_is_shown_with_the_command_that_records_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "surface.txt"
    other.write_text(surface().replace("lease: timedelta,", "lease: float,", 1))
    monkeypatch.setitem(globals(), "RECORD", other)

    with pytest.raises(pytest.fail.Exception) as failure:
        test_the_public_surface_is_the_recorded_one()

    assert COMMAND in str(failure.value)
    assert "-        lease: float,\n+        lease: timedelta," in str(failure.value)


def test_the_type_tests_use_every_public_name_and_every_method_that_does_something() -> None:
    doers = [
        getattr(careervp_jobs_dal, name)
        for name in ("JobsRepository", "JobsOperator", "AsyncJobsRepository", "JobWorker", "Result")
    ]
    methods = {name for doer in doers for base in doer.__mro__ if is_ours(base) for name in vars(base)}
    names = {*careervp_jobs_dal.__all__, *filter(is_public, methods)} - SPECIAL
    used = set(re.findall(r"\w+", TYPE_TESTS.read_text()))

    assert sorted(names - used) == [], "add them to tests/typing/api.py"


if __name__ == "__main__":
    RECORD.write_text(surface())
    print(RECORD)
