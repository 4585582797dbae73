"""Text between code blocks: HTML, links and images as our Markdown can have them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from podlab.lesson.importers.loss import Report
from podlab.lesson.links import PICTURES, Target, parse

_LINK = re.compile(
    r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(\s*<?([^()\s>]*(?:\([^()]*\)[^()\s]*)*)>?(\s+[\"'][^)]*[\"'])?\s*\)"
)
_ANCHOR = re.compile(r"<a\b[^>]*\bhref=[\"']([^\"']*)[\"'][^>]*>(.*?)</a>", re.IGNORECASE)
_IMAGE = re.compile(r"<img\b[^>]*\bsrc=[\"']([^\"']*)[\"'][^>]*>", re.IGNORECASE)
_ALT = re.compile(r"\balt=[\"']([^\"']*)[\"']", re.IGNORECASE)
_SIMPLE = (
    (re.compile(r"</?(?:b|strong)>", re.IGNORECASE), "**"),
    (re.compile(r"</?(?:i|em)>", re.IGNORECASE), "*"),
    (re.compile(r"</?(?:code|kbd|tt)>", re.IGNORECASE), "`"),
    (re.compile(r"<br\s*/?>|</?(?:center|div|p|span|font)\b[^>]*>|&nbsp;", re.IGNORECASE), ""),
    (re.compile(r"<hr\s*/?>", re.IGNORECASE), "---"),
)
_TAG = re.compile(
    r"</?(?:a|audio|button|details|dl|dd|dt|embed|form|h[1-6]|iframe|img|input|li|object|ol|pre|script|small|source"
    r"|style|sub|summary|sup|svg|table|tbody|td|th|thead|tr|u|ul|video)\b[^>]*>",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"\{\{(?=[ \t]*[a-z][a-z0-9_-]*\.[a-z0-9])")


@dataclass(slots=True)
class Cleaner:
    """For one source file. `roots`: the folders in which a link's file is looked for. `files` gathers those to be
    copied into the lesson."""

    file: Path
    roots: tuple[Path, ...]
    report: Report
    files: dict[str, Path] = field(default_factory=dict)

    def clean(self, text: str, line: int) -> str:
        """One line. Code in it is left alone; what has no place is named in the report."""
        pieces = re.split(r"(`+[^`]*`+)", self._links(text, line))
        return "".join(piece if n % 2 else self._html(piece, line) for n, piece in enumerate(pieces))

    def lose(self, line: int, message: str) -> None:
        self.report.lose(str(self.file), line, message)

    def _html(self, text: str, line: int) -> str:
        for pattern, plain in _SIMPLE:
            text = pattern.sub(plain, text)
        for tag in _TAG.findall(text):
            if tag.startswith("</"):
                continue
            self.lose(line, f"HTML has no place in a lesson; the tag {tag[:60]} is left out")
        return _TAG.sub("", text)

    def _links(self, text: str, line: int) -> str:
        text = _ANCHOR.sub(lambda match: f"[{match[2]}]({match[1]})", text)
        text = _IMAGE.sub(
            lambda match: f"![{alt[1] if (alt := _ALT.search(match[0])) else ''}]({match[1]})", text
        )
        return _LINK.sub(lambda match: self._link(match, line), text)

    def _link(self, match: re.Match[str], line: int) -> str:
        is_image, words, address, title = bool(match[1]), match[2], match[3], match[4] or ""
        if not is_image and _LINK.search(words):  # an image that is a link
            words = self._links(words, line)
        target = parse(address)
        if address.startswith("{{") or (isinstance(target, Target) and target.kind == "web" and not is_image):
            return f"[{words}]({address}{title})"
        found = self._find(address)
        if found is None or (is_image and not found.name.lower().endswith(PICTURES)):
            self.lose(
                line,
                f"{'the image' if is_image else 'the link to'} {address[:80]} is left out: no such file here",
            )
            return f"*{words}*" if is_image and words.strip() else words
        name = f"files/{found.name}"
        if self.files.setdefault(name, found) != found:
            name = f"files/{len(self.files)}-{found.name}"
            self.files[name] = found
        self.report.carry("images" if is_image else "files")
        return f"{match[1]}[{words}](<{name}>{title})"

    def _find(self, address: str) -> Path | None:
        path = re.split(r"[?#]", address)[0]
        if not path or "://" in path or address.startswith(("//", "#", "mailto:")):
            return None
        for root in (self.file.parent, *self.roots):
            try:
                found = (root / path.lstrip("/")).resolve()
                if found.is_file() and any(found.is_relative_to(each.resolve()) for each in self.roots):
                    return found
            except (OSError, ValueError):
                continue
        return None


def escape(text: str) -> str:
    """Text in which `{{ a.b }}` is no variable of ours."""
    return _VARIABLE.sub(r"\\{{", text)
