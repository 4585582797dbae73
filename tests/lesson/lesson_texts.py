"""Steps written for tests, and what is told about them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from podlab.errors import Invalid
from podlab.lesson import Lesson, Scope, Step, load
from podlab.lesson.scope import OPEN

WORKSHOP = Scope(
    terminals={"shell": "work", "second": "other"},
    containers=("work", "other", "registry"),
    previews=("app",),
    title="Pods",
)
VALUES = {
    "seat.name": "seat-7",
    "workshop.name": "docker-pods",
    "workshop.title": "Pods",
    "port.app": "8080",
    "preview.app": "https://app.seat-7.example",
}


def lesson(folder: Path, texts: dict[str, str | bytes], scope: Scope = OPEN) -> Lesson:
    for name, text in texts.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(folder, scope)


def step(text: str, scope: Scope = OPEN) -> Step:
    """One step whose file is `01-a.md`."""
    with tempfile.TemporaryDirectory() as folder:
        return lesson(Path(folder), {"01-a.md": text}, scope).steps[0]


def refused(text: str, scope: Scope = OPEN) -> list[str]:
    """The problems of one step, without the folder."""
    with tempfile.TemporaryDirectory() as folder, pytest.raises(Invalid) as caught:
        lesson(Path(folder), {"01-a.md": text}, scope)
    return [line.removeprefix(f"{folder}/") for line in caught.value.problems]
