"""Reader and writer of DynamoDB's JSON, in which each value stands under a tag of its type (`{"S": "PENDING"}`).

Requests, answers, refusals and stream records all pass here, without boto3. Bytes are Base64 in JSON, and plain bytes
where botocore has decoded them. Both forms are read, and become bytes without boto3's wrapper.

The reader is strict, because an answer that is not DynamoDB's may come from anywhere. An item of a list that cannot be
read in full becomes a `StrangeItem`, so that it spoils none of the others.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from decimal import Clamped, Context, Decimal, Inexact, InvalidOperation, Overflow, Rounded, Underflow
from math import isfinite
from typing import Any, TypeAlias

Image: TypeAlias = Mapping[str, Mapping[str, Any]]
"""An item in DynamoDB's JSON: `{"status": {"S": "PENDING"}}`."""

# DynamoDB's numbers have at most 38 digits. As in boto3, a number with more of them raises; it is never rounded.
_EXACT = Context(Emin=-128, Emax=126, prec=38, traps=[Clamped, Inexact, InvalidOperation, Overflow, Rounded, Underflow])
# DynamoDB nests values 32 levels deep. A deeper one would exhaust Python's stack in some later step.
_DEEPEST = 64
_LARGEST_EXPONENT = 130
_LONGEST_NAME = 100

UNREADABLE = (ArithmeticError, AttributeError, KeyError, TypeError, ValueError, RecursionError)
"""Exceptions that reading a value raises, if it is none of DynamoDB's."""


class StrangeItem(dict[str, Any]):
    """Item with attributes that cannot be read, and that are left out here.

    Attributes:
        attribute: the name of the first of them, as it can be shown.
    """

    __slots__ = ("attribute",)

    def __init__(self, readable: Mapping[str, Any], attribute: str) -> None:
        super().__init__(readable)
        self.attribute: str = attribute.encode("unicode_escape").decode()[:_LONGEST_NAME]


def attributes_text(attributes: Mapping[str, Any]) -> str:
    """Write attributes as DynamoDB's JSON.

    >>> attributes_text({"job_id": "vpr-1", "attempt": Decimal(2)})
    '{"job_id":{"S":"vpr-1"},"attempt":{"N":"2"}}'

    Raises:
        KeyError: a value has a type that only boto3 can write.
    """
    return json.dumps(tagged_map(attributes), separators=(",", ":"))


def read_answer(body: bytes) -> dict[str, Any]:
    """Read an answer of any operation that takes or gives items.

    >>> read_answer(b'{"Item":{"job_id":{"S":"vpr-1"},"attempt":{"N":"2"}}}')
    {'Item': {'job_id': 'vpr-1', 'attempt': Decimal('2')}}

    Raises:
        ValueError: the body is not JSON.
        RecursionError: the body is nested too deep.
        TypeError, AttributeError, KeyError, decimal.DecimalException: the body is no answer of DynamoDB.
    """
    answer: dict[str, Any] = json.loads(body.decode())
    if type(answer) is not dict:
        raise TypeError("an answer is an object")
    for name in _MEMBERS.keys() & answer.keys():
        answer[name] = _MEMBERS[name](answer[name])
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
        except UNREADABLE:
            raise ValueError(f"The attribute {name!r} of a stream's record cannot be read") from None
    return item


def read_stored(entries: Image) -> dict[str, Any]:
    """Read an item, without the attributes that cannot be read.

    >>> read_stored({"job_id": {"S": "vpr-1"}, "attempt": {"N": "NaN"}}).attribute
    'attempt'

    Raises:
        AttributeError: this is no item at all.
    """
    try:
        return read_item(entries)
    except UNREADABLE:
        return _readable_part(entries, read_item)


def examine(item: dict[str, Any]) -> dict[str, Any]:
    """Look through an item that boto3 has read; boto3 lets some strange values pass.

    >>> examine({"job_id": "vpr-1", "attempt": Decimal("NaN")}).attribute
    'attempt'

    Raises:
        AttributeError: this is no item at all.
    """
    try:
        return _examined(item)
    except UNREADABLE:
        return _readable_part(item, _examined)


def read_item(entries: Image, room: int = _DEEPEST) -> dict[str, Any]:
    """Read an item, or the entries of a map, as boto3's `Table` would.

    >>> read_item({"status": {"S": "PENDING"}, "tags": {"SS": ["urgent"]}})
    {'status': 'PENDING', 'tags': {'urgent'}}
    """
    item = {}
    for name, tagged in entries.items():
        ((tag, content),) = tagged.items()
        # Most values are texts, and a function call for each would take a third of the reading time.
        item[name] = content if tag == "S" and type(content) is str else _READERS[tag](content, room)
    return item


def _readable_part(entries: Mapping[str, Any], read: Callable[[dict[str, Any]], dict[str, Any]]) -> StrangeItem:
    readable: dict[str, Any] = {}
    strange = []
    for name, value in entries.items():
        try:
            readable |= read({name: value})
        except UNREADABLE:
            strange.append(name)
    return StrangeItem(readable, strange[0])


def _examined(item: dict[str, Any], room: int = _DEEPEST) -> dict[str, Any]:
    for value in item.values():
        _examine_value(value, room)
    return item


def _examine_value(value: Any, room: int) -> None:
    kind = type(value)
    if kind is str:
        return
    if kind is Decimal or kind is float:
        if not isfinite(value) or (kind is Decimal and value and abs(value.adjusted()) > _LARGEST_EXPONENT):
            raise ValueError("a number of DynamoDB is finite")
    elif kind is dict:
        _examined(value, _less(room))
    elif kind is list or kind is set:
        for element in value:
            _examine_value(element, _less(room))


def _less(room: int) -> int:
    if not room:
        raise ValueError("nested too deep")
    return room - 1


def _read_map(entries: Image, room: int) -> dict[str, Any]:
    return read_item(entries, _less(room))


def _read_list(elements: Any, room: int) -> list[Any]:
    if type(elements) is not list:
        raise TypeError("a list is expected")
    values = []
    room = _less(room)
    for tagged in elements:
        ((tag, content),) = tagged.items()
        values.append(content if tag == "S" and type(content) is str else _READERS[tag](content, room))
    return values


def _read_text(content: Any, _: int) -> str:
    if type(content) is not str:
        raise TypeError("text is expected")
    return content


def _read_number(content: Any, _: int) -> Decimal:
    number = _EXACT.create_decimal(_read_text(content, 0))
    if not number.is_finite():
        raise ValueError("a number is finite")
    return number


def _read_flag(content: Any, _: int) -> bool:
    if type(content) is not bool:
        raise TypeError("true or false is expected")
    return content


def _read_null(content: Any, _: int) -> None:
    if content is not True:
        raise TypeError("true is expected")


def _read_bytes(content: str | bytes, _: int) -> bytes:
    return content if isinstance(content, bytes) else b64decode(content, validate=True)


def _set_of(read: Callable[[Any, int], Any]) -> Callable[[Any, int], set[Any]]:
    def read_set(elements: Any, room: int) -> set[Any]:
        if type(elements) is not list:
            raise TypeError("a list is expected")
        return {read(element, room) for element in elements}

    return read_set


def _read_items(items: Any) -> list[dict[str, Any]]:
    if type(items) is not list:
        raise TypeError("a list is expected")
    return [read_stored(item) for item in items]


def _read_responses(tables: Any) -> dict[str, list[dict[str, Any]]]:
    return {name: _read_items(items) for name, items in tables.items()}


def _read_unprocessed(tables: Any) -> dict[str, dict[str, Any]]:
    return {name: {**asked, "Keys": [read_item(key) for key in asked["Keys"]]} for name, asked in tables.items()}


def _tagged(value: Any) -> dict[str, Any]:
    return _WRITERS[type(value)](value)


def tagged_map(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Tag each value of an item, or of a map.

    >>> tagged_map({"job_id": "vpr-1"})
    {'job_id': {'S': 'vpr-1'}}

    Raises:
        KeyError: a value has a type that only boto3 can write.
    """
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
    dict: lambda entries: {"M": tagged_map(entries)},
    list: lambda elements: {"L": [_tagged(element) for element in elements]},
    set: _tagged_set,
}
_READERS: dict[str, Callable[[Any, int], Any]] = {
    "S": _read_text,
    "N": _read_number,
    "BOOL": _read_flag,
    "NULL": _read_null,
    "B": _read_bytes,
    "M": _read_map,
    "L": _read_list,
    "SS": _set_of(_read_text),
    "NS": _set_of(_read_number),
    "BS": _set_of(_read_bytes),
}
# GetItem and refusals name the record `Item`, UpdateItem and DeleteItem name it `Attributes`.
_MEMBERS: dict[str, Callable[[Any], Any]] = {
    "Item": read_stored,
    "Attributes": read_stored,
    "LastEvaluatedKey": read_item,
    "Items": _read_items,
    "Responses": _read_responses,
    "UnprocessedKeys": _read_unprocessed,
}
