"""The package's source as trees, for the checks of its form."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

import careervp_jobs_dal

PACKAGE = Path(str(careervp_jobs_dal.__file__)).resolve().parent
FILES = {str(path.relative_to(PACKAGE)): path for path in sorted(PACKAGE.rglob("*.py"))}

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Defined(NamedTuple):
    """A function or a class, and the place where it stands."""

    place: str
    node: Definition

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, ast.ClassDef)

    @property
    def summary(self) -> str:
        """The first line of its docstring; empty where it has none."""
        return (ast.get_docstring(self.node) or "").partition("\n")[0]


def definitions() -> Iterator[Defined]:
    """All functions and classes of the package."""
    for name, path in FILES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, Definition):
                yield Defined(f"{name}:{node.lineno} {node.name}", node)


def lines_of_code(tree: ast.AST, text: str) -> int:
    """The lines of a module or a function that hold code: no docstring, comment, or empty line."""
    start, end = getattr(tree, "lineno", 1), getattr(tree, "end_lineno", None) or len(text.splitlines())
    told = {line for node in ast.walk(tree) for line in _docstring_lines(node)}
    numbered = enumerate(text.splitlines()[start - 1 : end], start)
    return sum(number not in told and bool(line.partition("#")[0].strip()) for number, line in numbered)


def _docstring_lines(node: ast.AST) -> range:
    """Also a text that stands alone below a name, which documents it."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return range(0)
