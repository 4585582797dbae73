"""The tree that a file is read into: JSON's values, each with the place where it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""Keys and list positions from the top of a document: `("spec", "containers", 0, "image")`."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,80}")


@dataclass(frozen=True, slots=True)
class Scalar:
    """`value` is what JSON would hold; `text` is what stands in the file, without quotes."""

    line: int
    column: int
    value: str | int | float | bool | None
    text: str
    size: int = 1


@dataclass(frozen=True, slots=True)
class Sequence:
    line: int
    column: int
    items: list[Node]
    size: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys in the order of the file. An alias is the very node that its anchor names, so `size`, the number
    of values when aliases are written out, can be far more than what is held in memory."""

    line: int
    column: int
    entries: dict[str, tuple[Scalar, Node]]
    size: int

    def get(self, key: str) -> Node | None:
        entry = self.entries.get(key)
        return entry[1] if entry else None


Node: TypeAlias = Scalar | Sequence | Mapping


def plain(node: Node) -> Any:
    """JSON's own values."""
    if isinstance(node, Mapping):
        return {key: plain(value) for key, (_, value) in node.entries.items()}
    return [plain(each) for each in node.items] if isinstance(node, Sequence) else node.value


def dotted(path: Path) -> str:
    """As Kubernetes writes a path: `spec.containers[0].image`, `metadata.labels["a.b/c"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{quoted(part)}]"
    return text


def quoted(text: str) -> str:
    """The user's own text for use in a message: one line, nothing a terminal would obey, not too long."""
    shown = text if len(text) <= 80 else text[:77] + "…"
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode()
        for c in json.dumps(shown, ensure_ascii=False)
    )


def children(node: Node) -> Iterator[tuple[str | int, Node]]:
    if isinstance(node, Mapping):
        yield from ((key, value) for key, (_, value) in node.entries.items())
    elif isinstance(node, Sequence):
        yield from enumerate(node.items)
