"""Many images in one file, to carry to a machine without a network: what `docker save` writes.

A name that ends in `.gz` is compressed; the engine finds out by itself when it loads.
"""

from __future__ import annotations

import asyncio
import json
import os
import tarfile
import tempfile
import zlib
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from podlab.errors import Denied, Invalid, NotFound, PodlabError, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from podlab.images.store import ImageStore

_CHUNK_BYTES: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"
_END_BYTES: Final = 1024
"""Two empty blocks end a tar: one cut short between two members has none, and Python's reader would not mind.
https://www.gnu.org/software/tar/manual/html_node/Standard.html"""


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
    store: ImageStore, file: Path, *, on_bytes: Callable[[int, int], None] = lambda done, total: None
) -> list[str]:
    """Put the file's images on the engine; their references. `docker save`'s own files will do.

    A file that is cut short or is none is `Invalid`, before the engine hears of it. What a failure leaves
    on the engine is taken away again: tags that were not there before. `on_bytes` hears how much of how many
    bytes the engine has taken.
    """
    expected = await asyncio.to_thread(_contents, file)
    before = {tag for image in await store.images() for tag in image.tags}
    total = file.stat().st_size

    async def read() -> AsyncIterator[bytes]:
        done = 0
        with file.open("rb") as archive:
            while chunk := await asyncio.to_thread(archive.read, _CHUNK_BYTES):
                yield chunk
                done += len(chunk)
                on_bytes(done, total)

    try:
        return await store.load(read())
    except OSError as error:
        raise _cannot("read", file, error) from error
    except BaseException as error:
        await asyncio.shield(_take_back(store, [tag for tag in expected if tag not in before]))
        if isinstance(error, PodlabError):
            raise type(error)(f"{error.message} (from {file})", subject=str(file), hint=error.hint) from error
        raise


async def _take_back(store: ImageStore, references: list[str]) -> None:
    for reference in references:
        try:
            await store.remove_image(reference)
        except PodlabError:
            return  # the engine is gone, or somebody uses it already: the first error tells more


def _contents(file: Path) -> list[str]:
    """The references in a bundle, after reading it from end to end: is all of it there?

    https://github.com/moby/docker-image-spec/blob/main/spec.md#combined-image-json--filesystem-changeset-format
    """
    try:
        with file.open("rb") as raw:
            mode: Literal["r:", "r:gz"] = "r:gz" if raw.read(2) == _GZIP else "r:"
        with tarfile.open(file, mode) as archive:
            members = {member.name: member for member in archive}
            end = max(m.offset_data + m.size for m in members.values()) + _END_BYTES
            if mode == "r:" and file.stat().st_size < end:
                raise _cut_short(file, "it ends in the middle")
            if "manifest.json" not in members:
                raise Invalid(
                    f"cannot load {file}: it is no image archive (no manifest.json in it)",
                    subject=str(file),
                    hint="`podlab images save` and `docker save` write such files; `docker export` does not",
                )
            manifest: list[dict[str, Any]] = json.load(archive.extractfile(members["manifest.json"]) or b"")  # type: ignore[arg-type]
            parts = {part for entry in manifest for part in (entry["Config"], *entry["Layers"])}
            if missing := sorted(parts - members.keys()):
                raise _cut_short(file, f"{len(missing)} of its parts are missing")
            return [tag for entry in manifest for tag in entry.get("RepoTags") or ()]
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {file}", subject=str(file)) from error
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise _cut_short(file, str(error)) from error
    except OSError as error:
        raise _cannot("read", file, error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid(f"cannot load {file}: its manifest.json makes no sense", subject=str(file)) from error


def _cut_short(file: Path, why: str) -> Invalid:
    return Invalid(
        f"cannot load {file}: it is damaged, cut short, or no image archive: {why}",
        subject=str(file),
        hint="copy it again, and compare the sizes",
    )


def _cannot(verb: str, file: Path, error: OSError) -> PodlabError:
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
