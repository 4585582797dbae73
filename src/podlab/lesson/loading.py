"""A folder of steps, or one step's file, to a lesson: all of it, or everything that is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from podlab.errors import Denied, NotFound
from podlab.lesson.head import read_head, split
from podlab.lesson.identity import Ids, step_id
from podlab.lesson.index import INDEX_FILE, Entry, Index, read_index
from podlab.lesson.lesson import Lesson, Prose, Step, StepId
from podlab.lesson.links import Links
from podlab.lesson.scope import OPEN, Scope
from podlab.manifest.report import Report, raise_problems
from podlab.manifest.sources import sources
from podlab.manifest.text import decode

_STEP = re.compile(r"(\d+)[-_. ]*.*\.md", re.IGNORECASE)
_RECIPE = re.compile(
    r"(?:.*\.)?(?:dockerfile|containerfile)(?:\..*)?|(?:docker-)?compose(?:\..*)?\.ya?ml", re.IGNORECASE
)
_HEADING = re.compile(r"\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|\Z)")


def load(path: str | Path, scope: Scope = OPEN) -> Lesson:
    """Read a folder of `NN-name.md`, or one such file. With the workshop's `scope`, names are checked, too.

    `Invalid` has every problem of every file in `problems`; `NotFound` and `Denied` tell what cannot be read.
    """
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    reports: list[Report] = []
    index = _index(path, folder, reports)
    pages = _pages(folder, index, reports)
    links = Links(folder, scope, {page.file: page.id for page in pages})
    steps = tuple(_step(page, folder, links, scope, reports) for page in pages)
    raise_problems(reports)
    own_title = steps[0].title if len(steps) == 1 else folder.resolve().name
    return Lesson(
        title=index.title or scope.title or own_title,
        steps=steps,
        assets=tuple(links.assets[name] for name in sorted(links.assets)),
        recipes=_recipes(folder) if path.is_dir() else (),
        warnings=tuple(line for report in reports for line in report.warnings()),
    )


def _recipes(folder: Path) -> tuple[Path, ...]:
    root = folder.resolve()
    found = (file for file in folder.rglob("*") if _RECIPE.fullmatch(file.name) and file.is_file())
    return tuple(sorted(file for file in found if file.resolve().is_relative_to(root)))


@dataclass(frozen=True, slots=True)
class _Page:
    file: str
    title: str | None
    id: StepId


def _index(path: Path, folder: Path, reports: list[Report]) -> Index:
    if not path.is_dir():
        return Index(steps=(Entry(file=path.name),))
    try:
        names = sorted(file.name for file in path.iterdir() if file.suffix.lower() == ".md")
    except PermissionError as error:
        raise Denied(f"cannot read {path}: you may not", subject=str(path)) from error
    if (folder / INDEX_FILE).is_file():
        report = Report(str(folder / INDEX_FILE))
        reports.append(report)
        return read_index(folder / INDEX_FILE, names, report)
    steps = [name for name in names if _STEP.fullmatch(name)]
    for name in names:
        if name not in steps and name.lower() != "readme.md":
            report = Report(str(folder / name))
            reports.append(report)
            report.problem(1, 1, (), f"no step: name it as 03-{name}, or list the steps in {INDEX_FILE}")
    if not names:
        raise NotFound(f"no step in {path}: it needs files such as 01-start.md", subject=str(path))
    steps.sort(key=lambda name: (int(name[: len(name) - len(name.lstrip("0123456789"))]), name))
    return Index(steps=tuple(Entry(file=name) for name in steps))


def _pages(folder: Path, index: Index, reports: list[Report]) -> list[_Page]:
    pages: list[_Page] = []
    for entry in index.steps:
        made = StepId(step_id(entry.file))
        if other := next((page for page in pages if page.id == made), None):
            report = Report(str(folder / entry.file))
            reports.append(report)
            report.problem(1, 1, (), f"{other.file} has the same name but for its number; rename one")
        pages.append(_Page(entry.file, entry.title, made))
    return pages


def _step(page: _Page, folder: Path, links: Links, scope: Scope, reports: list[Report]) -> Step:
    from podlab.lesson.step import read_step

    report = Report(str(folder / page.file))
    reports.append(report)
    text = ""
    for source in sources(folder / page.file):
        text = (
            (decode(source.data, report, language="Markdown") or "").replace("\r\n", "\n").replace("\r", "\n")
        )
    yaml, body = split(text)
    title = page.title or read_head(yaml, report).title
    if title is None and (heading := _HEADING.match(body)):
        title = heading[1]
        body = "\n" * heading[0].count("\n") + body[heading.end() :]
    if not report and not body.strip():
        report.problem(1, 1, (), "the step is empty")
    if report:
        return Step(id=page.id, title="", source_file=page.file, elements=(), body=Prose("", ()))
    return read_step(
        page.id, title or _title(page.file), page.file, body, report=report, scope=scope, links=links,
        ids=Ids(page.id),
    )  # fmt: skip


def _title(file: str) -> str:
    words = step_id(file).replace("-", " ")
    return words[:1].upper() + words[1:]
