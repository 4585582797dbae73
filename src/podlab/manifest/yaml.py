"""YAML text to nodes: every document of a file, or the places where it is not YAML.

We take ruamel.yaml's parse events and build the tree ourselves. That is what gives both places of a
duplicate key, lets several be told at once, and keeps an alias from being written out (`Mapping.size`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from podlab.manifest.nodes import Mapping, Node, Path, Scalar, Sequence, quoted
from podlab.manifest.report import Report
from podlab.manifest.scalars import resolve
from podlab.manifest.syntax_errors import in_plain_words
from podlab.manifest.text import decode

MAX_DEPTH: Final = 64
"""How deep values may be nested; Kubernetes' own types need a dozen levels."""
MAX_SIZE: Final = 200_000
"""How many values a document may have with its aliases written out."""

_CORE_TAGS = ("null", "bool", "int", "float")


class _Stop(Exception):
    """The rest of the file cannot be read; the report says why."""


def parse(data: bytes, report: Report) -> list[Node]:
    """The non-empty documents in `data`, up to the first place that is not YAML. Problems go to `report`."""
    text = decode(data, report)
    return [] if text is None else list(_Builder(text, report).documents())


class _Builder:
    """Turns the parser's events into nodes. One for each file."""

    def __init__(self, text: str, report: Report) -> None:
        self._events = _events(text, report)
        self._report = report
        self._merged = 0
        self._anchors: dict[str, Node | None] = {}  # None: still being read

    def documents(self) -> Iterator[Node]:
        try:
            for event in self._events:
                if isinstance(event, DocumentStartEvent):
                    self._anchors = {}
                    node = self._node(next(self._events), ())
                    if not (isinstance(node, Scalar) and node.value is None):
                        yield node
        except _Stop:
            return

    def _node(self, event: Any, path: Path) -> Node:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, AliasEvent):
            return self._alias(event.anchor, line, column, path)
        if len(path) > MAX_DEPTH:
            self._stop(line, column, path[:4], f"values are nested more than {MAX_DEPTH} deep")
        if event.anchor:
            self._anchors[event.anchor] = None
        node: Node
        if isinstance(event, ScalarEvent):
            node = self._scalar(event, line, column, path)
        elif isinstance(event, MappingStartEvent):
            self._check_tag(event.tag, ("map",), line, column, path)
            node = self._mapping(line, column, path)
        else:
            self._check_tag(event.tag, ("seq",), line, column, path)
            node = self._sequence(line, column, path)
        if node.size > MAX_SIZE:
            self._stop(line, column, path, f"more than {MAX_SIZE:,} values once its aliases are written out")
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, name: str, line: int, column: int, path: Path) -> Node:
        if name not in self._anchors:
            self._report.problem(line, column, path, f"no anchor &{name} before this alias")
            return Scalar(line, column, None, "")
        node = self._anchors[name]
        if node is None:
            self._stop(line, column, path, f"the alias *{name} stands inside its own anchor &{name}")
        return node

    def _scalar(self, event: Any, line: int, column: int, path: Path) -> Scalar:
        tag, text = event.tag, event.value
        is_plain = tag is None and event.implicit[0]
        if tag is not None and tag != "!":
            self._check_tag(tag, ("str", *_CORE_TAGS), line, column, path)
            is_plain = tag != "tag:yaml.org,2002:str"
        return Scalar(line, column, resolve(text) if is_plain else text, text)

    def _sequence(self, line: int, column: int, path: Path) -> Sequence:
        items: list[Node] = []
        size = 1
        while not isinstance(event := next(self._events), SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
            size += items[-1].size
        return Sequence(line, column, items, size)

    def _mapping(self, line: int, column: int, path: Path) -> Mapping:
        entries: dict[str, tuple[Scalar, Node]] = {}
        merges: list[Node] = []
        while not isinstance(event := next(self._events), MappingEndEvent):
            is_merge = getattr(event, "value", None) == "<<" and event.implicit[0]
            key = self._key(self._node(event, (*path, "?")), path)
            value = self._node(next(self._events), (*path, key.text))
            if is_merge:
                merges.append(value)
            elif not key.text:
                continue  # told already
            elif key.text in entries:
                first = entries[key.text][0]
                message = f"the key {quoted(key.text)} stands twice, first on line {first.line}; remove one"
                self._report.problem(key.line, key.column, (*path, key.text), message)
            else:
                entries[key.text] = (key, value)
        for merge in merges:
            self._merge(merge, entries, path)
        return Mapping(line, column, entries, 1 + sum(value.size for _, value in entries.values()))

    def _key(self, node: Node, path: Path) -> Scalar:
        if isinstance(node, Scalar) and node.text:
            return node
        message = "a key must be a word, not empty, a list or a mapping"
        self._report.problem(node.line, node.column, path, message)
        return Scalar(node.line, node.column, "", "")

    def _merge(self, value: Node, entries: dict[str, tuple[Scalar, Node]], path: Path) -> None:
        """`<<: *other`, which kubectl honours: what the mapping itself says wins, then the first named."""
        for other in value.items if isinstance(value, Sequence) else [value]:
            if isinstance(other, Mapping):
                self._merged += len(other.entries)  # the one thing that is copied for each alias
                if self._merged > MAX_SIZE:
                    self._stop(other.line, other.column, path, f"more than {MAX_SIZE:,} keys are merged in")
                entries.update({k: v for k, v in other.entries.items() if k not in entries})
            else:
                self._report.problem(
                    other.line, other.column, (*path, "<<"), "only a mapping can be merged in"
                )

    def _check_tag(
        self, tag: str | None, allowed: tuple[str, ...], line: int, column: int, path: Path
    ) -> None:
        if tag is not None and tag not in ("!", *(f"tag:yaml.org,2002:{name}" for name in allowed)):
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            self._report.problem(line, column, path, f"the tag {quoted(shown)} is not supported; remove it")

    def _stop(self, line: int, column: int, path: Path, message: str) -> NoReturn:
        self._report.problem(line, column, path, message)
        raise _Stop


def _events(text: str, report: Report) -> Iterator[Any]:
    """The parser's events; where the text is not YAML, a problem and then `_Stop`."""
    last = None
    events = YAML(typ="safe", pure=True, plug_ins=[]).parse(text)
    try:
        for event in events:
            last = event
            yield event
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        report.problem(mark.line + 1, mark.column + 1, (), in_plain_words(error))
        raise _Stop from error
    except (ValueError, ArithmeticError, LookupError, AttributeError, TypeError) as error:
        # ruamel lets some of Python's own errors through, such as for the escape "\UFFFFFFFF".
        line, column = (last.end_mark.line + 1, last.end_mark.column + 1) if last else (1, 1)
        report.problem(
            line, column, (), "what follows here is not YAML: an escape sequence that is no character?"
        )
        raise _Stop from error
