"""Scenarios of Killercoda, and of Katacoda before it: `index.json`, Markdown steps, and shell scripts.

A mark after code, `{{exec}}` or `{{copy}}`, makes it an action; `verify` of a step is a check; `>>Q1: … <<` is a
quiz. https://killercoda.com/creators
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from podlab.errors import Invalid, NotFound
from podlab.lesson.importers.clean import Cleaner, escape
from podlab.lesson.importers.draft import Draft, Page
from podlab.lesson.importers.loss import Report
from podlab.lesson.importers.markdown import (
    Fence,
    Line,
    details,
    fence,
    has_variable,
    parts,
    quiz,
    quoted,
    read_text,
    shown,
)
from podlab.lesson.importers.naming import name_of

_INDEX: Final = "index.json"
_OF_THE_SITE: Final = (
    "title",
    "description",
    "details",
    "backend",
    "difficulty",
    "time",
    "icon",
    "pathwayTitle",
)
_OF_A_STEP: Final = ("title", "text", "verify", "foreground", "background", "code", "courseData", "assets")
_INLINE = re.compile(r"`([^`]+)`\s*\{\{\s*([^}]*?)\s*\}\}")
_PORT = re.compile(r"\{\{TRAFFIC_HOST\d_(\d+)\}\}")
_OLD_PORT = re.compile(
    r"https?://\[\[HOST\d?_?SUBDOMAIN\]\]-(\d+)-\[\[KATACODA_HOST\]\]\.environments\.katacoda\.com(?::\d+)?"
)
_OTHER = re.compile(r"\{\{[A-Z][A-Z0-9_]*\}\}|\[\[[A-Z][A-Z0-9_]*\]\]")
_OTHER_LINK = re.compile(r"\[([^\]]*)\]\((?:\{\{[A-Z][A-Z0-9_]*\}\}|\[\[[A-Z][A-Z0-9_]*\]\])[^)]*\)")
_QUESTION = re.compile(r"^\s*>>\s*(?:Q\w+\s*:?)?\s*(.*?)\s*<<\s*$")
_CHOICE = re.compile(r"^\s*([(\[])\s*([*xX]?)\s*[)\]]\s*(.*)$")
_TYPED = re.compile(r"^\s*=(?:==|~=|\^=)\s*(.*)$")


def read(source: Path) -> Draft:
    """The scenario in a folder, or of its `index.json`. `NotFound` where there is none, `Invalid` where it is not
    JSON."""
    index = source / _INDEX if source.is_dir() else source
    if not index.is_file():
        raise NotFound(f"no {_INDEX} in {source}", subject=str(source))
    text = read_text(index)
    try:
        data = json.loads(text)
    except ValueError as error:
        raise Invalid(f"{index} is not JSON: {error}", subject=str(index)) from error
    if not isinstance(data, dict) or not isinstance(data.get("details"), dict):
        raise Invalid(f"{index} is no scenario: it has no 'details'", subject=str(index))
    scenario = _Scenario(index, text)
    scenario.read(data)
    return Draft(
        name=name_of(index.parent), title=str(data.get("title") or index.parent.name), pages=tuple(scenario.pages),
        report=scenario.report, terminals=tuple(f"tab{n}" for n in range(1, scenario.tabs + 1)),
        previews={f"port-{port}": port for port in sorted(scenario.ports)}, files=scenario.files,
    )  # fmt: skip


@dataclass(slots=True)
class _Scenario:
    index: Path
    text: str
    report: Report = field(default_factory=Report)
    pages: list[Page] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)
    ports: set[int] = field(default_factory=set)
    tabs: int = 1

    def read(self, data: Mapping[str, Any]) -> None:
        details = data["details"]
        for key, value in data.items():
            if key not in _OF_THE_SITE:
                self._lose_key(key, f"{key!r} has no place in a lesson: {json.dumps(value)[:80]}")
        image = (data.get("backend") or {}).get("imageid")
        if image:
            self._lose_key(str(image), f"the machine {image!r}: a seat is a pod; see its podlab.yaml")
        for key in ("intro", "steps", "finish"):
            found = details.get(key)
            for step in found if isinstance(found, list) else [found]:
                if isinstance(step, dict):
                    self._step(step, key)
        for file in _assets(details.get("assets")):
            name, target = file.get("file"), file.get("target")
            self._lose_key(str(name), f"the asset {name!r} is not put into the seat, at {target!r}")

    def _step(self, step: Mapping[str, Any], kind: str) -> None:
        usual = {"intro": "Introduction", "finish": "The end"}.get(kind, f"Step {len(self.pages) + 1}")
        title = str(step.get("title") or usual)
        made = []
        for key in ("background", "courseData", "foreground", "code"):
            if script := self._script(step, key):
                made.append(":::hint Prepare this step\n" + fence(script[1], "sh {run}") + "\n:::\n")
                self._lose_key(
                    str(step[key]), f"the {key} script {script[0]} ran by itself; it is a command now"
                )
        if text := self._file(step.get("text")):
            made.append(self._markdown(text))
        if script := self._script(step, "verify"):
            language = "bash" if "bash" in script[1].partition("\n")[0] else "sh"
            body = re.sub(r"\A#!.*\n", "", script[1])
            made.append(fence(body, f"{language} {{check={quoted(title)} opens-next}}"))
            self.report.carry("checks")
        for key in step:
            if key not in _OF_A_STEP:
                self._lose_key(key, f"{key!r} of a step has no place in a lesson")
        if made:
            self.pages.append(Page(title, "\n".join(made)))
            self.report.carry("steps")

    def _file(self, name: object) -> Path | None:
        if not name:
            return None
        file = self.index.parent / str(name)
        if file.is_file() and file.resolve().is_relative_to(self.index.parent.resolve()):
            return file
        self._lose_key(str(name), f"no such file: {name}")
        return None

    def _script(self, step: Mapping[str, Any], key: str) -> tuple[str, str] | None:
        file = self._file(step.get(key))
        return (str(step[key]), read_text(file)) if file and read_text(file).strip() else None

    def _lose_key(self, said: str, message: str) -> None:
        at = self.text.find(f'"{said}"')
        self.report.lose(str(self.index), self.text.count("\n", 0, max(at, 0)) + 1, message)

    def _markdown(self, file: Path) -> str:
        cleaner = Cleaner(file, (file.parent, self.index.parent), self.report, self.files)
        lines: list[str] = []
        blocks = list(parts(details(read_text(file))))
        at = 0
        while at < len(blocks):
            part = blocks[at]
            at += 1
            if isinstance(part, Fence):
                lines.append(self._fence(part, cleaner))
            elif match := _QUESTION.match(part.text):
                at = self._quiz(match[1], blocks, at, lines, cleaner)
            else:
                lines += self._line(part, cleaner)
        return "\n".join(lines)

    def _fence(self, part: Fence, cleaner: Cleaner) -> str:
        action = re.sub(r"[{}]", "", part.tail).strip().lower()
        return fence(part.text, self._info(part.text, action, part.info, part.number, cleaner), part.indent)

    def _info(self, text: str, action: str, language: str, line: int, cleaner: Cleaner) -> str:
        word, _, rest = action.partition(" ")
        if word in ("exec", "execute"):
            self.report.carry("commands")
            tab = re.search(r"\bt(\d)", rest)
            if "interrupt" in rest:
                cleaner.lose(line, "the command stopped what ran before it; press Ctrl-C first")
            if "host2" in rest:
                cleaner.lose(line, "the command ran on a second machine; it runs in the seat")
            if tab:
                self.tabs = max(self.tabs, int(tab[1]))
            return f"sh {{run=tab{tab[1] if tab else 1}}}"
        if word == "copy":
            self.report.carry("blocks to copy")
            return f"{shown('', language)} {{copy{' raw' if has_variable(text) else ''}}}".strip()
        if word:
            cleaner.lose(line, f"the action {action!r} is not known; the code is shown")
        return shown(text, language)

    def _line(self, part: Line, cleaner: Cleaner) -> Iterator[str]:
        """The line, and below it as blocks what was to be run in the middle of it."""
        commands = [
            (code, action) for code, action in _INLINE.findall(part.text) if action.lower().startswith("exec")
        ]
        text = part.text
        if any(action.lower().startswith("copy") for _, action in _INLINE.findall(text)):
            cleaner.lose(part.number, "code in the middle of a line has no button to copy it")
        text = _INLINE.sub(r"`\1`", text)
        alone = bool(commands) and re.fullmatch(r"[ \t]*`[^`]+`[ \t]*", text) is not None
        if commands and not alone:
            cleaner.lose(part.number, "commands in the middle of a line stand below it now")
        if not alone:
            yield cleaner.clean(self._ports(escape(text), part.number, cleaner), part.number)
        for code, action in commands:
            indent = re.match(r"[ \t]*", part.text)[0]  # type: ignore[index]
            yield (
                "\n" + fence(code, self._info(code, action.lower(), "", part.number, cleaner), indent) + "\n"
            )

    def _ports(self, text: str, line: int, cleaner: Cleaner) -> str:
        def preview(match: re.Match[str]) -> str:
            self.ports.add(int(match[1]))
            self.report.carry("links to ports")
            return f"{{{{preview.port-{match[1]}}}}}"

        text = _OLD_PORT.sub(preview, _PORT.sub(preview, text))
        for name in _OTHER.findall(text):
            cleaner.lose(line, f"the variable {name} has no value in a seat")
        return _OTHER_LINK.sub(r"\1", text)

    def _quiz(
        self, question: str, blocks: list[Fence | Line], at: int, lines: list[str], cleaner: Cleaner
    ) -> int:
        number = blocks[at - 1].number
        choices: list[tuple[str, bool]] = []
        is_multiple = False
        while at < len(blocks) and isinstance(part := blocks[at], Line):
            if typed := _TYPED.match(part.text):
                cleaner.lose(number, f"an answer was to be typed, {typed[1]!r}; the question is text now")
                lines += ["", cleaner.clean(escape(question), number), ""]
                return at + 1
            if match := _CHOICE.match(part.text):
                is_multiple |= match[1] == "["
                choices.append((cleaner.clean(escape(match[3]), part.number), bool(match[2])))
            elif choices or part.text.strip():
                break
            at += 1
        if len(choices) < 2 or not any(right for _, right in choices):
            cleaner.lose(number, "a quiz without a right answer, or with one choice, became text")
            lines += [
                "",
                cleaner.clean(escape(question), number),
                "",
                *(f"- {text}" for text, _ in choices),
                "",
            ]
            return at
        lines += ["", quiz(cleaner.clean(escape(question), number), choices, is_multiple=is_multiple), ""]
        self.report.carry("quizzes")
        return at


def _assets(assets: object) -> Iterator[Mapping[str, Any]]:
    """Those of every host: `{"host01": [{"file": …, "target": …}]}`."""
    for files in assets.values() if isinstance(assets, dict) else ():
        yield from (file for file in files if isinstance(file, dict))
