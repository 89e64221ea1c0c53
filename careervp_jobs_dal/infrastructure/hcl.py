"""HCL, the language of Terraform: blocks with their arguments, and the text of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Expression(str):
    """Expression of HCL, which is written without quotes."""

    __slots__ = ()


class Block(list[tuple[str, Any]]):
    """Body of a block in HCL: arguments and further blocks, in order.

    A name can occur several times, so this is no dict.
    """

    __slots__ = ()


def written(blocks: Iterable[tuple[str, Block]]) -> str:
    """Write blocks as a configuration, in the format of `terraform fmt`.

    >>> print(written([('output "name"', Block([("value", "jobs")]))]))
    output "name" {
      value = "jobs"
    }
    """
    return "\n\n".join("\n".join(_lines(head, body)) for head, body in blocks)


def _lines(head: str, body: Block, indent: str = "") -> Iterator[str]:
    """Write a block.

    The equals signs are aligned, and an empty line precedes each block within.
    """
    inner = indent + "  "
    width = max((len(name) for name, value in body if not isinstance(value, Block)), default=0)
    yield f"{indent}{head} {{"
    for number, (name, value) in enumerate(body):
        if isinstance(value, Block):
            yield from [""] if number else []
            yield from _lines(name, value, inner)
        else:
            yield f"{inner}{name:{width}} = {_value(value)}"
    yield f"{indent}}}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {_value(each)}' for name, each in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return str(value) if isinstance(value, Expression) else json.dumps(value)
