"""The words of pages, in the reader's language. Catalogues are `words/LANGUAGE/*.json`; English is whole."""

from __future__ import annotations

import functools
import json
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

ENGLISH: Final = "en"


@functools.cache
def catalogue(language: str) -> Mapping[str, str]:
    """What pages say that the server makes; what a language lacks is said in English."""
    words: dict[str, str] = {} if language == ENGLISH else dict(catalogue(ENGLISH))
    for file in sorted((files(__package__) / "words" / language).iterdir(), key=lambda f: f.name):
        words |= json.loads(file.read_text("utf-8"))
    return MappingProxyType(words)


@functools.cache
def languages() -> tuple[str, ...]:
    return tuple(sorted(each.name for each in (files(__package__) / "words").iterdir() if each.is_dir()))


def chosen(request: web.Request, otherwise: str) -> str:
    """The language that the browser likes best of those there are.
    https://www.rfc-editor.org/rfc/rfc9110#name-accept-language"""
    wishes: list[tuple[float, str]] = []
    for wish in request.headers.get("Accept-Language", "")[:200].split(","):
        name, _, weight = wish.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), name.partition("-")[0].lower()))
        except ValueError:
            continue
    there = languages()
    return next((name for _, name in sorted(wishes, key=lambda w: w[0]) if name in there), otherwise)
