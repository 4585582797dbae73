"""Types as JSON: what a body may hold is said once, by a frozen dataclass, and its JSON Schema is made of the same
annotations as its reader. https://json-schema.org/draft/2020-12

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Extend:
        seconds: Annotated[int, Range(1, 86_400), "how much longer"]
        seats: Annotated[tuple[int, ...], Length(500)] | None = None

Everything that is read has an end: texts, lists and numbers without a bound are refused when a handler is described.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from podlab.errors import Invalid


@dataclass(frozen=True, slots=True)
class Length:
    """Of a text in characters, or of a list."""

    most: int
    least: int = 0


@dataclass(frozen=True, slots=True)
class Range:
    """Of a number, both ends included."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Pattern:
    """Found anywhere in the text; `said` tells people what is.
    https://json-schema.org/understanding-json-schema/reference/regular_expressions"""

    text: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Hint:
    """A type taken apart: what it is without None and without its notes."""

    type: Any
    notes: tuple[Any, ...]
    may_be_none: bool

    def note(self, kind: type[Any]) -> Any:
        return next((each for each in self.notes if isinstance(each, kind)), None)


def hint(annotation: Any) -> Hint:
    notes: tuple[Any, ...] = ()
    may_be_none = False
    while True:
        origin = typing.get_origin(annotation)
        if origin is typing.Annotated:
            annotation, *more = typing.get_args(annotation)
            notes += tuple(more)
        elif origin in (typing.Union, types.UnionType):
            annotation = _only([each for each in typing.get_args(annotation) if each is not type(None)])
            may_be_none = True
        else:
            return Hint(annotation, notes, may_be_none)


def _only(kinds: list[Any]) -> Any:
    if len(kinds) != 1:
        raise TypeError(f"one type or None, not {kinds}")
    return kinds[0]


@functools.cache
def fields(cls: type) -> Mapping[str, tuple[Any, bool]]:
    """Name → its annotation, and whether it has to be given."""
    hints = typing.get_type_hints(cls, include_extras=True)
    none = dataclasses.MISSING
    return {
        f.name: (hints[f.name], f.default is none and f.default_factory is none)
        for f in dataclasses.fields(cls)
    }


# --- to JSON


def encode(value: Any) -> Any:
    """JSON-ready data; times are RFC 3339."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): encode(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [encode(each) for each in value]
    return value


# --- from JSON


def read(annotation: Any, data: Any, name: str = "body") -> Any:
    """The typed value. `Invalid` has one problem for each thing that is wrong, with its place."""
    problems: list[str] = []
    value = _read(annotation, data, name, problems)
    if problems:
        raise Invalid("this is not what is taken here", problems=tuple(problems[:20]), subject=name)
    return value


def _read(annotation: Any, data: Any, place: str, problems: list[str]) -> Any:
    wanted = hint(annotation)
    if data is None and wanted.may_be_none:
        return None
    if dataclasses.is_dataclass(wanted.type):
        return _object(typing.cast("type", wanted.type), data, place, problems)
    if typing.get_origin(wanted.type) is tuple:
        if not isinstance(data, list):
            problems.append(f"{place}: a list is expected")
            return None
        item, _ = typing.get_args(wanted.type)
        _bounded(wanted, len(data), place, problems)
        return tuple(_read(item, each, f"{place}.{n}", problems) for n, each in enumerate(data))
    if (allowed := choices(wanted.type)) is not None:
        if data in allowed and not isinstance(data, bool):
            return wanted.type(data) if isinstance(wanted.type, type) else data
        problems.append(f"{place}: one of {', '.join(map(str, allowed))} is expected")
        return None
    return _scalar(wanted, data, place, problems)


def _object(cls: type, data: Any, place: str, problems: list[str]) -> Any:
    if not isinstance(data, dict):
        problems.append(f"{place}: an object is expected")
        return None
    known, values = fields(cls), {}
    for name, each in data.items():
        if name in known:
            values[name] = _read(known[name][0], each, f"{place}.{name}", problems)
        else:
            problems.append(f"{place}: {name[:40]!r} is not known here; known are {', '.join(known)}")
    missing = [name for name, (_, is_required) in known.items() if is_required and name not in data]
    problems += [f"{place}.{name}: required, and not given" for name in missing]
    return None if problems else cls(**values)


def _scalar(wanted: Hint, data: Any, place: str, problems: list[str]) -> Any:
    kind = wanted.type
    if kind is int and isinstance(data, float) and data.is_integer():
        data = int(data)  # 1.0 is an integer in JSON Schema
    is_one = isinstance(data, int | float if kind is float else kind)
    if not is_one or (isinstance(data, bool) and kind is not bool):
        problems.append(f"{place}: {_WORDS[kind]} is expected")
        return None
    if kind is str:
        _bounded(wanted, len(data), place, problems)
        pattern = wanted.note(Pattern)
        if pattern and not re.search(pattern.text, data):
            problems.append(f"{place}: {pattern.said or f'a text with {pattern.text}'} is expected")
        if any("\ud800" <= c <= "\udfff" for c in data):
            problems.append(f"{place}: this is no Unicode")
    elif (span := wanted.note(Range)) and not span.least <= data <= span.most:
        problems.append(f"{place}: a number from {span.least:g} to {span.most:g} is expected")
    return data


def _bounded(wanted: Hint, length: int, place: str, problems: list[str]) -> None:
    span = wanted.note(Length)
    if span and not span.least <= length <= span.most:
        what = "letters" if wanted.type is str else "items"
        problems.append(f"{place}: {span.least} to {span.most} {what} are expected, not {length}")


def choices(kind: Any) -> tuple[Any, ...] | None:
    """Of a `Literal` or an enumeration."""
    if typing.get_origin(kind) is typing.Literal:
        return typing.get_args(kind)
    return tuple(each.value for each in kind) if isinstance(kind, type) and issubclass(kind, Enum) else None


_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


# --- to JSON Schema


def schema(annotation: Any, parts: dict[str, Any], *, is_input: bool) -> dict[str, Any]:
    """Of a type; those of the dataclasses in it go to `parts`, which is `components.schemas` of OpenAPI.

    `TypeError` for a type that has no JSON, or an input without bounds.
    """
    wanted = hint(annotation)
    found = _schema(wanted, parts, is_input)
    if (said := wanted.note(str)) is not None:
        found = {**found, "description": said}
    return {"anyOf": [found, {"type": "null"}]} if wanted.may_be_none else found


def _schema(wanted: Hint, parts: dict[str, Any], is_input: bool) -> dict[str, Any]:
    kind, origin = wanted.type, typing.get_origin(wanted.type)
    if dataclasses.is_dataclass(kind):
        return _reference(typing.cast("type", kind), parts, is_input)
    if (allowed := choices(kind)) is not None:
        return {"enum": list(allowed)}
    length, span, pattern = wanted.note(Length), wanted.note(Range), wanted.note(Pattern)
    if is_input and (
        ((kind is str or origin is tuple) and not length) or (kind in (int, float) and not span)
    ):
        raise TypeError(f"{kind} is read without a bound")
    if origin is tuple:
        items = schema(typing.get_args(kind)[0], parts, is_input=is_input)
        bounds = {"minItems": length.least, "maxItems": length.most} if length else {}
        return {"type": "array", "items": items, **bounds}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        values = schema(typing.get_args(kind)[1], parts, is_input=is_input)
        return {"type": "object", "additionalProperties": values}
    if kind is str:
        bounds = {"minLength": length.least, "maxLength": length.most} if length else {}
        return {"type": "string", **bounds, **({"pattern": pattern.text} if pattern else {})}
    bounds = {"minimum": span.least, "maximum": span.most} if span else {}
    return {**_KINDS[kind], **bounds}


def _reference(cls: type, parts: dict[str, Any], is_input: bool) -> dict[str, Any]:
    known = fields(cls)
    if cls.__name__ not in parts:
        parts[cls.__name__] = made = dict[str, Any](type="object")
        if cls.__doc__ and not cls.__doc__.startswith(f"{cls.__name__}("):
            made["description"] = " ".join(cls.__doc__.split())
        made |= {
            "properties": {name: schema(kind, parts, is_input=is_input) for name, (kind, _) in known.items()},
            "required": [name for name, (_, is_required) in known.items() if is_required or not is_input],
            "additionalProperties": False,
        }
    return {"$ref": f"#/components/schemas/{cls.__name__}"}


_KINDS: Mapping[Any, dict[str, Any]] = {
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
}
