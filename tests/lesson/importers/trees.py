"""Sources in other formats, written for tests, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from podlab.lesson import Lesson, load_workshop
from podlab.lesson.importers import Draft, importer, write
from podlab.manifest.workshop import Workshop


@dataclass(frozen=True)
class Imported:
    draft: Draft
    workshop: Workshop
    lesson: Lesson
    source: Path
    folder: Path

    @property
    def losses(self) -> list[str]:
        """Without the source's folder."""
        return [str(loss).removeprefix(f"{self.source}/") for loss in sorted(self.draft.report.losses)]

    def text(self, step: int) -> str:
        """The Markdown of a step, without front matter and outer empty lines."""
        page = sorted((self.folder / "lesson").glob("*.md"))[step].read_text()
        return page.partition("\n---\n")[2].strip("\n")


def tree(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def imported(format_: str, folder: Path, files: dict[str, str], source: str = "") -> Imported:
    """Reads, writes, and loads with no problem: what an import makes is a right workshop."""
    root = tree(folder / "source", files)
    draft = importer(format_).read(root / source)
    write(draft, folder / "made")
    workshop, lesson = load_workshop(folder / "made")
    return Imported(draft, workshop, lesson, root, folder / "made")
