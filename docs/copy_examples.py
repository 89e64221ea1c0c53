"""Copies code from the examples into the pages, so that a forge shows it, too.

Run it after a change of an example: `python docs/copy_examples.py`. It rewrites the fence after each
`<!-- copied from examples/FILE -->`, which may name definitions: `<!-- copied from examples/FILE: first, second -->`,
or the definition to begin with: `<!-- copied from examples/FILE: from first -->`.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COPY = re.compile(r"(?m)^<!-- copied from (\S+?)(?:: (from )?(.+?))? -->\n\n?```(\w+)\n(.*?)^```$", re.DOTALL)


def written(text: str) -> str:
    """The page with what the examples hold now."""
    return COPY.sub(_copied, text)


def _copied(match: re.Match[str]) -> str:
    path, begin, names, language, _ = match.groups()
    head = match[0][: match[0].index("```")]
    code = part((ROOT / path).read_text(encoding="utf-8"), (names or "").split(", "), begin is not None)
    return f"{head}```{language}\n{code}```"


def part(source: str, names: list[str], to_the_end: bool) -> str:
    """The named definitions; or all that follows the first; or, without a name, everything after the docstring."""
    if not source.startswith(('"""', "from ", "import ")):
        return source
    body = ast.parse(source).body
    if names == [""]:
        return _lines(source, _first(body[_opening(body)]), len(source.splitlines()))
    found = {name: node for node in body for name in _names(node)}
    nodes = [found[name] for name in names]
    if to_the_end:
        return _lines(source, _first(nodes[0]), len(source.splitlines()))
    return _joined(source, nodes)


def _joined(source: str, nodes: list[ast.stmt]) -> str:
    code = ""
    for before, node in zip([None, *nodes], nodes, strict=False):
        short = isinstance(before, ast.Assign | ast.AnnAssign) and isinstance(node, ast.Assign | ast.AnnAssign)
        code += ("" if before is None or short else "\n\n") + _lines(source, _first(node), node.end_lineno or 0)
    return code


def _opening(body: list[ast.stmt]) -> int:
    """The number of statements that a reader can do without: the docstring, and the future."""
    return sum(
        isinstance(node, ast.Expr) or (isinstance(node, ast.ImportFrom) and node.module == "__future__")
        for node in body[:2]
    )


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign):
        return [node.target.id] if isinstance(node.target, ast.Name) else []
    return [node.name] if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else []


def _first(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min(one.lineno for one in [node, *decorators])


def _lines(source: str, first: int, last: int) -> str:
    return "\n".join(source.splitlines()[first - 1 : last]) + "\n"


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(written(page.read_text(encoding="utf-8")), encoding="utf-8")
