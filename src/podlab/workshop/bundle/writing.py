"""Writing a workshop's bundle; `bundle` has what is in one, and reads it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import platform
import stat
import sys
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from podlab.errors import Invalid
from podlab.images.reference import parse
from podlab.workshop.bundle.reading import (
    FOLDER,
    FORMAT,
    IMAGES,
    INDEX,
    LARGEST_FOLDER_BYTES,
    MOST_FILES,
    README,
    SUFFIX,
    WHEELS,
    OnBytes,
    cannot,
    nobody,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from podlab.images.store import ImageStore

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_NOT_CARRIED: Final = ("*.sqlite", "*.sqlite-wal", "*.sqlite-shm", "*.lock", "*.pyc", f"*{SUFFIX}")
"""Who had which seat here is nobody's business there."""


async def write(
    store: ImageStore,
    workshop: Path,
    file: Path,
    *,
    name: str,
    images: Sequence[str],
    wheels: Iterable[tuple[str, bytes]] = (),
    on_bytes: OnBytes = nobody,
) -> int:
    """Write the bundle of a workshop's folder, or of one workshop's file in it; its size in bytes.

    The images must be on the engine. The file appears when it is whole. The same folder, images and wheels give
    the same file, as far as the engine saves the same images alike.
    """
    folder, entry = (workshop, "") if workshop.is_dir() else (workshop.parent, workshop.name)
    found = carried(folder)
    ids = {parse(each).familiar: (await store.image(each)).id for each in images}
    expected = sum({image.id: image.size_bytes for image in [await store.image(n) for n in images]}.values())
    try:
        handle, part = await asyncio.to_thread(tempfile.mkstemp, prefix=f".{file.name}-", dir=file.parent)
    except OSError as error:
        raise cannot("write", file, error) from error
    try:
        with os.fdopen(handle, "w+b") as out:
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
                members = _Members(archive)
                members.add(README, _read_me(name, file.name).encode())
                for path, source in found.items():
                    members.add(f"{FOLDER}/{path}", source.read_bytes(), is_program=_is_program(source))
                for path, content in wheels:
                    members.add(f"{WHEELS}/{path}", content, level=zipfile.ZIP_STORED)
                await members.stream(
                    IMAGES, store, list(ids), lambda done: on_bytes("images", done, expected)
                )
                index = {
                    "format": FORMAT, "workshop": name, "entry": entry, "made_on": _here(), "images": ids,
                    "files": members.written,
                }  # fmt: skip
                members.add(INDEX, json.dumps(index, indent=1).encode())
            out.flush()
            os.fchmod(out.fileno(), 0o666 & ~_umask())
            size = out.seek(0, os.SEEK_END)
        Path(part).replace(file)
    except OSError as error:
        raise cannot("write", file, error) from error
    finally:
        Path(part).unlink(missing_ok=True)
    return size


def carried(folder: Path) -> dict[str, Path]:
    """Path in the bundle → file: all of the folder but hidden files, stores of seats and other bundles.

    `Invalid` where a link leads out of the folder, or there is more than a workshop can be.
    """
    root = folder.resolve()
    found: dict[str, Path] = {}
    size = 0
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder)
        if any(part.startswith(".") or part == "__pycache__" for part in path.parts) or file.is_dir():
            continue
        if any(path.match(pattern) for pattern in _NOT_CARRIED):
            continue
        if not file.resolve().is_relative_to(root):
            raise Invalid(
                f"cannot bundle {folder}: {path} is a link that leads out of it",
                subject=str(file),
                hint="put the file itself there",
            )
        if not file.is_file():
            continue
        found[path.as_posix()] = file
        size += file.stat().st_size
    if size > LARGEST_FOLDER_BYTES or len(found) > MOST_FILES:
        raise Invalid(
            f"cannot bundle {folder}: it has {len(found)} files of {size >> 20} MiB together; "
            f"{MOST_FILES} files and {LARGEST_FOLDER_BYTES >> 20} MiB are the most",
            subject=str(folder),
            hint="is it the right folder?",
        )
    return found


class _Members:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.written: dict[str, dict[str, Any]] = {}

    def add(
        self, name: str, content: bytes, *, is_program: bool = False, level: int = zipfile.ZIP_DEFLATED
    ) -> None:
        entry = _entry(name, is_program=is_program)
        entry.compress_type = level
        self._archive.writestr(entry, content)
        self.written[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    async def stream(
        self, name: str, store: ImageStore, references: Sequence[str], on_bytes: Callable[[int], None]
    ) -> None:
        """Compressed quickly rather than well: layers are most of it, and shrink to a third either way."""
        entry = _entry(name)
        entry.compress_type, entry._compresslevel = zipfile.ZIP_DEFLATED, 1  # type: ignore[attr-defined]
        digest, done = hashlib.sha256(), 0
        with self._archive.open(entry, "w", force_zip64=True) as out:

            def put(chunk: bytes) -> None:
                digest.update(chunk)
                out.write(chunk)

            async with aclosing(store.save(references)) as chunks:
                async for chunk in chunks:
                    await asyncio.to_thread(put, chunk)
                    done += len(chunk)
                    on_bytes(done)
        self.written[name] = {"bytes": done, "sha256": digest.hexdigest()}


def _entry(name: str, *, is_program: bool = False) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = 3  # Unix, whose file modes these are
    entry.external_attr = (stat.S_IFREG | (0o755 if is_program else 0o644)) << 16
    return entry


def _is_program(file: Path) -> bool:
    return bool(file.stat().st_mode & stat.S_IXUSR)


def _here() -> str:
    return (
        f"{platform.system()} {platform.machine()}, Python {sys.version_info.major}.{sys.version_info.minor}"
    )


def _read_me(workshop: str, file: str) -> str:
    return f"""\
This is a podlab bundle: the workshop '{workshop}' with all that it needs, for a machine without a network.

The machine needs Docker Engine, Python and, to make the environment, Python's venv module. The wheels were made on
{_here()}; on another kind of machine, install podlab where there is a network.

    python3 -m zipfile -e {file} bundle
    python3 -m venv podlab
    podlab/bin/pip install --no-index --find-links bundle/{WHEELS} podlab
    podlab/bin/podlab serve {file}

A bundle is a program: whoever made it decides what runs on your machine. Run only one from people you trust.
"""


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
