"""Readers made of type hints: each turns a stored value into the value that a hint promises, or refuses it.

A hint is read once, when its reader is made. If the table cannot give its values back, that is a TypeError then, and no
surprise in a worker. A refusal has the path to the value, and never the value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NewType,
    NotRequired,
    Required,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)
from uuid import UUID

from careervp_jobs_dal.job.invalid_input import InvalidPayloadError

Reader: TypeAlias = Callable[[Any], Any]
"""Function that returns the value that a hint promises, or raises `InvalidPayloadError`."""

_LISTS = frozenset({list, Sequence, Collection, Iterable})
_SETS: dict[Any, type] = {set: set, frozenset: frozenset, Set: frozenset}
_QUALIFIERS = (Annotated, Required, NotRequired)


class Readers:
    """Maker of readers, one for each class: a class may refer to itself."""

    def __init__(self) -> None:
        self._of_classes: dict[type, Reader] = {}

    def of(self, hint: Any) -> Reader:
        """Make the reader of a hint.

        Raises:
            TypeError: the table cannot give such values back.
        """
        origin, parts = get_origin(hint), get_args(hint)
        if hint in (Any, object):
            return _as_it_is
        if isinstance(hint, NewType):
            return self.of(hint.__supertype__)
        if hasattr(hint, "__value__"):  # an alias of a `type` statement
            return self.of(hint.__value__)
        if origin in _QUALIFIERS:
            return self.of(parts[0])
        if origin is Literal:
            return _of_literal(parts)
        if origin in (Union, UnionType):
            return self._of_union(parts)
        if origin is not None or hint in (list, tuple, set, frozenset, dict):
            return self._of_container(hint if origin is None else origin, parts)
        if hint in _SCALARS:
            return _SCALARS[hint]
        if isinstance(hint, type) and issubclass(hint, Enum):
            return _of_enum(hint)
        if is_typeddict(hint) or (isinstance(hint, type) and is_dataclass(hint)):
            return self.of_class(hint)
        raise TypeError(f"{_name(hint)} cannot be read back from the table; give the kind a PayloadCodec")

    def of_class(self, kind: Any) -> Reader:
        """Make the reader of a dataclass or a TypedDict."""
        if kind not in self._of_classes:
            # A class that refers to itself meets this one while its own is still being made.
            self._of_classes[kind] = lambda value: self._of_classes[kind](value)
            make = self._of_typed_dict if is_typeddict(kind) else self._of_dataclass
            self._of_classes[kind] = make(kind, self._of_fields(kind))
        return self._of_classes[kind]

    def _of_fields(self, kind: Any) -> dict[str, Reader]:
        try:
            hints = get_type_hints(kind, include_extras=True)
        except NameError as error:
            text = f"{kind.__name__}: {error.name} is not defined at run time, so its annotations cannot be read"
            raise TypeError(text) from None
        readers = {}
        for name, hint in hints.items():
            try:
                readers[name] = self.of(hint)
            except TypeError as error:
                raise TypeError(f"{kind.__name__}.{name}: {error}") from None
        return readers

    def _of_dataclass(self, kind: Any, readers: Mapping[str, Reader]) -> Reader:
        known = {field.name: field for field in fields(kind)}
        required = frozenset(name for name, field in known.items() if field.init and not _has_default(field))

        def read(value: Any) -> Any:
            stored = _entries(value, required)
            strange = next((name for name in stored if name not in known), None)
            if strange is not None:
                raise InvalidPayloadError(f"{kind.__name__} has no such field").within(f".{strange}")
            values = {name: _read(readers[name], each, f".{name}") for name, each in stored.items() if known[name].init}
            return make(kind, values)

        return read

    def _of_typed_dict(self, kind: Any, readers: Mapping[str, Reader]) -> Reader:
        required = _required_keys(kind)

        def read(value: Any) -> Any:
            stored = _entries(value, required)
            return {name: _read(readers.get(name, _as_it_is), each, f".{name}") for name, each in stored.items()}

        return read

    def _of_union(self, parts: tuple[Any, ...]) -> Reader:
        readers = [self.of(part) for part in parts if part is not NoneType]
        alike = [part for part in parts if part is str or _is_told_by_text(part)]
        if len(alike) > 1 and any(map(_is_told_by_text, alike)):
            raise TypeError(f"{' and '.join(map(_name, alike))} are all stored as text, so which it was is lost")
        names = " or ".join(_name(part) for part in parts)
        optional = NoneType in parts

        def read(value: Any) -> Any:
            if value is None and optional:
                return None
            if len(readers) == 1:
                return readers[0](value)
            for reader in readers:
                try:
                    return reader(value)
                except InvalidPayloadError:
                    continue
            raise InvalidPayloadError(f"must be {names}")

        return read

    def _of_container(self, origin: Any, parts: tuple[Any, ...]) -> Reader:
        if origin in (dict, Mapping) and (not parts or parts[0] is str):
            return _of_mapping(self.of(parts[1]) if parts else _as_it_is)
        if origin is tuple and parts and parts[-1] is not Ellipsis:
            return _of_row([self.of(part) for part in parts])
        each = self.of(parts[0]) if parts else _as_it_is
        if origin in _LISTS:
            return lambda value: _elements(each, value)
        if origin is tuple:
            return lambda value: tuple(_elements(each, value))
        if origin in _SETS:
            return lambda value: _SETS[origin](_elements(each, value))
        raise TypeError(f"{_name(origin)} cannot be read back from the table; give the kind a PayloadCodec")


def make(kind: Callable[..., Any], values: Mapping[str, Any]) -> Any:
    """Call a class, whose own checks may refuse the values."""
    try:
        return kind(**values)
    except Exception as error:
        # The text of the exception may quote a value.
        raise InvalidPayloadError(f"{_name(kind)} refused it with {type(error).__name__}") from None


def _is_told_by_text(hint: Any) -> bool:
    return hint in (datetime, date, UUID) or (isinstance(hint, type) and issubclass(hint, Enum))


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _required_keys(kind: Any) -> frozenset[str]:
    """Return the keys that a TypedDict must have.

    Python itself overlooks `NotRequired` and `Required` where annotations are postponed.
    """
    origins = {name: get_origin(hint) for name, hint in get_type_hints(kind, include_extras=True).items()}
    said = {name for name, origin in origins.items() if origin is Required}
    return frozenset(said | {name for name in kind.__required_keys__ if origins[name] is not NotRequired})


def _entries(value: Any, required: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidPayloadError("must be a dict")
    missing = sorted(required.difference(value))
    if missing:
        raise InvalidPayloadError("is missing").within(f".{missing[0]}")
    return value


def _elements(each: Reader, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise InvalidPayloadError("must be a list")
    return [_read(each, element, f"[{index}]") for index, element in enumerate(value)]


def _read(reader: Reader, value: Any, step: str) -> Any:
    try:
        return reader(value)
    except InvalidPayloadError as refused:
        raise refused.within(step) from None


def _as_it_is(value: Any) -> Any:
    return value


def _of_mapping(each: Reader) -> Reader:
    return lambda value: {name: _read(each, inner, f".{name}") for name, inner in _entries(value, frozenset()).items()}


def _of_row(readers: Sequence[Reader]) -> Reader:
    def read(value: Any) -> tuple[Any, ...]:
        elements = _elements(_as_it_is, value)
        if len(elements) != len(readers):
            raise InvalidPayloadError(f"must have {len(readers)} elements")
        return tuple(
            _read(reader, each, f"[{index}]")
            for index, (reader, each) in enumerate(zip(readers, elements, strict=True))
        )

    return read


def _of_literal(allowed: tuple[Any, ...]) -> Reader:
    def read(value: Any) -> Any:
        plain = int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else value
        for each in allowed:
            if type(each) is type(plain) and each == plain:
                return each
        raise InvalidPayloadError("must be one of the literals")

    return read


def _of_enum(kind: type[Enum]) -> Reader:
    def read(value: Any) -> Any:
        try:
            return kind(value)
        except ValueError:
            raise InvalidPayloadError(f"must be the value of a {kind.__name__}") from None

    return read


def _of_type(kind: type) -> Reader:
    def read(value: Any) -> Any:
        if not isinstance(value, kind):
            raise InvalidPayloadError(f"must be {_name(kind)}")
        return value

    return read


def _of_number(kind: type) -> Reader:
    def read(value: Any) -> Any:
        # The table knows one kind of number: 1.0 is stored as 1. A truth is an int for Python and its type checkers.
        if not isinstance(value, int | float | Decimal) or (kind is int and value != int(value)):
            raise InvalidPayloadError(f"must be {_name(kind)}")
        if isinstance(value, bool):
            return value
        return kind(repr(value) if isinstance(value, float) and kind is Decimal else value)

    return read


def _of_text(kind: Any, parse: Callable[[str], Any]) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is kind:  # not yet stored
            return value
        try:
            return parse(value)
        except (AttributeError, TypeError, ValueError):
            raise InvalidPayloadError(f"must be the text of a {_name(kind)}") from None

    return read


def _name(hint: Any) -> str:
    return str(getattr(hint, "__name__", hint))


_SCALARS: dict[Any, Reader] = {
    None: _of_type(NoneType),
    NoneType: _of_type(NoneType),
    str: _of_type(str),
    bool: _of_type(bool),
    bytes: _of_type(bytes),
    int: _of_number(int),
    float: _of_number(float),
    Decimal: _of_number(Decimal),
    datetime: _of_text(datetime, datetime.fromisoformat),
    date: _of_text(date, date.fromisoformat),
    UUID: _of_text(UUID, UUID),
}
