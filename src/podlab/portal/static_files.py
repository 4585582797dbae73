"""What the front-end was built into: scripts, styles and catalogues, kept in memory as they go over the wire."""

from __future__ import annotations

import gzip
import hashlib
import json
import mimetypes
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from podlab.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable

ADDRESS: Final = "/static/"
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_TEXT: Final = ("text/", "application/javascript", "application/json", "image/svg+xml")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a page asks for: a script, and styles."""

    script: str
    styles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _File:
    type: str
    tag: str
    plain: bytes
    packed: bytes | None


class StaticFiles:
    def __init__(self) -> None:
        """`Unavailable` where the front-end has not been built."""
        folder = files(__package__) / "static"
        try:
            self._manifest: Mapping[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
        except FileNotFoundError as error:
            raise Unavailable(
                "the front-end has not been built", subject="portal/static",
                hint="in a checkout, scripts/install-web builds it; a wheel has it",
            ) from error  # fmt: skip
        self._files = {name: _read(file) for name, file in _walk(folder)}

    def entry(self, source: str) -> Entry:
        """Of a page's module, such as `src/seat.ts`. `NotFound`.
        https://vite.dev/guide/backend-integration"""
        if source not in self._manifest:
            raise NotFound(f"the front-end has no {source}", subject=source)
        names, styles = [source], dict[str, None]()
        for name in names:
            chunk = self._manifest[name]
            styles |= dict.fromkeys(chunk.get("css", ()))
            names += [each for each in chunk.get("imports", ()) if each not in names]
        return Entry(ADDRESS + self._manifest[source]["file"], tuple(ADDRESS + each for each in styles))

    def words(self, language: str) -> Mapping[str, str]:
        """What the front-end says in this language; nothing where it is English, which it has itself."""
        found = self._files.get(f"words/{language}.json")
        words: Mapping[str, str] = json.loads(found.plain) if found and language != "en" else {}
        return words

    async def serve(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        found = self._files.get(name)
        if found is None:
            raise NotFound(f"there is no file {name!r}", subject=name)
        kept = _FOR_EVER if name.startswith("assets/") else "no-cache"
        headers = {"Cache-Control": kept, "ETag": found.tag, "Vary": "Accept-Encoding"}
        if request.headers.get("If-None-Match") == found.tag:
            return web.Response(status=304, headers=headers)
        if found.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return web.Response(body=found.packed, content_type=found.type, headers=headers)
        return web.Response(body=found.plain, content_type=found.type, headers=headers)


STATIC: Final = web.AppKey("static", StaticFiles)


def _walk(folder: Traversable, above: str = "") -> Iterator[tuple[str, Traversable]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _walk(each, f"{above}{each.name}/")
        else:
            yield above + each.name, each


def _read(file: Traversable) -> _File:
    data = file.read_bytes()
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    packed = gzip.compress(data, 9, mtime=0) if kind.startswith(_TEXT) else None
    return _File(kind, f'"{hashlib.blake2b(data, digest_size=9).hexdigest()}"', data, packed)
