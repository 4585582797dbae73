"""Recipes to root file systems: a tar for each, kept in a cache so that a second engine needs seconds."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Self

from podlab import naming
from podlab.errors import Unsupported
from podlab.images import apt
from podlab.images.program import run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from podlab.images.recipes import Recipe

_CHUNK_BYTES: Final = 1 << 20
_MERGED: Final = 'for d in bin sbin lib lib64; do mkdir -p "$1/usr/$d"; ln -s "usr/$d" "$1/$d"; done'
_EXTRACT: Final = (
    'for p; do dpkg-deb --fsys-tarfile "$p" | tar -x --keep-directory-symlink -f - -C "$root"; done'
)
_STAGE: Final = re.compile(r"I: ((?:downloading|extracting|installing|creating) .*)\.\.\.")
"""What mmdebstrap says that is worth a line; it prints whole scripts, too."""
_NO_DOCS: Final = (
    "path-exclude=/usr/share/doc/*",
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/locale/*",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RootFS:
    """A built root file system. `built_from` is for the image's label: `debian bookworm 2026-01-31`."""

    recipe: Recipe
    path: Path
    built_from: str

    @property
    def size_bytes(self) -> int:
        return self.path.stat().st_size

    @property
    def changes(self) -> tuple[str, ...]:
        """The recipe's, and labels that say what this is.

        https://github.com/opencontainers/image-spec/blob/main/annotations.md
        """
        labels = {
            naming.BUILT_FROM: self.built_from,
            naming.RECIPE: self.recipe.digest(),
            "org.opencontainers.image.title": self.recipe.reference,
            "org.opencontainers.image.description": f"podlab's stand-in: {self.recipe.summary}",
            "org.opencontainers.image.vendor": "podlab",
        }
        return (*self.recipe.changes, *(f'LABEL {key}="{value}"' for key, value in labels.items()))

    async def read(self) -> AsyncIterator[bytes]:
        """The tar, as `ImageStore.import_rootfs` takes it."""
        with self.path.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
                yield chunk


def default_cache() -> Path:
    """`$XDG_CACHE_HOME/podlab/rootfs`. Removing it is safe: it is built anew."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "podlab" / "rootfs"


class Builder:
    """Builds recipes, as many at once as are asked for. An `async with`: it keeps a folder while it works.

    Two builders at once do no harm: each has its own folder, and a file enters the cache whole or not at all.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self._cache = cache or default_cache()
        self._folder: Path | None = None
        self._archive: apt.Archive | None = None
        self._of_recipe: dict[str, asyncio.Lock] = {}
        self._reading = asyncio.Lock()
        self._fetching = asyncio.Lock()  # apt reads its lists at each call: one after the other is quicker

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._folder is not None:
            # Never across a mount: a half-made root file system might have the machine's /dev in it.
            await asyncio.shield(run("rm", "-rf", "--one-file-system", str(self._folder)))

    async def build(self, recipe: Recipe, on_line: Callable[[str], None] = lambda line: None) -> RootFS:
        """The root file system, from the cache or made now. `on_line` hears how it gets on.

        `Unsupported` where this machine cannot: it is no Debian, or a program is missing.
        """
        here = await apt.machine()
        digest = recipe.digest(here.distribution, here.suite, here.architecture)
        async with self._of_recipe.setdefault(recipe.name, asyncio.Lock()):
            # The suite is in the name: the label must tell it, and finding it out takes apt seconds.
            found = sorted(self._cache.glob(f"{recipe.name}-*-{digest}.tar"))
            path = found[0] if found else await self._make(recipe, here, digest, on_line)
        suite = path.name.removeprefix(f"{recipe.name}-").removesuffix(f"-{digest}.tar")
        day = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
        return RootFS(recipe=recipe, path=path, built_from=f"{here.distribution} {suite} {day}")

    def _own_folder(self) -> Path:
        """In the cache's own file system: a finished file then moves into the cache in one step."""
        if self._folder is None:
            self._cache.mkdir(parents=True, exist_ok=True)
            self._folder = Path(tempfile.mkdtemp(prefix=".building-", dir=self._cache))
            self._folder.chmod(0o755)  # mmdebstrap without root works as another user
        return self._folder

    async def _make(
        self, recipe: Recipe, here: apt.Machine, digest: str, on_line: Callable[[str], None]
    ) -> Path:
        async with self._reading:
            if self._archive is None:
                self._archive = await apt.archive(here, self._own_folder(), on_line)
        archive = self._archive
        folder = self._own_folder() / recipe.name
        folder.mkdir()
        made = folder / "rootfs.tar"
        with made.open("xb") as tar:
            if recipe.variant == "unpack":
                await self._unpack(recipe, archive, folder, tar, on_line)
            else:
                await _bootstrap(recipe, archive, folder, tar, on_line)
        return made.rename(self._cache / f"{recipe.name}-{recipe.suite or archive.suite}-{digest}.tar")

    async def _unpack(
        self,
        recipe: Recipe,
        archive: apt.Archive,
        folder: Path,
        tar: IO[bytes],
        on_line: Callable[[str], None],
    ) -> None:
        if recipe.suite not in ("", archive.suite):
            raise Unsupported(
                f"recipe {recipe.reference!r}: `unpack` takes packages of this machine's own suite"
            )
        on_line(f"fetching {', '.join(recipe.packages)}")
        async with self._fetching:
            packages = await archive.download(recipe.packages, folder)
        root = folder / "root"
        root.mkdir(mode=0o755)
        await run("sh", "-euc", _MERGED, "sh", str(root))
        await run("sh", "-euc", _EXTRACT, "sh", *map(str, packages), env={"root": str(root)})
        await run("sh", "-euc", recipe.script(), "sh", str(root))
        await run("tar", "-c", "--numeric-owner", "--owner=0", "--group=0", "-C", str(root), ".", stdout=tar)


async def build(recipe: Recipe, *, cache: Path | None = None) -> RootFS:
    """One recipe alone; see `Builder.build`."""
    async with Builder(cache) as builder:
        return await builder.build(recipe)


async def _bootstrap(
    recipe: Recipe, archive: apt.Archive, folder: Path, tar: IO[bytes], on_line: Callable[[str], None]
) -> None:
    if not shutil.which("mmdebstrap"):
        raise Unsupported(
            f"cannot build image {recipe.reference!r}: mmdebstrap is not installed",
            subject=recipe.reference,
            hint="apt-get install mmdebstrap",
        )
    on_line(f"installing {len(recipe.packages)} packages and what they need")

    def hear(line: str) -> None:
        if stage := _STAGE.fullmatch(line):
            on_line(stage[1])

    suite = recipe.suite or archive.suite
    await run(
        "mmdebstrap", f"--variant={recipe.variant}", "--format=tar", f"--include={','.join(recipe.packages)}",
        *(f"--dpkgopt={option}" for option in _NO_DOCS), f"--customize-hook={recipe.script()}",
        suite, "-", *archive.sources(suite),
        stdout=tar, on_line=hear, env={**await apt.proxies(), "TMPDIR": str(folder)},
    )  # fmt: skip
