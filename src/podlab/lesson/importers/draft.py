"""A workshop that an importer has read and nobody has written yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from podlab.lesson.importers.loss import Report


@dataclass(frozen=True, slots=True)
class Page:
    """A step: its title, and its Markdown in podlab's form."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`previews`: name → port. `files`: path in the lesson's folder → the file to copy."""

    name: str
    title: str
    pages: tuple[Page, ...]
    report: Report
    terminals: tuple[str, ...] = ("shell",)
    previews: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
