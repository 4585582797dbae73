"""What checks yield, and the questions that several of them ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from podlab.manifest.nodes import Path, quoted

Findings: TypeAlias = Iterator[tuple[Path, str]]
"""The path from the checked object, and what is wrong there."""


def at(path: str | int | Path, fault: str) -> Findings:
    """The fault, where there is one."""
    if fault:
        yield (path if isinstance(path, tuple) else (path,)), fault


def at_least(least: int, **values: int | None) -> Findings:
    """Whole numbers by their name in the model."""
    from podlab.wire import camel

    for name, value in values.items():
        if value is not None and value < least:
            yield (camel(name),), f"must be {least} or more, not {value}"


def twice(path: Path, field: str, names: Iterable[str | None]) -> Findings:
    """Names that stand twice in a list; None is no name."""
    seen: dict[str, int] = {}
    for n, name in enumerate(names):
        if name is None:
            continue
        if name in seen:
            before = f"{path[-1]}[{seen[name]}]" if path else f"item {seen[name]}"
            yield (*path, n, field), f"{quoted(name)} is already the {field} of {before}"
        seen.setdefault(name, n)
