"""JSON Schema (2020-12) of the files, for editors: made from the same types that read them."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping
from types import UnionType
from typing import Any, Final, Literal

from podlab.errors import Usage
from podlab.manifest.checks.volume import SOURCES
from podlab.manifest.kinds import READ
from podlab.manifest.structure import fields_of
from podlab.model import Probe, Volume
from podlab.wire import Wire

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_KINDS: Final = {kind.lower(): (cls, version) for kind, (version, cls) in READ.items()}
_SCALARS: Final = {str: "string", int: "integer", float: "number", bool: "boolean"}
_ONE_OF: Final[Mapping[type, tuple[str, ...]]] = {
    Volume: tuple(SOURCES),
    Probe: ("exec", "tcpSocket", "httpGet", "grpc"),
}
_LEAST: Final = {
    "activeDeadlineSeconds": 1, "terminationGracePeriodSeconds": 0, "initialDelaySeconds": 0,
    "periodSeconds": 1, "timeoutSeconds": 1, "successThreshold": 1, "failureThreshold": 1,
    "runAsUser": 0, "runAsGroup": 0, "count": 1, "warm": 0,
}  # fmt: skip
_PORTS: Final = ("containerPort", "hostPort")


def schema(kind: str) -> dict[str, Any]:
    """The schema of `pod`, `deployment` or another kind that is read. It takes what `load` takes and podlab honours;
    fields that `load` passes over, such as `status`, are left out so that an editor does not offer them."""
    if kind.lower() not in _KINDS:
        raise Usage(f"no schema for {kind!r}; there are {', '.join(_KINDS)}", subject=kind)
    cls, version = _KINDS[kind.lower()]
    definitions: dict[str, Any] = {}
    top = _object(cls, definitions)
    top["properties"] = {
        "apiVersion": {"const": version},
        "kind": {"const": cls.__name__},
        **top["properties"],
    }
    top["required"] = ["apiVersion", "kind", *top["required"]]
    return {"$schema": _DIALECT, "title": cls.__name__, **top, "$defs": definitions}


def _object(cls: type, definitions: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object"}
    if (doc := inspect.getdoc(cls)) and not doc.startswith(f"{cls.__name__}("):
        made["description"] = " ".join(doc.split())
    made["properties"] = {
        name: _property(name, field.hint, definitions) for name, field in fields_of(cls).items()
    }
    made["required"] = [name for name, field in fields_of(cls).items() if field.is_required]
    made["additionalProperties"] = False
    if cls in _ONE_OF:
        made["oneOf"] = [{"required": [name]} for name in _ONE_OF[cls]]
    return made


def _property(name: str, hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    made = _value(hint, definitions)
    if name in _LEAST:
        made["minimum"] = _LEAST[name]
    if name in _PORTS:
        made |= {"minimum": 1, "maximum": 65535}
    if name == "containers":
        made["minItems"] = 1
    return made


def _value(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, UnionType):
        options = [option for option in args if option is not type(None)]
        if len(options) == 1:
            return _value(options[0], definitions)
        return {"type": [_SCALARS[option] for option in options]}
    if origin is tuple:
        return {"type": "array", "items": _value(args[0], definitions)}
    if origin is Literal:
        return {"enum": list(args)}
    if origin is not None:
        return {"type": "object", "additionalProperties": _value(args[1], definitions)}
    if issubclass(hint, Wire):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}  # a type that holds itself ends here
            definitions[hint.__name__] = _object(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    return {"type": _SCALARS[hint]}
