"""The model's types to and from JSON as Kubernetes writes it: camelCase keys, no empty fields."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

_ACRONYMS = {"api", "ip", "ips", "ipc", "pid", "uid", "fqdn", "id", "wwns", "io"}

T = TypeVar("T")


@functools.cache
def camel(name: str) -> str:
    """`host_ip` → `hostIP`, `image_pull_policy` → `imagePullPolicy`: the API's own spelling."""
    first, *rest = name.split("_")
    return first + "".join(
        word.upper().replace("IPS", "IPs") if word in _ACRONYMS else word.title() for word in rest
    )


class Wire:
    """Base of the types that people write as YAML. One that names fields in `FOR_CLUSTER` keeps them as they are
    written in its field `for_cluster`."""

    __slots__ = ()
    FOR_CLUSTER: typing.ClassVar[frozenset[str]] = frozenset()


def encode(value: Any) -> Any:
    """JSON-ready data. Fields that are None or empty are left out, as Kubernetes does."""
    if isinstance(value, Wire):
        pairs = ((f.name, getattr(value, f.name)) for f in dataclasses.fields(value))  # type: ignore[arg-type]
        made = {camel(k): encode(v) for k, v in pairs if _says_something(v)}
        return made | made.pop("forCluster", {}) if value.FOR_CLUSTER else made
    if isinstance(value, Mapping):
        return {k: encode(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [encode(v) for v in value]
    return value


def _says_something(value: Any) -> bool:
    if isinstance(value, Wire):  # emptyDir: {} says something
        return True
    return value is not None and value != () and value != {} and value != ""


def decode(cls: type[T], data: Mapping[str, Any]) -> T:
    """The reverse of `encode`, for data that podlab itself wrote. Keys it does not know are skipped,
    so that a pod made by a newer podlab can still be listed and removed."""
    kind: type = cls
    known = _fields(kind)
    values = {known[k][0]: _decode(known[k][1], v) for k, v in data.items() if k in known}
    kept = getattr(cls, "FOR_CLUSTER", ())
    if raw := {k: v for k, v in data.items() if k in kept}:
        values["for_cluster"] = raw
    return cls(**values)


@functools.cache
def _fields(cls: type) -> dict[str, tuple[str, Any]]:
    hints = typing.get_type_hints(cls)
    return {camel(f.name): (f.name, hints[f.name]) for f in dataclasses.fields(cls)}


def _decode(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        options = [a for a in typing.get_args(hint) if a is not type(None)]
        return _decode(options[0], value) if len(options) == 1 else value
    if origin is tuple:
        return tuple(_decode(typing.get_args(hint)[0], v) for v in value)
    if isinstance(hint, type) and issubclass(hint, Wire):
        return decode(hint, value)
    return value
