"""What the formats have in common: lines of text and code blocks, and how ours are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from podlab.errors import Denied, NotFound, Unavailable
from podlab.lesson.variables import VARIABLE

_OPENING = re.compile(
    r"^(?P<indent>[ \t>]*(?:[-*+] |\d+[.)] )?[ \t]*)(?P<marker>`{3,}|~{3,})(?P<info>[^`]*)$"
)


_LANGUAGE = re.compile(r"[A-Za-z][A-Za-z0-9_+#.-]*")
_DETAILS = re.compile(
    r"^[ \t]*<details[^>]*>\s*<summary[^>]*>((?:(?!<summary).)*?)</summary>[ \t]*$",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_DETAILS_END = re.compile(r"^[ \t]*</details>[ \t]*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Fence:
    """`tail` is what follows the closing line's mark, as Killercoda's `{{exec}}`."""

    number: int
    indent: str
    info: str
    text: str
    tail: str = ""


def read_text(file: Path) -> str:
    """`NotFound`, `Denied` or `Unavailable` where it cannot be read. What is no UTF-8 becomes a mark."""
    try:
        text = file.read_text(encoding="utf-8-sig", errors="replace")
    except FileNotFoundError as error:
        raise NotFound(f"no such file: {file}", subject=str(file)) from error
    except PermissionError as error:
        raise Denied(f"cannot read {file}: you may not", subject=str(file)) from error
    except OSError as error:
        raise Unavailable(f"cannot read {file}: {error.strerror}", subject=str(file)) from error
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text.replace("\r\n", "\n"))


def parts(text: str, start: int = 1) -> Iterator[Line | Fence]:
    """The lines outside of code blocks, and the blocks. `start`: the number of the first line."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        match = _OPENING.match(lines[at])
        closing = _closing(lines, at, match["marker"]) if match else None
        if match is None or closing is None:
            yield Line(start + at, lines[at])
            at += 1
            continue
        indent = " " * len(match["indent"]) if match["indent"].strip() else match["indent"]
        body = [line[_depth(line, len(indent)) :] for line in lines[at + 1 : closing]]
        tail = lines[closing].strip().lstrip(match["marker"][0]).strip()
        yield Fence(start + at, match["indent"], match["info"].strip(), "\n".join(body), tail)
        at = closing + 1


def _closing(lines: list[str], opening: int, marker: str) -> int | None:
    pattern = re.compile(rf"^\s*{marker}{re.escape(marker[0])}*\s*(?:\{{\{{[^}}]*\}}\}}\s*)?$")
    return next((n for n in range(opening + 1, len(lines)) if pattern.match(lines[n])), None)


def _depth(line: str, most: int) -> int:
    return min(most, len(line) - len(line.lstrip(" \t")))


def fence(text: str, info: str, indent: str = "") -> str:
    """A block in our form, with a mark longer than any in it."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    mark = "`" * (longest + 1)
    rest = " " * len(indent) if indent.strip() else indent
    body = "".join(f"{rest}{line}".rstrip() + "\n" if line else "\n" for line in text.strip("\n").split("\n"))
    return f"{indent}{mark}{info}\n{body}{rest}{mark}"


def has_variable(text: str) -> bool:
    """Whether something in it looks like a variable of ours."""
    return VARIABLE.search(text) is not None


def details(text: str) -> str:
    """`<details><summary>…</summary>` as a hint; each line keeps its number."""
    opened = _DETAILS.sub(
        lambda match: f":::hint {' '.join(match[1].split())}" + "\n" * match[0].count("\n"), text
    )
    return _DETAILS_END.sub(":::", opened) if opened != text else text


def quoted(text: str) -> str:
    """For an attribute of a block."""
    plain = " ".join(text.split()).replace("`", "'")
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def quiz(question: str, choices: list[tuple[str, bool]], *, is_multiple: bool) -> str:
    """A quiz in our form. Several right answers make it a multiple choice, whatever the source says."""
    is_multiple = is_multiple or sum(is_right for _, is_right in choices) > 1
    brackets = "[]" if is_multiple else "()"
    lines = [f"- {brackets[0]}{'x' if right else ' '}{brackets[1]} {text}" for text, right in choices]
    return "\n".join([f":::quiz {' '.join(question.split())}", *lines, ":::"])


def shown(text: str, info: str) -> str:
    """The info of a block that is only shown: the language alone. `{{ a.b }}` in it shall not mean anything."""
    match = _LANGUAGE.match(info)
    language = match[0] if match else ""
    return f"{language} {{raw}}".strip() if has_variable(text) else language
