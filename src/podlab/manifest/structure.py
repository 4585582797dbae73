"""Nodes to typed values, driven by the dataclasses' own annotations; what does not fit is reported.

A new field of the API is a new field of a dataclass: nothing needs changing here. Pydantic could do the same,
but its import and its adapters cost five times what the whole reading of a file does (docs/manifest.md).

An object whose parts all fit is handed to its check (`checks.CHECKS`) at once, so that a misspelt key in one
container does not hide a bad port in another.
"""

from __future__ import annotations

import dataclasses
import functools
import typing
from collections.abc import Collection
from types import UnionType
from typing import Any, TypeVar

from podlab.manifest.checks import CHECKS
from podlab.manifest.fields import harmless, refusal, refused
from podlab.manifest.nodes import Mapping, Node, Path, Scalar, Sequence, plain, quoted
from podlab.manifest.report import Report, place
from podlab.manifest.suggest import did_you_mean
from podlab.model import Secret
from podlab.wire import Wire, camel

T = TypeVar("T")

_MAX_INT = 2**63 - 1


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    name: str
    hint: Any
    is_required: bool


@functools.cache
def fields_of(cls: type) -> dict[str, Field]:
    """A type's fields by their name in files; without those that are not honoured."""
    hints = typing.get_type_hints(cls)
    none = dataclasses.MISSING
    return {
        camel(f.name): Field(f.name, hints[f.name], f.default is none and f.default_factory is none)
        for f in dataclasses.fields(cls)
        if camel(f.name) not in refused(cls) and f.name != "for_cluster"
    }


def read(cls: type[T], node: Node, path: Path, report: Report, *, skip: Collection[str] = ()) -> T | None:
    """The typed value of a mapping; None where something in it was reported. `skip`: keys to pass over."""
    return typing.cast("T | None", _Reader(report, hides=cls is Secret).object(cls, node, path, skip))


class _Reader:
    def __init__(self, report: Report, *, hides: bool) -> None:
        """`hides`: what is written is not told, since it may be secret."""
        self._report, self._hides = report, hides

    def object(self, cls: type, node: Node, path: Path, skip: Collection[str] = ()) -> Any:
        if not isinstance(node, Mapping):
            self._mismatch("a mapping of 'key: value'", node, path)
            return None
        before = len(self._report)
        known = fields_of(cls)
        values: dict[str, Any] = {}
        for key, (at, value) in node.entries.items():
            if key in known and not _is_null(value):
                read_value = self._value(known[key].hint, value, (*path, key))
                if read_value != "" or not _may_be_none(known[key].hint):
                    values[known[key].name] = read_value
            elif self._report.for_cluster and key in getattr(cls, "FOR_CLUSTER", ()):
                if not _is_null(value):
                    values.setdefault("for_cluster", {})[key] = plain(value)
            elif key not in known and key not in skip:
                self._unknown(cls, at, value, (*path, key))
        for key, field in known.items():
            if field.is_required and _is_null(node.get(key)):
                self._report.problem(*place(node, (key,)), (*path, key), "required, and not given")
        if len(self._report) > before:
            return None
        return self._checked(cls(**values), node, path)

    def _checked(self, made: T, node: Node, path: Path) -> T:
        if check := CHECKS.get(type(made)):
            for where, message in check(made):
                self._report.problem(*place(node, where), (*path, *where), message)
        return made

    def _unknown(self, cls: type, key: Scalar, value: Node, path: Path) -> None:
        if reason := refusal(cls, key.text):
            if not _is_null(value) and not harmless(cls, key.text, value):
                self._report.refuse(key.line, key.column, path, reason)
            return
        near = did_you_mean(key.text, [*fields_of(cls), *refused(cls)])
        self._report.refuse(key.line, key.column, path, f"unknown field{near}")

    def _value(self, hint: Any, node: Node, path: Path) -> Any:
        hint = _without_none(hint)
        origin = typing.get_origin(hint)
        if origin is tuple:
            return self._list(typing.get_args(hint)[0], node, path)
        if origin is not None and isinstance(origin, type) and issubclass(origin, typing.Mapping):
            return self._map(typing.get_args(hint)[1], node, path)
        if isinstance(hint, type) and issubclass(hint, Wire):
            return self.object(hint, node, path)
        if origin is typing.Literal:
            return self._one_of(typing.get_args(hint), node, path)
        return self._scalar(typing.get_args(hint) or (hint,), node, path)

    def _list(self, hint: Any, node: Node, path: Path) -> Any:
        if not isinstance(node, Sequence):
            self._mismatch("a list, each item after '- '", node, path)
            return None
        return tuple(self._value(hint, item, (*path, n)) for n, item in enumerate(node.items))

    def _map(self, hint: Any, node: Node, path: Path) -> Any:
        if not isinstance(node, Mapping):
            self._mismatch("a mapping of 'key: value'", node, path)
            return None
        return {key: self._value(hint, value, (*path, key)) for key, (_, value) in node.entries.items()}

    def _one_of(self, allowed: tuple[Any, ...], node: Node, path: Path) -> Any:
        if isinstance(node, Scalar) and node.value in allowed:
            return node.value
        names = ", ".join(quoted(name) if name == "" else name for name in allowed)
        near = did_you_mean(node.text, allowed) if isinstance(node, Scalar) else ""
        self._mismatch(f"one of {names}", node, path, near)
        return None

    def _scalar(self, kinds: tuple[type, ...], node: Node, path: Path) -> Any:
        if not isinstance(node, Scalar) or type(node.value) not in kinds:
            self._mismatch(_KINDS[kinds], node, path, _remedy(kinds, node))
        elif isinstance(node.value, str) and "\0" in node.value:
            self._report.problem(
                node.line, node.column, path, "the text holds a NUL, which no process can be given"
            )
        elif type(node.value) is int and abs(node.value) > _MAX_INT:
            self._report.problem(node.line, node.column, path, "the number is too large")
        else:
            return node.value
        return None

    def _mismatch(self, expected: str, node: Node, path: Path, remedy: str = "") -> None:
        if self._hides and isinstance(node, Scalar) and node.value is not None:
            remedy = "; put it in quotes" if expected == "text" else ""
            self._report.problem(node.line, node.column, path, f"expected {expected}{remedy}")
            return
        self._report.problem(node.line, node.column, path, f"expected {expected}, got {_shown(node)}{remedy}")


_KINDS: dict[tuple[type, ...], str] = {
    (str,): "text",
    (int,): "a whole number",
    (float,): "a number",
    (bool,): "true or false",
    (int, str): "a whole number or text",
    (str, int, float): "a quantity such as 500m, 2 or 64Mi",
}


def _without_none(hint: Any) -> Any:
    """`int | None` is `int` here: a field that is null was not said."""
    if typing.get_origin(hint) in (typing.Union, UnionType):
        options = [option for option in typing.get_args(hint) if option is not type(None)]
        return options[0] if len(options) == 1 else typing.Union[tuple(options)]  # noqa: UP007
    return hint


def _may_be_none(hint: Any) -> bool:
    """Whether "" means that the field was not said, as it does in Kubernetes (`omitempty`)."""
    return type(None) in typing.get_args(hint)


def _is_null(node: Node | None) -> bool:
    return node is None or (isinstance(node, Scalar) and node.value is None)


def _shown(node: Node) -> str:
    if isinstance(node, Scalar):
        value = node.value
        if value is None:
            return "nothing"
        if isinstance(value, str):
            return f"the text {quoted(value)}"
        return node.text if isinstance(value, bool) else f"the number {node.text}"
    return "a list" if isinstance(node, Sequence) else "a mapping"


def _remedy(kinds: tuple[type, ...], node: Node) -> str:
    """What to write instead, where that is plain to see."""
    from podlab.manifest.scalars import resolve

    if not isinstance(node, Scalar):
        return ""
    if str in kinds and node.value is None:
        return '; an empty text is written ""'
    if str in kinds:
        return f"; put it in quotes: {quoted(node.text)}"
    if isinstance(node.value, str) and type(resolve(node.value)) in kinds:
        return "; remove the quotes"
    if bool in kinds and (
        word := {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(node.text.lower())
    ):
        return f"; write {word}"
    return ""
