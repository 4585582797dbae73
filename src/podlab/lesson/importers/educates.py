"""Workshops of Educates: `workshop/content/*.md`, whose code blocks are actions with a YAML body.

https://docs.educates.dev/en/stable/workshop-content/workshop-instructions.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from podlab.errors import NotFound
from podlab.lesson.importers.clean import Cleaner, escape
from podlab.lesson.importers.draft import Draft, Page
from podlab.lesson.importers.educates_actions import Actions
from podlab.lesson.importers.educates_files import Definition, definition, order
from podlab.lesson.importers.front_matter import front_matter
from podlab.lesson.importers.loss import Report
from podlab.lesson.importers.markdown import Fence, details, fence, parts, read_text, shown
from podlab.lesson.importers.naming import name_of

_PARAM = re.compile(r"\{\{[<%]\s*param\s+\"?(\w+)\"?\s*[>%]\}\}|%(\w+)%|\{\{\s*(\w+)\s*\}\}")
_INGRESS = re.compile(
    r"(?:\{\{<\s*param\s+ingress_protocol\s*>\}\}|%ingress_protocol%|https?)://"
    r"([a-z0-9-]+?)-(?:\{\{<\s*param\s+session_(?:name|hostname|namespace)\s*>\}\}|%session_(?:name|hostname|namespace)%)"
    r"(?:\.(?:\{\{<\s*param\s+ingress_domain\s*>\}\}|%ingress_domain%))?"
    r"(?:\{\{<\s*param\s+ingress_port_suffix\s*>\}\}|%ingress_port_suffix%)?"
)
_SHORTCODE = re.compile(r"\{\{[<%]\s*(/?)\s*([\w-]+)([^>%]*)[>%]\}\}")
_VARIABLES: Final = {
    "session_name": "{{ seat.name }}", "session_id": "{{ seat.name }}", "session_hostname": "{{ seat.name }}",
    "workshop_name": "{{ workshop.name }}", "workshop_title": "{{ workshop.title }}",
}  # fmt: skip
_ADMONITIONS: Final = {
    "note": "note",
    "info": "note",
    "tip": "tip",
    "warning": "warning",
    "danger": "warning",
}


def read(source: Path) -> Draft:
    """The workshop in a folder. `NotFound` where it has no content."""
    content = next(
        (f for f in (source / "workshop" / "content", source / "content", source) if f.is_dir()), source
    )
    report = Report()
    found = definition(source, report)
    pages = order(source, content, report)
    if not pages:
        raise NotFound(f"no Markdown in {content}", subject=str(source))
    workshop = _Workshop(source, found, report)
    for file, title in pages:
        workshop.add(file, title)
    return Draft(
        name=name_of(source), title=found.title or workshop.pages[0].title, pages=tuple(workshop.pages), report=report,
        terminals=tuple(f"terminal-{n}" for n in range(1, workshop.sessions + 1)),
        previews={name: found.ingresses[name] for name in sorted(workshop.previews)}, files=workshop.files,
    )  # fmt: skip


@dataclass(slots=True)
class _Workshop:
    source: Path
    definition: Definition
    report: Report
    pages: list[Page] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)
    previews: set[str] = field(default_factory=set)
    sessions: int = 1

    def add(self, file: Path, title: str) -> None:
        head, body = front_matter(read_text(file))
        cleaner = Cleaner(file, (file.parent, self.source), self.report, self.files)
        actions = Actions(self.source / "workshop" / "examiner" / "tests", cleaner, self.report)
        lines = []
        for part in parts(details(body)):
            if isinstance(part, Fence):
                kind = part.info.partition(" ")[0]
                text = self._filled(part.text, part.number, cleaner, is_code=True)
                made = actions.block(kind, text, part.number) if actions.knows(kind) else None
                if made is None:
                    made = fence(text, shown(part.text, kind))
                lines.append("\n".join(part.indent + line if line else "" for line in made.split("\n")))
            else:
                text = self._filled(part.text, part.number, cleaner)
                lines.append(cleaner.clean(self._shortcodes(text, part.number, cleaner), part.number))
        lines += actions.ended()
        self.sessions = max(self.sessions, actions.sessions)
        name = title or head.get("title") or file.stem
        if "".join(lines).strip():
            self.pages.append(Page(self._filled(name, 1, cleaner), "\n".join(lines)))
            self.report.carry("steps")

    def _filled(self, text: str, line: int, cleaner: Cleaner, *, is_code: bool = False) -> str:
        """With our variables in the place of theirs."""

        def address(match: re.Match[str]) -> str:
            if match[1] not in self.definition.ingresses:
                return match[0]
            self.previews.add(match[1])
            self.report.carry("links to ports")
            return f"{{{{preview.{match[1]}}}}}"

        def variable(match: re.Match[str]) -> str:
            name = match[1] or match[2] or match[3]
            if name in _VARIABLES:
                return _VARIABLES[name]
            if not match[1] and name not in self.definition.variables:
                return match[0]  # text that only looks like one
            cleaner.lose(line, f"the variable {name} has no value in a seat")
            return f"${name.upper()}"

        text = text if is_code else escape(text)
        return _PARAM.sub(variable, _INGRESS.sub(address, text))

    def _shortcodes(self, text: str, line: int, cleaner: Cleaner) -> str:
        def block(match: re.Match[str]) -> str:
            if kind := _ADMONITIONS.get(match[2]):
                return ":::" if match[1] else f":::{kind}"
            cleaner.lose(line, f"Hugo's {match[0][:60]} is left out")
            return ""

        made = _SHORTCODE.sub(block, text)
        before, mark, after = made.partition(":::")
        if mark and (before.strip() or (after.strip() and not re.fullmatch(r"[a-z]+", after))):
            cleaner.lose(line, "a block on one line with other text became a paragraph")
            return re.sub(r":::(?:[a-z]+)?", "", made)
        return made
