"""Habits of the code that keep a process whole: locks, log lines, and loops that wait."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.source import FILES

LOCKS = frozenset(f"threading.{name}" for name in ("Lock", "RLock", "Condition", "Semaphore", "Event", "Barrier"))
HAVE_LOCKS = {
    "aws/fork.py": "the lock that a forked child finds free",
}
WAIT_WITHOUT_END = {
    "aws/direct.py": "three attempts",
    "aws/gateway.py": "the limit of tries after a clash, and those of the plans",
    "cli/commands/watch.py": "a person ends it",
}


def trees() -> Iterator[tuple[str, ast.AST]]:
    for name, path in FILES.items():
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def called(node: ast.AST) -> str:
    """The last name of what a call calls; empty for anything else."""
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def waits(loop: ast.While) -> bool:
    """Whether the loop pauses by itself, or asks the driver of plans for a pause."""
    for node in ast.walk(loop):
        asks = isinstance(node, ast.Call) and any(keyword.arg == "pause" for keyword in node.keywords)
        if asks or called(node) in ("sleep", "pause"):
            return True
    return False


def test_a_lock_is_one_that_a_forked_child_finds_free() -> None:
    calls = ((name, node) for name, tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Call))
    found = {name for name, call in calls if ast.unparse(call.func) in LOCKS}

    assert found <= HAVE_LOCKS.keys(), "use aws.fork.ForkSafeLock"


def test_a_log_line_is_written_in_one_place() -> None:
    found = {name for name, tree in trees() for node in ast.walk(tree) if called(node) == "logger"}

    assert found == {"aws/log.py"}, "use aws.log.write_line, which escapes"


def test_a_loop_that_waits_says_in_its_head_when_it_ends() -> None:
    found = {
        name
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and waits(node)
    }

    assert found <= WAIT_WITHOUT_END.keys(), "a clock may stand still: count the tries, too"
