"""The front matter of a step: YAML between two lines `---`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from podlab.manifest.nodes import Mapping
from podlab.manifest.report import Report
from podlab.manifest.structure import read
from podlab.wire import Wire

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head(Wire):
    """What a step may say of itself."""

    title: str | None = None


def split(text: str) -> tuple[str, str]:
    """The front matter and the rest, each with its lines where they stand in the file."""
    match = _FRONT_MATTER.match(text)
    if match is None:
        return "", text
    return "\n" + match[1], "\n" * match[0].count("\n") + text[match.end() :]


def read_head(yaml: str, report: Report) -> Head:
    """What the front matter says. Problems go to `report`."""
    if not yaml.strip():
        return Head()
    from podlab.manifest.yaml import parse  # with it ruamel.yaml, which a step without front matter spares

    documents = parse(yaml.encode(), report)
    if not documents:
        return Head()
    if not isinstance(documents[0], Mapping):
        report.problem(2, 1, (), "expected front matter such as 'title: The first step'")
        return Head()
    return read(Head, documents[0], (), report) or Head()
