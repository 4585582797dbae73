"""The line that opens a code block: ```` ```sh {check="It runs" hint="Try again." auto} ````."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_ATTRIBUTE = re.compile(
    r"""\s*(?P<key>[A-Za-z][A-Za-z0-9_-]*)(?:=(?:"(?P<d>(?:[^"\\]|\\.)*)"|'(?P<s>[^']*)'|(?P<w>[^\s"'}]+)))?(?=\s|$)"""
)
_LANGUAGE = re.compile(r"[^\s{]*")
_ESCAPED = re.compile(r'\\(["\\])')


@dataclass(frozen=True, slots=True)
class Info:
    """`attributes`: a word that stands alone has the value None. `faults` tell what could not be read."""

    language: str
    attributes: Mapping[str, str | None]
    faults: tuple[str, ...] = ()


def parse(text: str) -> Info:
    """Read what follows the ```` ``` ````. Never fails: what makes no sense is told in `faults`."""
    text = text.strip()
    language = _LANGUAGE.match(text)[0]  # type: ignore[index]  # it matches nothing, too
    rest = text[len(language) :].strip()
    if not rest:
        return Info(language, {})
    if not (rest.startswith("{") and rest.endswith("}")):
        said = "the closing '}' is missing" if rest.startswith("{") else f"expected {{…}} after {language!r}"
        return Info(language, {}, (said,))
    inner, at, found, faults = rest[1:-1].rstrip(), 0, dict[str, str | None](), []
    while at < len(inner):
        match = _ATTRIBUTE.match(inner, at)
        if match is None:
            faults.append(f'cannot read {inner[at:].strip()[:40]!r}; write name, name=word or name="text"')
            break
        key, at = match["key"], match.end()
        if key in found:
            faults.append(f"{key!r} stands twice")
        quoted = match["d"]
        found[key] = _ESCAPED.sub(r"\1", quoted) if quoted is not None else match["s"] or match["w"]
        if match["s"] == "":
            found[key] = ""
    return Info(language, found, tuple(faults))
