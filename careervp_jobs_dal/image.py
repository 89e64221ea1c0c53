"""Items as DynamoDB Streams brings them, each value under a tag of its type, read without boto3.

Lambda writes bytes in Base64; boto3's stream client gives them as they are. Both are read.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

Image: TypeAlias = Mapping[str, Mapping[str, Any]]
"""An item in DynamoDB's JSON: `{"status": {"S": "PENDING"}}`."""


def read_image(image: Image) -> dict[str, Any]:
    """Read an item as boto3's `Table` would give it.

    >>> read_image({"attempt": {"N": "2"}, "errors": {"L": []}})
    {'attempt': Decimal('2'), 'errors': []}

    Raises:
        ValueError: it is no item; the message names the attribute, and shows no value.
    """
    item = {}
    for name, tagged in image.items():
        try:
            item[name] = _plain(tagged)
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError, RecursionError):
            raise ValueError(f"The attribute {name!r} of a stream's record cannot be read") from None
    return item


def _plain(tagged: Mapping[str, Any]) -> Any:
    ((tag, content),) = tagged.items()
    return _READERS[tag](content)


def _text(content: Any) -> str:
    if not isinstance(content, str):
        raise TypeError
    return content


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else b64decode(content, validate=True)


_READERS: dict[str, Callable[[Any], Any]] = {
    "S": _text,
    "N": Decimal,
    "BOOL": bool,
    "NULL": lambda _: None,
    "B": _bytes,
    "M": lambda entries: {name: _plain(tagged) for name, tagged in entries.items()},
    "L": lambda elements: list(map(_plain, elements)),
    "SS": lambda texts: set(map(_text, texts)),
    "NS": lambda numbers: set(map(Decimal, numbers)),
    "BS": lambda contents: set(map(_bytes, contents)),
}
