"""Reader and writer of DynamoDB's JSON, in which each value stands under a tag of its type (`{"S": "PENDING"}`).

Requests, answers, refusals and stream records all pass here, without boto3. Bytes are Base64 in JSON, and plain bytes
where botocore has decoded them. Both forms are read, and become bytes without boto3's wrapper.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from decimal import Clamped, Context, Decimal, Inexact, InvalidOperation, Overflow, Rounded, Underflow
from typing import Any, TypeAlias

Image: TypeAlias = Mapping[str, Mapping[str, Any]]
"""An item in DynamoDB's JSON: `{"status": {"S": "PENDING"}}`."""

# DynamoDB's numbers have at most 38 digits. As in boto3, a number with more of them raises; it is never rounded.
_EXACT = Context(Emin=-128, Emax=126, prec=38, traps=[Clamped, Inexact, InvalidOperation, Overflow, Rounded, Underflow])


def attributes_text(attributes: Mapping[str, Any]) -> str:
    """Write attributes as DynamoDB's JSON.

    >>> attributes_text({"job_id": "vpr-1", "attempt": Decimal(2)})
    '{"job_id":{"S":"vpr-1"},"attempt":{"N":"2"}}'

    Raises:
        KeyError: a value has a type that only boto3 can write.
    """
    return json.dumps(_tagged_map(attributes), separators=(",", ":"))


def read_answer(body: bytes) -> dict[str, Any]:
    """Read an answer of GetItem, PutItem, UpdateItem, DeleteItem or Query.

    >>> read_answer(b'{"Item":{"job_id":{"S":"vpr-1"},"attempt":{"N":"2"}}}')
    {'Item': {'job_id': 'vpr-1', 'attempt': Decimal('2')}}

    Raises:
        ValueError: the body is not JSON.
        TypeError, AttributeError: the body is no answer of DynamoDB.
        KeyError: a value has a type that only botocore can read.
        decimal.DecimalException: a number has more digits than boto3 reads.
    """
    answer: dict[str, Any] = json.loads(body)
    if not isinstance(answer, dict):
        raise TypeError("an answer is an object")
    # GetItem and refusals name the record `Item`, UpdateItem and DeleteItem name it `Attributes`.
    for name in ("Item", "Attributes", "LastEvaluatedKey"):
        if name in answer:
            answer[name] = read_item(answer[name])
    if "Items" in answer:
        answer["Items"] = [read_item(item) for item in answer["Items"]]
    return answer


def read_image(image: Image) -> dict[str, Any]:
    """Read the item in a stream's record.

    The record may come from any sender, so every malformed value is refused.

    >>> read_image({"attempt": {"N": "2"}, "errors": {"L": []}})
    {'attempt': Decimal('2'), 'errors': []}

    Raises:
        ValueError: the image is no item; the message names the attribute and shows no value.
    """
    item: dict[str, Any] = {}
    for name in image:
        try:
            item |= read_item({name: image[name]})
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError, RecursionError):
            raise ValueError(f"The attribute {name!r} of a stream's record cannot be read") from None
    return item


def read_item(entries: Image) -> dict[str, Any]:
    """Read an item, or the entries of a map, as boto3's `Table` would.

    >>> read_item({"status": {"S": "PENDING"}, "tags": {"SS": ["urgent"]}})
    {'status': 'PENDING', 'tags': {'urgent'}}
    """
    item = {}
    for name, tagged in entries.items():
        ((tag, content),) = tagged.items()
        # Most values are texts, and a function call for each would take a third of the reading time.
        item[name] = content if tag == "S" and type(content) is str else _READERS[tag](content)
    return item


def _read_list(elements: Iterable[Mapping[str, Any]]) -> list[Any]:
    values = []
    for tagged in elements:
        ((tag, content),) = tagged.items()
        values.append(content if tag == "S" and type(content) is str else _READERS[tag](content))
    return values


def _read_text(content: Any) -> str:
    if type(content) is not str:
        raise TypeError("text is expected")
    return content


def _read_bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else b64decode(content, validate=True)


def _tagged(value: Any) -> dict[str, Any]:
    return _WRITERS[type(value)](value)


def _tagged_map(entries: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _WRITERS[type(value)](value) for name, value in entries.items()}


def _tagged_set(elements: set[Any]) -> dict[str, Any]:
    """Write a set under the one tag of all its elements."""
    # DynamoDB's sets are never empty, and all elements of a set have one type.
    tagged = [_tagged(element) for element in elements]
    (tag,) = {tag for element in tagged for tag in element}
    return {f"{tag}S": [element[tag] for element in tagged]}


# DynamoDB's JSON holds numbers as text, so that no JSON parser rounds them.
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
    "S": _read_text,
    "N": _EXACT.create_decimal,
    "BOOL": bool,
    "NULL": lambda _: None,
    "B": _read_bytes,
    "M": read_item,
    "L": _read_list,
    "SS": lambda texts: set(map(_read_text, texts)),
    "NS": lambda numbers: set(map(_EXACT.create_decimal, numbers)),
    "BS": lambda contents: set(map(_read_bytes, contents)),
}
