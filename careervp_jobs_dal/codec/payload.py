"""Typed payloads: a dataclass, a TypedDict or a pydantic model becomes `input_data`, and is read from it again.

    submitter                       table                      worker
      LetterRequest -- dump --> input_data, a dict -- load --> LetterRequest, or InvalidPayloadError

A type checker sees one type at both ends. A codec makes sure that what a worker gets is of that type. pydantic is never
imported: a model is known by its two methods.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Protocol, TypeVar, is_typeddict

from careervp_jobs_dal.codec.hint import Readers
from careervp_jobs_dal.job.invalid_input import InvalidPayloadError

P = TypeVar("P")


class PayloadCodec(Protocol[P]):
    """Conversion between a payload and a dict that can be stored.

    Dataclasses, TypedDicts and pydantic models have a codec already. Any other type needs a codec of your own.

    >>> class Words:
    ...     def dump(self, payload: list[str]) -> dict[str, str]:
    ...         return {"text": " ".join(payload)}
    ...
    ...     def load(self, stored: dict[str, str]) -> list[str]:
    ...         return stored["text"].split()
    >>> JobKind("count", Words()).payload_of({"input_data": {"text": "two words"}})
    ['two', 'words']
    """

    def dump(self, payload: P, /) -> Mapping[str, Any]:
        """Return the payload as `submit_job` is to store it."""
        ...

    def load(self, stored: Mapping[str, Any], /) -> P:
        """Return the payload of a stored dict; any exception refuses the dict."""
        ...


def codec_of(payload: type[P] | PayloadCodec[P]) -> PayloadCodec[P]:
    """Return the codec of a payload's type, or the given codec.

    Raises:
        TypeError: there is no codec for this type, or the table cannot give back a part of it.
    """
    codec: Any
    if is_typeddict(payload) or (isinstance(payload, type) and is_dataclass(payload)):
        codec = _Plain(payload)
    elif _has(payload, "model_dump", "model_validate"):
        codec = _Model(payload)
    elif not isinstance(payload, type) and _has(payload, "dump", "load"):
        codec = payload
    else:
        raise TypeError("a payload is a dataclass, a TypedDict or a pydantic model; else give a PayloadCodec")
    found: PayloadCodec[P] = codec
    return found


def _has(thing: object, *names: str) -> bool:
    return all(callable(getattr(thing, name, None)) for name in names)


class _Plain:
    """Codec of a dataclass or a TypedDict, made of its type hints."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        self._read = Readers().of_class(kind)

    def dump(self, payload: Any) -> Mapping[str, Any]:
        # Fields of a subclass would be refused in the worker.
        if type(payload) is not self._kind and not is_typeddict(self._kind):
            raise _another_type(payload, self._kind)
        dumped: Mapping[str, Any] = _undressed(payload)
        # What a worker would refuse is refused now.
        self._read(dumped)
        return dumped

    def load(self, stored: Mapping[str, Any]) -> Any:
        return self._read(stored)


class _Model:
    """Codec of a pydantic model."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind

    def dump(self, payload: Any) -> Mapping[str, Any]:
        # A model with aliases is validated by them.
        dumped = payload.model_dump(by_alias=True) if isinstance(payload, self._kind) else payload
        if dumped is payload or not isinstance(dumped, Mapping):
            raise _another_type(dumped, self._kind)
        return dumped

    def load(self, stored: Mapping[str, Any]) -> Any:
        try:
            return self._kind.model_validate(stored)
        except Exception as error:
            raise _refusal(self._kind, error) from None


def _undressed(value: Any) -> Any:
    """Return a value with dicts in the place of dataclasses."""
    if is_dataclass(value):
        return {field.name: _undressed(getattr(value, field.name)) for field in fields(value) if field.init}
    if isinstance(value, Mapping):
        return {name: _undressed(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_undressed(inner) for inner in value]
    return value


def _another_type(payload: Any, kind: Any) -> InvalidPayloadError:
    return InvalidPayloadError(f"must be a {kind.__name__} that becomes a dict, not a {type(payload).__name__}")


def _refusal(kind: Any, error: Any) -> InvalidPayloadError:
    """Say where a model found its first error, and of which type.

    Its texts may quote values.
    """
    try:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        refused = InvalidPayloadError(f"{kind.__name__} refused it as {first['type']}")
        for step in reversed(first["loc"]):
            refused.within(f"[{step}]" if isinstance(step, int) else f".{step}")
    except Exception:
        return InvalidPayloadError(f"{kind.__name__} refused it with {type(error).__name__}")
    return refused
