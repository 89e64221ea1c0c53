"""Values as boto3's `Table` has them, to DynamoDB's JSON and back; each direction in one pass.

boto3 and botocore need several: a copy, boto3's types, and a walk along the service's model. Here a value's type, or
DynamoDB's tag, says at once what becomes of it. Bytes come back as bytes, without boto3's wrapper.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from decimal import Clamped, Context, Decimal, Inexact, Overflow, Rounded, Underflow
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

# As boto3 reads numbers: none that would have to be rounded.
_EXACT = Context(Emin=-128, Emax=126, prec=38, traps=[Clamped, Overflow, Inexact, Rounded, Underflow])


def attributes_text(attributes: Mapping[str, Any]) -> str:
    """Write attributes as DynamoDB's JSON.

    >>> attributes_text({"job_id": "vpr-1", "attempt": Decimal(2)})
    '{"job_id":{"S":"vpr-1"},"attempt":{"N":"2"}}'

    Raises:
        KeyError: a value has a type that only boto3 knows how to write.
    """
    return json.dumps(_tagged_map(attributes), separators=(",", ":"))


def read_answer(body: bytes) -> dict[str, Any]:
    """Read an answer of GetItem, PutItem, UpdateItem, DeleteItem or Query.

    >>> read_answer(b'{"Item":{"job_id":{"S":"vpr-1"},"attempt":{"N":"2"}}}')
    {'Item': {'job_id': 'vpr-1', 'attempt': Decimal('2')}}

    Raises:
        ValueError: it is not JSON.
        TypeError, AttributeError: it is no answer of DynamoDB.
        KeyError: a value has a type that only botocore knows.
        decimal.DecimalException: a number has more digits than boto3 reads.
    """
    answer: dict[str, Any] = json.loads(body)
    if not isinstance(answer, dict):
        raise TypeError("an answer is an object")
    for name in ("Item", "Attributes", "LastEvaluatedKey"):
        if name in answer:
            answer[name] = _plain_map(answer[name])
    if "Items" in answer:
        answer["Items"] = [_plain_map(item) for item in answer["Items"]]
    return answer


def _tagged(value: Any) -> dict[str, Any]:
    return _WRITERS[type(value)](value)


def _tagged_map(entries: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _WRITERS[type(value)](value) for name, value in entries.items()}


def _tagged_set(elements: set[Any]) -> dict[str, Any]:
    """All elements of a set have one tag."""
    tagged = [_tagged(element) for element in elements]
    (tag,) = {tag for element in tagged for tag in element}
    return {f"{tag}S": [element[tag] for element in tagged]}


def _plain_map(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: _READERS[tag](content) for name, tagged in entries.items() for tag, content in tagged.items()}


def _plain_list(elements: Iterable[Mapping[str, Any]]) -> list[Any]:
    return [_READERS[tag](content) for tagged in elements for tag, content in tagged.items()]


def _same(content: Any) -> Any:
    return content


_WRITERS: dict[type, Callable[[Any], dict[str, Any]]] = {
    str: lambda text: {"S": text},
    Decimal: lambda number: {"N": str(number)},
    int: lambda number: {"N": str(number)},
    bool: lambda flag: {"BOOL": flag},
    type(None): lambda _: {"NULL": True},
    bytes: lambda content: {"B": b64encode(content).decode()},
    dict: lambda entries: {"M": _tagged_map(entries)},
    list: lambda elements: {"L": [_tagged(element) for element in elements]},
    set: _tagged_set,
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "S": _same,
    "N": _EXACT.create_decimal,
    "BOOL": _same,
    "NULL": lambda _: None,
    "B": b64decode,
    "M": _plain_map,
    "L": _plain_list,
    "SS": set,
    "NS": lambda numbers: set(map(_EXACT.create_decimal, numbers)),
    "BS": lambda contents: set(map(b64decode, contents)),
}
