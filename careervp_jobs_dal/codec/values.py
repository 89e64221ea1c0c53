"""Conversion of Python values to the values that boto3's `Table` takes, and back, with the size that DynamoDB counts.

Every value is either stored, in a form that `exact_numbers` reads back without loss, or refused with the path to it. A
refusal never shows the value. Nothing in this module depends on jobs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

from careervp_jobs_dal.job.instant import instant_text
from careervp_jobs_dal.job.invalid_input import InvalidInputError, ItemTooLargeError

# DynamoDB's limits: the size of an item, the nesting of values (32 levels), the digits of a number.
MAX_ITEM_BYTES = 409_600
MAX_CONTAINERS = 31
MAX_DIGITS = 38
# DynamoDB takes numbers up to 9.99E+125, but returns them with all their zeros, and boto3 reads at most 38 digits.
_MAX_EXPONENT = 37
_MIN_EXPONENT = -130
_MAX_BITS = 127  # no integer below 1E+38 has more; a longer one is refused before its digits are computed


class Encoded(NamedTuple):
    """Item as boto3's `Table` takes it, and its size in bytes by DynamoDB's rule."""

    item: dict[str, Any]
    size: int

    def fitting(self) -> dict[str, Any]:
        """Return the item, if DynamoDB takes one of its size.

        Raises:
            ItemTooLargeError: the item has more than 409,600 bytes.
        """
        if self.size > MAX_ITEM_BYTES:
            raise ItemTooLargeError(f"{self.size:,} bytes are more than an item can have ({MAX_ITEM_BYTES:,})")
        return self.item

    def with_text(self, name: str, text: str) -> Encoded:
        """Return the item with another text in the place of an attribute's text."""
        grown = len(text.encode()) - len(self.item[name].encode())
        return Encoded({**self.item, name: text}, self.size + grown) if text != self.item[name] else self


def encode_item(item: Mapping[str, Any]) -> Encoded:
    """Encode the attributes of an item.

    >>> encode_item({"job_id": "vpr-1", "cost_usd": 0.5})
    Encoded(item={'job_id': 'vpr-1', 'cost_usd': Decimal('0.5')}, size=21)
    >>> encode_item({"scores": [0.5, float("nan")]})
    Traceback (most recent call last):
    careervp_jobs_dal.job.invalid_input.InvalidInputError: scores[1]: a number must be finite

    Raises:
        InvalidInputError: DynamoDB cannot hold a value; the message gives the path to the first one.
    """
    encoder = _Encoder()
    encoded = encoder.entries(item, 0)
    return Encoded(encoded, encoder.size)


def decode(value: Any, *, exact_numbers: bool = False) -> Any:
    """Turn a value of boto3's `Table` into plain Python.

    A Decimal becomes an int or a float, a Binary becomes bytes. `exact_numbers` keeps the Decimals. A set whose numbers
    no floats could tell apart keeps its Decimals as well.

    >>> decode({"attempt": Decimal("2"), "scores": [Decimal("0.75")]})
    {'attempt': 2, 'scores': [0.75]}
    >>> decode(Decimal("0.75"), exact_numbers=True)
    Decimal('0.75')
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is Decimal:
        return value if exact_numbers else plain_number(value)
    if kind is dict:
        return {
            name: inner if type(inner) is str else decode(inner, exact_numbers=exact_numbers)
            for name, inner in value.items()
        }
    if kind is list:
        return [inner if type(inner) is str else decode(inner, exact_numbers=exact_numbers) for inner in value]
    if kind is set:
        decoded = {decode(inner, exact_numbers=exact_numbers) for inner in value}
        return decoded if len(decoded) == len(value) else value
    return bytes(value.value) if _is_binary(value) else value


def plain_number(number: Decimal) -> int | float:
    """Return the equal int of a whole number, else the nearest float.

    A whole number with more than 38 digits becomes a float as well.

    >>> plain_number(Decimal("9007199254740993")), plain_number(Decimal("1E-7"))
    (9007199254740993, 1e-07)
    """
    if number.adjusted() < MAX_DIGITS and number == (whole := int(number)):
        return whole
    return float(number)


class _Encoder:
    """Encoder of one item, which adds up the item's `size`."""

    def __init__(self) -> None:
        self.size = 0

    def entries(self, mapping: Mapping[str, Any], depth: int) -> dict[str, Any]:
        encoded = {}
        size = 0
        for key, inner in mapping.items():
            # Most names and values are ASCII texts, and a call for each would take a third of the time.
            if type(key) is str and key and key.isascii():
                name = key
                size += len(key)
            else:
                name = self._name(key)
            if type(inner) is str and inner.isascii():
                encoded[name] = inner
                size += len(inner)
                continue
            try:
                encoded[name] = self.value(inner, depth)
            except InvalidInputError as refused:
                raise refused.within(f".{name}") from None
        self.size += size  # DynamoDB counts the names of attributes as well as their values
        return encoded

    def value(self, value: Any, depth: int) -> Any:
        """Encode one value with `depth` containers around it; the item does not count."""
        kind = type(value)
        scalar = _SCALARS.get(kind)
        if scalar is not None:
            encoded, size = scalar(value)
            self.size += size
            return encoded
        if kind is dict or (kind is not list and isinstance(value, Mapping)):
            self._container(depth, len(value))
            return self.entries(value, depth + 1)
        if kind is list or isinstance(value, list | tuple):
            self._container(depth, len(value))
            return self._elements(value, depth + 1)
        if isinstance(value, set | frozenset):
            return self._set(value, depth)
        return self.value(_plain(value), depth)

    def _container(self, depth: int, length: int) -> None:
        if depth == MAX_CONTAINERS:
            raise InvalidInputError(f"more than {MAX_CONTAINERS} containers around a value")
        # DynamoDB counts 3 bytes for a Map or a List, and 1 for each of its elements.
        self.size += 3 + length

    def _name(self, key: object) -> str:
        if not isinstance(key, str):
            raise InvalidInputError(f"a name must be text, not {type(key).__name__}")
        if key == "":
            raise InvalidInputError("a name must not be empty")
        name, size = _encode_text(str.__str__(key))  # the text of a StrEnum's member
        self.size += size
        return name

    def _elements(self, elements: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
        encoded = []
        for index, inner in enumerate(elements):
            if type(inner) is str and inner.isascii():
                encoded.append(inner)
                self.size += len(inner)
                continue
            try:
                encoded.append(self.value(inner, depth))
            except InvalidInputError as refused:
                raise refused.within(f"[{index}]") from None
        return encoded

    def _set(self, elements: set[Any] | frozenset[Any], depth: int) -> set[Any]:
        encoded = [self.value(element, depth) for element in elements]
        kinds = {type(element) for element in encoded}
        if len(kinds) != 1 or not kinds <= {str, Decimal, bytes}:
            raise InvalidInputError("a set must hold only texts, only numbers or only bytes, and not be empty")
        return set(encoded)


def _encode_text(text: str) -> tuple[str, int]:
    if text.isascii():
        return text, len(text)
    try:
        return text, len(text.encode())
    except UnicodeEncodeError:
        raise InvalidInputError("text with a lone surrogate, which UTF-8 cannot hold") from None


def _encode_bytes(value: bytes) -> tuple[bytes, int]:
    return value, len(value)


def _encode_flag(value: bool | None) -> tuple[bool | None, int]:
    return value, 1


def _encode_int(value: int) -> tuple[Decimal, int]:
    if value.bit_length() > _MAX_BITS:
        raise InvalidInputError(_OUT_OF_RANGE)
    return _encode_decimal(Decimal(value))


def _encode_float(value: float) -> tuple[Decimal, int]:
    """Encode a float as the shortest number that reads back as the same float.

    A whole float becomes an integer.
    """
    return _encode_int(int(value)) if value.is_integer() else _encode_decimal(Decimal(repr(value)))


def _encode_decimal(value: Decimal) -> tuple[Decimal, int]:
    """Encode a Decimal, with its size by DynamoDB's rule.

    DynamoDB counts one byte for the number, one for a minus sign, and one for each pair of digits. Pairs run from the
    decimal point in both directions; pairs of zeros at either end do not count.
    """
    if not value.is_finite():
        raise InvalidInputError("a number must be finite")
    sign, digits, exponent = value.as_tuple()
    significant = len(bytes(digits).strip(b"\0"))
    if not significant:
        return Decimal(0), 1
    highest = value.adjusted()
    if not _MIN_EXPONENT <= highest <= _MAX_EXPONENT:
        raise InvalidInputError(_OUT_OF_RANGE)
    if significant > MAX_DIGITS:
        raise InvalidInputError(f"a number must have at most {MAX_DIGITS} digits")
    pairs = highest // 2 - (highest - significant + 1) // 2 + 1
    if len(digits) > MAX_DIGITS:
        # boto3 refuses such a number, even where all further digits are zeros.
        kept = bytes(digits).rstrip(b"\0")
        value = Decimal((sign, tuple(kept), int(exponent) + len(digits) - len(kept)))
    return value, 1 + pairs + sign


def _plain(value: Any) -> Any:
    """Convert a value to the built-in type that stands for it.

    Values of a subclass become their base type; dates and UUIDs become texts.
    """
    for kind, convert in _CONVERSIONS:
        if isinstance(value, kind):
            return convert(value)
    if _is_binary(value):
        return bytes(value.value)
    raise InvalidInputError(f"a value of type {type(value).__name__} cannot be stored")


def _is_binary(value: object) -> bool:
    """Tell whether this is boto3's wrapper of bytes, without importing boto3."""
    kind = type(value)
    return (kind.__module__, kind.__name__) == ("boto3.dynamodb.types", "Binary")


_OUT_OF_RANGE = "a number must be 0 or lie between 1E-130 and 1E+38 in magnitude"
_SCALARS: dict[type, Callable[[Any], tuple[Any, int]]] = {
    str: _encode_text,
    bytes: _encode_bytes,
    bool: _encode_flag,
    type(None): _encode_flag,
    int: _encode_int,
    float: _encode_float,
    Decimal: _encode_decimal,
}
_CONVERSIONS: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
    (Enum, lambda member: member.value),
    (str, str.__str__),
    (datetime, instant_text),
    (date, date.isoformat),
    (UUID, str),
    ((bytes, bytearray, memoryview), bytes),
    (int, int),
    (float, float),
    (Decimal, Decimal),
)
