"""Many images in one file, to carry to a machine without a network: what `docker save` writes.

A name that ends in `.gz` is compressed; the engine finds out by itself when it loads.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import tarfile
import tempfile
import zlib
from contextlib import aclosing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from podlab.errors import Denied, Invalid, NotFound, PodlabError, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from podlab.images.store import ImageStore

_CHUNK_BYTES: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"
_END_BYTES: Final = 1024
"""Two empty blocks end a tar: one cut short between two members has none, and Python's reader would not mind.
https://www.gnu.org/software/tar/manual/html_node/Standard.html"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Images that are no file of their own, but part of one: `open` reads them from their start."""

    name: str
    size_bytes: int
    open: Callable[[], IO[bytes]]


async def save(
    store: ImageStore,
    references: Sequence[str],
    file: Path,
    *,
    on_bytes: Callable[[int], None] = lambda done: None,
) -> int:
    """Write the images to `file`, layers that they share once; its size in bytes.

    The file appears when it is whole: before that, and after a failure, it is as it was. `on_bytes` hears
    how many bytes have been written.
    """
    gzip = zlib.compressobj(level=1, wbits=31) if file.suffix == ".gz" else None
    try:
        handle, name = await asyncio.to_thread(tempfile.mkstemp, prefix=f".{file.name}-", dir=file.parent)
    except OSError as error:
        raise _cannot("write", file, error) from error
    part, done = Path(name), 0
    try:
        with os.fdopen(handle, "wb") as out:
            async with aclosing(store.save(references)) as chunks:
                async for chunk in chunks:
                    done += await asyncio.to_thread(out.write, gzip.compress(chunk) if gzip else chunk)
                    on_bytes(done)
            if gzip:
                done += out.write(gzip.flush())
            os.fchmod(handle, 0o666 & ~_umask())
        part.replace(file)
    except OSError as error:
        raise _cannot("write", file, error) from error
    finally:
        part.unlink(missing_ok=True)
    return done


async def load(
    store: ImageStore,
    file: Path | Archive,
    *,
    on_bytes: Callable[[int, int], None] = lambda done, total: None,
) -> list[str]:
    """Put the file's images on the engine; their references. `docker save`'s own files will do.

    A file that is cut short or is none is `Invalid`, before the engine hears of it. What a failure leaves
    on the engine is taken away again: tags that were not there before. `on_bytes` hears how much of how many
    bytes the engine has taken.
    """
    archive = file if isinstance(file, Archive) else _of_file(file)
    expected = await asyncio.to_thread(_contents, archive)
    before = {tag for image in await store.images() for tag in image.tags}

    async def read() -> AsyncIterator[bytes]:
        done = 0
        with archive.open() as content:
            while chunk := await asyncio.to_thread(content.read, _CHUNK_BYTES):
                yield chunk
                done += len(chunk)
                on_bytes(done, archive.size_bytes)

    try:
        return await store.load(read())
    except OSError as error:
        raise _cannot("read", archive.name, error) from error
    except BaseException as error:
        await asyncio.shield(_take_back(store, [tag for tag in expected if tag not in before]))
        if isinstance(error, PodlabError):
            raise type(error)(
                f"{error.message} (from {archive.name})", subject=archive.name, hint=error.hint
            ) from error
        raise


async def _take_back(store: ImageStore, references: list[str]) -> None:
    for reference in references:
        try:
            await store.remove_image(reference)
        except PodlabError:
            return  # the engine is gone, or somebody uses it already: the first error tells more


def _of_file(file: Path) -> Archive:
    try:
        return Archive(name=str(file), size_bytes=file.stat().st_size, open=lambda: file.open("rb"))
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {file}", subject=str(file)) from error
    except OSError as error:
        raise _cannot("read", file, error) from error


def _contents(archive: Archive) -> list[str]:
    """The references in an archive, after reading it from end to end: is all of it there?

    https://github.com/moby/docker-image-spec/blob/main/spec.md#combined-image-json--filesystem-changeset-format
    """
    name = archive.name
    try:
        with archive.open() as raw:
            start = raw.read(2)
        is_packed = start == _GZIP
        ends: dict[str, int] = {}
        text: bytes | None = None
        with archive.open() as raw, gzip.GzipFile(fileobj=raw) if is_packed else nullcontext(raw) as whole:
            with tarfile.open(fileobj=whole, mode="r|") as tar:
                for member in tar:
                    ends[member.name] = member.offset_data + member.size + _END_BYTES
                    if member.name == "manifest.json" and (content := tar.extractfile(member)):
                        text = content.read()
            while is_packed and whole.read(_CHUNK_BYTES):  # its own end tells whether it is whole
                pass
        if not is_packed and archive.size_bytes < max(ends.values()):
            raise _cut_short(name, "it ends in the middle")
        if text is None:
            raise Invalid(
                f"cannot load {name}: it is no image archive (no manifest.json in it)",
                subject=name,
                hint="`podlab images save` and `docker save` write such files; `docker export` does not",
            )
        manifest: list[dict[str, Any]] = json.loads(text)
        parts = {part for entry in manifest for part in (entry["Config"], *entry["Layers"])}
        if missing := sorted(parts - ends.keys()):
            raise _cut_short(name, f"{len(missing)} of its parts are missing")
        return [tag for entry in manifest for tag in entry.get("RepoTags") or ()]
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _cut_short(name, str(error)) from error
    except OSError as error:
        raise _cannot("read", name, error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid(f"cannot load {name}: its manifest.json makes no sense", subject=name) from error


def _cut_short(name: str, why: str) -> Invalid:
    return Invalid(
        f"cannot load {name}: it is damaged, cut short, or no image archive: {why}",
        subject=name,
        hint="copy it again, and compare the sizes",
    )


def _cannot(verb: str, file: Path | str, error: OSError) -> PodlabError:
    kind = (
        Denied
        if isinstance(error, PermissionError)
        else NotFound
        if isinstance(error, FileNotFoundError)
        else Unavailable
    )
    return kind(f"cannot {verb} {file}: {error.strerror or error}", subject=str(file))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
