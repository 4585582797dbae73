"""Copy files between this machine and a container, with the rules of `docker cp`.

https://docs.docker.com/reference/cli/docker/container/cp/#description
"""

# Pathlib drops the last `/` and `/.` of a path, which mean something here.
# ruff: noqa: PTH100, PTH112, PTH114, PTH119

from __future__ import annotations

import os
import posixpath
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from podlab.errors import Conflict, Invalid, NotFound
from podlab.pods.pack import pack
from podlab.pods.unpack import unpack

if TYPE_CHECKING:
    from podlab.engines.base import Engine, FileStat

OnBytes = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Place:
    """A path in a container; a relative one starts at the root."""

    engine: Engine
    pod: str
    container: str
    path: str

    @property
    def absolute(self) -> str:
        return posixpath.normpath("/" + self.path.lstrip("/"))

    async def stat(self) -> FileStat:
        return await self.engine.stat(self.pod, self.container, self.absolute)

    async def resolved(self) -> tuple[Place, FileStat | None]:
        """Where the path leads to when it is a link, and what is there, or None."""
        place = self
        for _ in range(40):  # https://man7.org/linux/man-pages/man7/path_resolution.7.html
            try:
                found = await place.stat()
            except NotFound:
                return place, None
            if not found.link_target:
                return place, found
            target = posixpath.join(posixpath.dirname(place.absolute), found.link_target)
            place = Place(self.engine, self.pod, self.container, target)
        raise Invalid(f"too many symbolic links: {self.absolute}", subject=self.path)


async def copy_in(
    source: str, target: Place, *, follow: bool = False, on_bytes: OnBytes = lambda n: None
) -> None:
    """From this machine into a container, which need not run. A folder goes into an existing folder under its
    name, or becomes a new one; `source/.` is what is in it. A file replaces a file or goes into a folder."""
    if not os.path.lexists(source):
        raise NotFound(f"no such file or folder on this machine: {source}", subject=source)
    follow = follow or source.endswith(("/", "/."))
    is_folder = os.path.isdir(source) and (follow or not os.path.islink(source))
    place, found = await target.resolved()
    folder, name = _goal(
        os.path.basename(os.path.abspath(source)), place.absolute, found.is_dir if found else None,
        is_folder=is_folder, contents=_is_contents(source), wants_folder=target.path.endswith("/"),
    )  # fmt: skip
    tar = _counted(pack(source, name, follow=follow), on_bytes)
    await target.engine.write_archive(target.pod, target.container, folder, tar)


async def copy_out(
    source: Place, target: str, *, follow: bool = False, on_bytes: OnBytes = lambda n: None
) -> list[str]:
    """From a container, which need not run, to this machine, by the same rules as `copy_in`.

    The result names what was left out, as `unpack` says.
    """
    found: FileStat | None
    if follow or source.path.endswith(("/", "/.")):
        place, found = await source.resolved()
        if found is None:
            raise NotFound(f"no such file or folder in the container: {source.path}", subject=source.path)
    else:
        place, found = source, await source.stat()
    is_contents = _is_contents(source.path) or place.absolute == "/"
    folder, name = _goal(
        posixpath.basename(source.absolute), os.path.abspath(target),
        os.path.isdir(target) if os.path.lexists(target) else None,
        is_folder=found.is_dir, contents=is_contents, wants_folder=target.endswith("/"),
    )  # fmt: skip
    if not os.path.isdir(folder):
        raise NotFound(f"no such folder on this machine: {folder}", subject=folder)
    tar = source.engine.read_archive(source.pod, source.container, place.absolute)
    return await unpack(_counted(tar, on_bytes), Path(folder), name)


def _goal(
    source_name: str, target: str, target_is_folder: bool | None,
    *, is_folder: bool, contents: bool, wants_folder: bool,
) -> tuple[str, str]:  # fmt: skip
    """The existing folder to unpack in, and the name that the source gets there; empty: what is in it."""
    parent, name = posixpath.split(target)
    if target_is_folder:
        return target, "" if is_folder and contents else source_name
    if is_folder and target_is_folder is False:
        raise Conflict(f"cannot copy a folder over the file {target}", subject=target)
    if wants_folder and not is_folder:
        raise NotFound(
            f"no such folder: {target}", subject=target, hint="make it first, or leave out the last /"
        )
    return parent, name


def _is_contents(path: str) -> bool:
    return path == "." or path.endswith("/.")


async def _counted(chunks: AsyncIterator[bytes], on_bytes: OnBytes) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        on_bytes(len(chunk))
        yield chunk
