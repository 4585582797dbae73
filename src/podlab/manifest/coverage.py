"""How much of Kubernetes' API is honoured: its own list of fields against the types that files are read with.

The list is data (`docs/data/kubernetes-types.json`), so this finds what a newer Kubernetes has and nobody here has
thought of, as well as what podlab takes and Kubernetes does not.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import UnionType
from typing import Any

from podlab.manifest.fields import asks_for_nothing, is_for_clusters, refusal, taken
from podlab.manifest.structure import fields_of
from podlab.wire import Wire, camel

Types = Mapping[str, Mapping[str, str]]
"""Type → field → the field's type: `Pod` → `spec` → `PodSpec`, `List[Container]` or `Dict[str, str]`."""


class Standing(StrEnum):
    """What happens to a field that somebody writes."""

    HONOURED = "honoured"
    ON_KUBERNETES = "on kubernetes only"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """Kubernetes has it; here it is neither honoured nor refused by name: a gap in `fields`."""
    OURS = "not in Kubernetes"
    """A dataclass has it and Kubernetes does not: a misspelling in the model."""


@dataclass(frozen=True, slots=True)
class Row:
    """One field of one type. `reason` says why it is not honoured; `taken` has the values of a refused field
    that ask for what happens anyway."""

    type: str
    field: str
    standing: Standing
    reason: str = ""
    taken: tuple[Any, ...] = ()


HEAD = ("apiVersion", "kind")
"""What is read before it is known which kind it is."""


def rows(kind: str, cls: type, types: Types, *, everywhere: bool = False) -> list[Row]:
    """The fields of a type and of all types below it, each type once, from the top down.

    What is below a field that is refused is refused with it, and left out unless `everywhere` is asked for.
    """
    found: list[Row] = []
    seen: set[tuple[str, type]] = set()
    todo: list[tuple[str, type]] = [(kind, cls)]
    while todo:
        name, of = todo.pop(0)
        if (name, of) in seen:
            continue
        seen.add((name, of))
        found += [row for row in _of_type(name, of, types[name]) if name != kind or row.field not in HEAD]
        todo += _below(of, types[name], types, everywhere=everywhere)
    return found


def _of_type(name: str, cls: type, said: Mapping[str, str]) -> Iterator[Row]:
    known = fields_of(cls)
    for field in sorted(said):
        reason = refusal(cls, field)
        if field in known:
            yield Row(name, field, Standing.HONOURED)
        elif asks_for_nothing(cls, field):
            yield Row(name, field, Standing.HONOURED, "asks for nothing")
        elif reason is None:
            yield Row(name, field, Standing.UNKNOWN)
        else:
            standing = Standing.ON_KUBERNETES if is_for_clusters(cls, field) else Standing.REFUSED
            yield Row(name, field, standing, reason, tuple(taken(cls, field)))
    yield from (Row(name, field, Standing.OURS) for field in sorted(known.keys() - said.keys()))


def _below(cls: type, said: Mapping[str, str], types: Types, *, everywhere: bool) -> list[tuple[str, type]]:
    """The types of a type's fields, where they have fields themselves."""
    hints = {camel(name): hint for name, hint in typing.get_type_hints(cls).items()}
    names = [name for name in hints if name in said and (everywhere or name in fields_of(cls))]
    pairs = [(_inner(said[name]), _wire(hints[name])) for name in names]
    return [(kind, inner) for kind, inner in pairs if inner is not None and kind in types]


def _inner(kind: str) -> str:
    return re.split(r"[\[\], ]+", kind.rstrip("]"))[-1]


def _wire(hint: Any) -> type | None:
    """The type with fields in an annotation: of `tuple[Container, ...]` it is `Container`."""
    if isinstance(hint, type) and issubclass(hint, Wire):
        return hint
    if typing.get_origin(hint) in (typing.Union, UnionType, tuple) or typing.get_args(hint):
        return next((found for arg in typing.get_args(hint) if (found := _wire(arg))), None)
    return None


def is_honoured(path: str, cls: type) -> bool:
    """Whether a field is honoured that a dotted path leads to: `env.valueFrom.fieldRef` from a container."""
    name, _, rest = path.partition(".")
    if name not in fields_of(cls):
        return asks_for_nothing(cls, name)
    if not rest:
        return True
    inner = _wire(fields_of(cls)[name].hint)
    return inner is not None and is_honoured(rest, inner)
