"""Lessons in other tools' formats to a workshop's folder, and a report of what did not come along.

One module a format, behind one function: `read(source: Path) -> Draft`. A new format is a module and a line in
`FORMATS`. Reading writes nothing; `write` does.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Final, Protocol, cast

from podlab.errors import NotFound
from podlab.lesson.importers.draft import Draft
from podlab.lesson.importers.loss import Loss, Report
from podlab.lesson.importers.write import write

__all__ = ["FORMATS", "Draft", "Importer", "Loss", "Report", "importer", "write"]

FORMATS: Final = {
    "play-with-docker": "a tutorial of training.play-with-docker.com: one Markdown file or a folder of them",
    "killercoda": "a scenario of Killercoda or Katacoda: the folder with its index.json",
    "educates": "a workshop of Educates: the folder with workshop/content",
}


class Importer(Protocol):
    """A module of this package."""

    def read(self, source: Path) -> Draft:
        """What the source says, in podlab's form. `NotFound` where it is none of this format."""


def importer(name: str) -> Importer:
    """The module for a format. `NotFound` where there is none."""
    if name not in FORMATS:
        raise NotFound(f"no importer for {name!r}", subject=name, hint=f"one of {', '.join(FORMATS)}")
    return cast(Importer, importlib.import_module(f"{__name__}.{name.replace('-', '_')}"))
