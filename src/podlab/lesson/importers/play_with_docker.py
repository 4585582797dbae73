"""Tutorials of training.play-with-docker.com: Jekyll posts in kramdown.

A code block `.term1` runs in that terminal; `{:data-port="80"}` after a link leads to a port; a list after
`{:.quiz}` is a quiz. Their page graded several right answers wrong; here they are right.
https://github.com/play-with-docker/play-with-docker.github.io
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from podlab.errors import NotFound
from podlab.lesson.importers.clean import Cleaner, escape
from podlab.lesson.importers.draft import Draft, Page
from podlab.lesson.importers.front_matter import front_matter
from podlab.lesson.importers.loss import Report
from podlab.lesson.importers.markdown import Fence, Line, details, fence, parts, quiz, read_text, shown
from podlab.lesson.importers.naming import name_of

_ENDINGS: Final = (".md", ".markdown")
_OF_THE_SITE: Final = ("layout", "title", "terms", "date", "img", "published", "permalink", "type")
_TERMINAL = re.compile(r"\.term(\d+)")
_LIST = r"\{:\s*[^}]*\}"
_PORT_LINK = re.compile(rf"\[([^\]]*)\]\(([^)\s]*)\)((?:{_LIST})+)")
_PORT = re.compile(r"data-port=[\"'](\d+)[\"']")
_ATTRIBUTES = re.compile(_LIST)
_QUIZ = re.compile(r"^\s*\{:\s*\.quiz\s*\}\s*$")
_CHOICE = re.compile(r"^\s*[-*+]\s+([(\[])([ xX]?)[)\]]\s*(.*)$")
_LIQUID = re.compile(r"\{%.*?%\}|\{\{\s*(?:site|page)\.[^}]*\}\}")


def read(source: Path) -> Draft:
    """A post, or a folder of them in the order of their names. Each heading `##` begins a step. `NotFound` where
    there is no Markdown."""
    files = sorted(f for f in source.iterdir() if f.suffix in _ENDINGS) if source.is_dir() else [source]
    if not files:
        raise NotFound(f"no Markdown in {source}", subject=str(source))
    tutorial = _Tutorial(source if source.is_dir() else source.parent)
    for file in files:
        tutorial.add(file)
    title = tutorial.pages[0].title
    return Draft(
        name=name_of(source), title=tutorial.title or title, pages=tuple(tutorial.pages), report=tutorial.report,
        terminals=tuple(f"term{n}" for n in range(1, tutorial.terminals + 1)),
        previews={f"port-{port}": port for port in sorted(tutorial.ports)}, files=tutorial.files,
    )  # fmt: skip


@dataclass(slots=True)
class _Tutorial:
    folder: Path
    title: str = ""
    report: Report = field(default_factory=Report)
    pages: list[Page] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)
    ports: set[int] = field(default_factory=set)
    terminals: int = 1

    def add(self, file: Path) -> None:
        head, body = front_matter(read_text(file))
        site = next(
            (up for up in self.folder.resolve().parents if (up / "_config.yml").is_file()), self.folder
        )
        cleaner = Cleaner(file, (self.folder, site), self.report, self.files)
        title = head.get("title") or file.stem
        self.title = self.title or title
        if (terms := head.get("terms", "")).isdigit():
            self.terminals = max(self.terminals, int(terms))
            if int(terms) > 1:
                cleaner.lose(
                    1, f"terms: {terms}: they were machines of their own; here they are terminals of one seat"
                )
        for key in head:
            if key not in _OF_THE_SITE:
                cleaner.lose(1, f"{key!r} of the front matter has no place in a lesson")
        lines: list[str] = []
        blocks = list(parts(details(body)))
        at = 0
        while at < len(blocks):
            part = blocks[at]
            at += 1
            if isinstance(part, Fence):
                lines.append(self._fence(part, cleaner))
            elif _QUIZ.match(part.text):
                at = self._quiz(blocks, at, lines, cleaner)
            elif part.text.startswith("## "):
                self._page(title, lines)
                title, lines = cleaner.clean(part.text[3:].strip(" #"), part.number), []
            else:
                lines.append(self._line(part, cleaner))
        self._page(title, lines)

    def _page(self, title: str, lines: list[str]) -> None:
        if "".join(lines).strip():
            self.pages.append(Page(title, "\n".join(lines)))
            self.report.carry("steps")

    def _fence(self, part: Fence, cleaner: Cleaner) -> str:
        if not (found := _TERMINAL.findall(part.info)):
            return fence(part.text, shown(part.text, part.info), part.indent)
        if len(found) > 1:
            cleaner.lose(part.number, f"the command ran in several terminals; it runs in term{found[0]}")
        self.terminals = max(self.terminals, *map(int, found))
        self.report.carry("commands")
        return fence(part.text, f"sh {{run=term{found[0]}}}", part.indent)

    def _line(self, part: Line, cleaner: Cleaner) -> str:
        text = part.text
        for tag in _LIQUID.findall(text):
            cleaner.lose(part.number, f"Jekyll's {tag[:60]} is left out")
        text = escape(_LIQUID.sub("", text))
        text = _PORT_LINK.sub(self._port_link, text)
        for attributes in _ATTRIBUTES.findall(text):
            cleaner.lose(part.number, f"kramdown's {attributes[:60]} is left out")
        if re.fullmatch(r"\s*[-*] (?:TOC|toc)\s*", text):
            return ""
        return cleaner.clean(_ATTRIBUTES.sub("", text), part.number)

    def _port_link(self, match: re.Match[str]) -> str:
        port = _PORT.search(match[3])
        if port is None:
            return match[0]
        self.ports.add(int(port[1]))
        self.report.carry("links to ports")
        return f"[{match[1]}]({{{{preview.port-{port[1]}}}}}{match[2]})"

    def _quiz(self, blocks: list[Fence | Line], at: int, lines: list[str], cleaner: Cleaner) -> int:
        """Write the quiz that begins at `at`; returns where it ends."""
        first = blocks[at].number if at < len(blocks) else 1
        question: list[str] = []
        choices: list[tuple[str, bool]] = []
        brackets = ""
        while at < len(blocks) and isinstance(part := blocks[at], Line):
            match = _CHOICE.match(part.text)
            if match:
                brackets += match[1]
                choices.append((self._line(Line(part.number, match[3]), cleaner), match[2] in ("x", "X")))
            elif choices or part.text.startswith("#") or _QUIZ.match(part.text):
                break
            else:
                question.append(self._line(part, cleaner).strip())
            at += 1
        right = sum(is_right for _, is_right in choices)
        if right and len(choices) > 1:
            if right > 1 and "(" in brackets:
                cleaner.lose(
                    first, f"{right} answers of a quiz with '( )' are right; any number can be ticked now"
                )
            lines += ["", quiz(" ".join(question), choices, is_multiple="[" in brackets), ""]
            self.report.carry("quizzes")
        else:
            cleaner.lose(first, "a quiz without a right answer, or with one choice, became text")
            lines += ["", " ".join(question), "", *(f"- {text}" for text, _ in choices), ""]
        return at
