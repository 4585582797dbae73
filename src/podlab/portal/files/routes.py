"""What the attendee's page asks of the files in its seat."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from aiohttp import web

from podlab.errors import (
    AlreadyExists,
    Conflict,
    Denied,
    Invalid,
    NotFound,
    TimedOut,
    Unavailable,
    Unsupported,
)
from podlab.portal import visitors
from podlab.portal.api import describe
from podlab.portal.api.audience import ATTENDEE
from podlab.portal.api.describe import operation
from podlab.portal.classroom import CLASSROOM
from podlab.portal.files import limits, path, shapes, stream
from podlab.portal.files.entry import NEW
from podlab.portal.files.of_container import with_files
from podlab.portal.files.shapes import (
    ContainerName,
    Folder,
    MakeFolder,
    Move,
    PathText,
    Remove,
    Saved,
    TextFile,
    Version,
)
from podlab.workshop.seat import State

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from podlab.portal.files.of_container import Files, Found

_ERRORS: Final = (Denied, NotFound, Conflict, Unsupported, Unavailable, TimedOut)


class Traffic:
    """How many requests of each seat are under way."""

    def __init__(self) -> None:
        self._now: Counter[str] = Counter()

    @contextmanager
    def one_more(self, pod: str) -> Iterator[None]:
        """`Unavailable` where there are too many."""
        if self._now[pod] >= limits.MAX_AT_ONCE:
            raise Unavailable(
                f"{limits.MAX_AT_ONCE} requests for files of seat {pod} are under way",
                subject=pod, hint="try again when one of them has ended",
            )  # fmt: skip
        self._now[pod] += 1
        try:
            yield
        finally:
            self._now[pod] -= 1
            if not self._now[pod]:
                del self._now[pod]


TRAFFIC: Final = web.AppKey("files", Traffic)


@operation("GET", "/seat/files/list", who=ATTENDEE, errors=_ERRORS)
async def listing(request: web.Request, path: PathText = "", container: ContainerName = "") -> Folder:
    """What is in a folder.

    Without a path, in the one where a shell begins.
    """
    where = _decoded(path) if path else None
    found = await _with(request, container, lambda files: files.list(where))
    settings = request.app[CLASSROOM].settings
    return shapes.folder(
        found, _container(request, container), _containers(request), settings.max_upload_bytes
    )


@operation("GET", "/seat/files/text", who=ATTENDEE, errors=_ERRORS)
async def text(request: web.Request, path: PathText, container: ContainerName = "") -> TextFile:
    """A file to be edited, or why it cannot be."""
    where = _decoded(path)
    found = await _with(request, container, lambda files: files.read(where))
    version = hashlib.sha256(found.content).hexdigest() if found.content is not None else ""
    return shapes.text_file(found, version)


@operation("GET", "/seat/files/download", who=ATTENDEE, errors=_ERRORS, gives="application/octet-stream")
async def download(request: web.Request, path: PathText, container: ContainerName = "") -> web.StreamResponse:
    """A file as it is, or a folder as tar.gz."""
    where = _decoded(path)
    if where == b"/":
        raise Invalid("all of a container is too much for a download", hint="choose a folder in it")

    async def send(files: Files) -> web.StreamResponse:
        async with files.download(where) as found:
            return await stream.sent(request, found)

    return await _with(request, container, send)


@operation(
    "PUT",
    "/seat/files/content",
    who=ATTENDEE,
    errors=(*_ERRORS, AlreadyExists),
    takes="application/octet-stream",
)
async def write(
    request: web.Request, path: PathText, expected: Version = NEW, container: ContainerName = ""
) -> Saved:
    """Save or upload a file. It is written whole or not at all, and keeps its owner and mode."""
    where = _file(path)
    upload = stream.received(request, request.app[CLASSROOM].settings.max_upload_bytes)
    return Saved(version=await _with(request, container, lambda files: files.write(where, upload, expected)))


@operation("POST", "/seat/files/folder", who=ATTENDEE, errors=(*_ERRORS, AlreadyExists))
async def make_folder(request: web.Request, body: MakeFolder) -> None:
    """Make a folder."""
    where = _file(body.path)
    await _with(request, body.container, lambda files: files.make_folder(where))


@operation("POST", "/seat/files/move", who=ATTENDEE, errors=(*_ERRORS, AlreadyExists))
async def move(request: web.Request, body: Move) -> None:
    """Give a file or folder another name. Nothing is overwritten."""
    source, target = _file(body.path), _file(body.to)
    await _with(request, body.container, lambda files: files.move(source, target))


@operation("POST", "/seat/files/remove", who=ATTENDEE, errors=_ERRORS)
async def remove(request: web.Request, body: Remove) -> None:
    """Remove a file, a link itself, or a folder."""
    where, whole = _file(body.path), body.whole
    await _with(request, body.container, lambda files: files.remove(where, whole=whole))


def prepare(app: web.Application) -> None:
    app[TRAFFIC] = Traffic()


def routes() -> list[web.RouteDef]:
    return describe.routes(listing, text, download, write, make_folder, move, remove)


async def _with(request: web.Request, container: str, do: Callable[[Files], Awaitable[Found]]) -> Found:
    classroom, seat = request.app[CLASSROOM], visitors.attendee(request)
    if seat.state is not State.CLAIMED:
        raise Unavailable(f"seat {seat.pod} is not ready yet", subject=seat.pod, hint="try again in a moment")
    with request.app[TRAFFIC].one_more(seat.pod):
        return await with_files(classroom.engine, seat.pod, _container(request, container), do)


def _containers(request: web.Request) -> tuple[str, ...]:
    """Those with a terminal, that of the first terminal first."""
    return tuple(dict.fromkeys(request.app[CLASSROOM].shells.values()))


def _container(request: web.Request, wanted: str) -> str:
    found = _containers(request)
    if not found or (wanted and wanted not in found):
        raise NotFound(
            f"no container {wanted!r} has a terminal",
            subject=wanted,
            hint=f"there is {', '.join(found) or 'none'}",
        )
    return wanted or found[0]


_decoded = path.decoded


def _file(text: str) -> bytes:
    where = _decoded(text)
    if where == b"/":
        raise Invalid("the root folder itself cannot be changed")
    return where
