"""`index.yaml` in a lesson's folder: its title, and which files are its steps, where their names do not say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from podlab.manifest.nodes import Mapping
from podlab.manifest.report import Report, place
from podlab.manifest.sources import sources
from podlab.manifest.structure import read
from podlab.manifest.suggest import did_you_mean
from podlab.wire import Wire

INDEX_FILE: Final = "index.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Wire):
    """A step's file in this folder, and its title where the file does not have it."""

    file: str
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Index(Wire):
    title: str | None = None
    steps: tuple[Entry, ...] = ()


def read_index(file: Path, markdown_files: Sequence[str], report: Report) -> Index:
    """The index. Each Markdown file but README.md must be in it, and each that it names must be there."""
    from podlab.manifest.yaml import parse

    documents = [node for source in sources(file) for node in parse(source.data, report)]
    if not documents or not isinstance(documents[0], Mapping):
        report.problem(1, 1, (), "expected 'title:' and 'steps:', a list of '- file: 01-start.md'")
        return Index()
    index = read(Index, documents[0], (), report)
    if index is None:
        return Index()
    if not (index.title or "").isprintable():
        message = "the title holds a character that cannot be shown"
        report.problem(*place(documents[0], ("title",)), ("title",), message)
    steps = index.steps or tuple(Entry(file=name) for name in markdown_files if name.lower() != "readme.md")
    for number, entry in enumerate(steps):
        if entry.file not in markdown_files:
            where = ("steps", number, "file")
            near = did_you_mean(entry.file, markdown_files)
            report.problem(*place(documents[0], where), where, f"no such step in this folder{near}")
    listed = {entry.file for entry in steps}
    for name in markdown_files:
        if name not in listed and name.lower() != "readme.md":
            report.problem(*place(documents[0], ("steps",)), ("steps",), f"{name} is not listed")
    present = tuple(entry for entry in steps if entry.file in markdown_files)
    return Index(title=index.title, steps=present)
