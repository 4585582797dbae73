"""Educates' clickable actions: a code block whose language is the action and whose body is YAML."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from podlab.lesson.importers.clean import Cleaner
from podlab.lesson.importers.educates_files import plain
from podlab.lesson.importers.loss import Report
from podlab.lesson.importers.markdown import fence, has_variable, quoted, read_text
from podlab.manifest.report import Report as Problems

_OLD: Final = re.compile(r"execute(?:-(\d|all))?|copy(?:-and-edit)?")
_GROUPS: Final = (
    "terminal:",
    "workshop:",
    "files:",
    "examiner:",
    "section:",
    "dashboard:",
    "editor:",
    "request:",
)
_KEY: Final = re.compile(r"(\w+):[ \t]*(.*?)[ \t]*")
_MOST_SECTIONS: Final = 6


@dataclass(slots=True)
class Actions:
    """Of one page. `sessions`: the highest number of a terminal that was named."""

    tests: Path
    cleaner: Cleaner
    report: Report
    sessions: int = 1
    _open: int = field(default=0)

    def knows(self, kind: str) -> bool:
        return kind.startswith(_GROUPS) or _OLD.fullmatch(kind) is not None

    def block(self, kind: str, text: str, line: int) -> str:
        """What takes the action's place in a lesson; empty where nothing can."""
        if match := _OLD.fullmatch(kind):
            if kind.startswith("copy"):
                return self._copy(text)
            return self._run(text, match[1] or "1", line)
        body = _body(text)
        for key in ("cascade", "hidden", "clear"):
            if body.get(key) is True:
                self.cleaner.lose(line, f"'{key}' of {kind} has no counterpart")
        if body.get("autostart") is True and kind != "examiner:execute-test":
            self.cleaner.lose(line, f"{kind} started by itself; it waits for a click now")
        made = _ACTIONS.get(kind, _lost)(self, kind, body, line)
        return made.strip("\n")

    def ended(self) -> list[str]:
        """What closes the sections that the page left open."""
        return [self.end() for _ in range(self._open)]

    def begin(self, title: str) -> str:
        self._open += 1
        return f"{self._mark()}hint {' '.join(title.split())}".rstrip()

    def end(self) -> str:
        if not self._open:
            return ""
        mark = self._mark()
        self._open -= 1
        return mark

    def _mark(self) -> str:
        """An inner block's mark is shorter than that of the block around it."""
        return ":" * (3 + max(0, _MOST_SECTIONS - self._open))

    def _run(self, command: str, session: str, line: int) -> str:
        if session == "all":
            self.cleaner.lose(line, "the command ran in all terminals; it runs in the first")
            session = "1"
        if session.isdigit() and 0 < int(session) < 10:
            self.sessions = max(self.sessions, int(session))
        else:
            self.cleaner.lose(line, f"the terminal {session!r} became the first one")
            session = "1"
        self.report.carry("commands")
        return fence(command, f"sh {{run=terminal-{session}}}")

    def _copy(self, text: str) -> str:
        self.report.carry("blocks to copy")
        return fence(text, "{copy}" if not has_variable(text) else "{copy raw}")

    def execute(self, kind: str, body: Mapping[str, Any], line: int) -> str:
        session = "all" if kind.endswith("-all") else str(body.get("session") or 1)
        command = body.get("command") if "command" in body else body.get("text")
        if not isinstance(command, str | int) or not str(command).strip():
            self.cleaner.lose(line, f"{kind} without a command that can be read is left out")
            return ""
        if body.get("endl") is False:
            self.cleaner.lose(line, "the input was not ended by Enter; it is now")
        return self._run(str(command), session, line)

    def copy(self, kind: str, body: Mapping[str, Any], line: int) -> str:
        return self._copy(str(body.get("text") or ""))

    def test(self, kind: str, body: Mapping[str, Any], line: int) -> str:
        title = str(body.get("title") or body.get("name") or "")
        script = self.tests / str(body.get("name") or "")
        if (
            not script.is_file()
            or not script.resolve().is_relative_to(self.tests.resolve())
            or body.get("inputs")
        ):
            why = "asks for input" if body.get("inputs") else f"has no script {script}"
            self.cleaner.lose(line, f"the test {title!r} {why}; it is left out")
            return ""
        text = read_text(script)
        first = text.partition("\n")[0]
        if first.startswith("#!") and not re.search(r"\b(?:ba)?sh\b", first):
            self.cleaner.lose(line, f"the test {title!r} is no shell script ({first}); it is left out")
            return ""
        arguments = " ".join(shlex.quote(str(each)) for each in body.get("args") or ())
        script_text = (f"set -- {arguments}\n" if arguments else "") + re.sub(r"\A#!.*\n", "", text)
        auto = " auto" if body.get("autostart") is True or body.get("retries") not in (None, 0) else ""
        timeout = body.get("timeout")
        limit = f" timeout={timeout}s" if isinstance(timeout, int) and timeout > 0 else ""
        self.report.carry("checks")
        language = "bash" if "bash" in first else "sh"
        return fence(script_text, f"{language} {{check={quoted(title)}{auto}{limit}}}")

    def section(self, kind: str, body: Mapping[str, Any], line: int) -> str:
        title = str(body.get("title") or "")
        if kind == "section:heading":
            return f"### {title}" if title else ""
        self.report.carry("sections") if kind == "section:begin" else None
        return self.begin(title) if kind == "section:begin" else self.end()

    def file(self, kind: str, body: Mapping[str, Any], line: int) -> str:
        path = str(body.get("path") or body.get("file") or "")
        if not path or kind.startswith("files:upload"):
            self.cleaner.lose(line, f"{kind} has no counterpart in a page; use the seat's files")
            return f"Upload `{path}` to your seat." if path else ""
        self.cleaner.lose(line, f"{kind} became a command that prints the file")
        return self._run(f"cat {_path(path)}", "1", line)

    def write(self, kind: str, body: Mapping[str, Any], line: int) -> str:
        path, text = str(body.get("file") or ""), body.get("text")
        if not path or not isinstance(text, str):
            return _lost(self, kind, body, line)
        self.cleaner.lose(line, f"{kind} became a command that writes the file")
        redirect = ">" if kind == "editor:create-file" else ">>"
        return self._run(f"cat {redirect} {_path(path)} <<'END'\n{text.rstrip()}\nEND", "1", line)

    def link(self, kind: str, body: Mapping[str, Any], line: int) -> str:
        url = str(body.get("url") or "")
        if not url.startswith(("http://", "https://", "{{preview.")):
            return _lost(self, kind, body, line)
        return self.cleaner.clean(f"[{body.get('name') or body.get('title') or url}]({url})", line)


def _lost(actions: Actions, kind: str, body: Mapping[str, Any], line: int) -> str:
    said = ", ".join(
        f"{key}: {str(value)[:60]}" for key, value in body.items() if key not in ("title", "prefix")
    )
    actions.cleaner.lose(line, f"{kind} is left out ({said})" if said else f"{kind} is left out")
    return ""


_Action = Callable[[Actions, str, Mapping[str, Any], int], str]
_ACTIONS: Final[Mapping[str, _Action]] = {
    "terminal:execute": Actions.execute, "terminal:execute-all": Actions.execute, "terminal:input": Actions.execute,
    "workshop:copy": Actions.copy, "workshop:copy-and-edit": Actions.copy,
    "examiner:execute-test": Actions.test,
    "section:begin": Actions.section, "section:end": Actions.section, "section:heading": Actions.section,
    "files:copy-file": Actions.file, "files:download-file": Actions.file,
    "files:upload-file": Actions.file, "files:upload-files": Actions.file, "editor:open-file": Actions.file,
    "editor:create-file": Actions.write, "editor:append-lines-to-file": Actions.write,
    "dashboard:open-url": Actions.link, "dashboard:create-dashboard": Actions.link,
    "dashboard:reload-dashboard": Actions.link,
}  # fmt: skip


def _path(path: str) -> str:
    """For a shell, with its `~/` left to it."""
    return f"~/{shlex.quote(path[2:])}" if path.startswith("~/") else shlex.quote(path)


def _body(text: str) -> Mapping[str, Any]:
    """The YAML body. Where it is none, `command: a: b` for instance, each line is a key and the words after it."""
    from podlab.manifest.yaml import parse

    problems = Problems("")
    documents = parse(text.encode(), problems)
    found = plain(documents[0]) if documents and not problems else None
    if isinstance(found, dict):
        return found
    lines = [_KEY.fullmatch(line) for line in text.splitlines() if line.strip()]
    if all(lines):
        return {match[1]: match[2] for match in lines if match}
    match = re.match(r"\s*(\w+):[ \t]*(.+?)\s*\Z", text, re.DOTALL)
    return {match[1]: match[2]} if match else {}
