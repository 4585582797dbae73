"""A whole workshop in one file, for a machine without a network: its folder, its images, and podlab itself.

The file is a plain zip, so that what it takes to install podlab can be got out of it without podlab:

    bundle.json     what is in it: every other file with its size and SHA-256, and every image with its id
    README.txt      what to type
    workshop/       the folder
    images.tar      what `docker save` writes
    wheels/         podlab and all that it needs
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Final

from podlab.errors import Denied, Invalid, NotFound, PodlabError, Unavailable, Unsupported
from podlab.images import bundle as image_bundle

if TYPE_CHECKING:
    from podlab.images.store import ImageStore

FORMAT: Final = 1
SUFFIX: Final = ".podlab.zip"
LARGEST_FOLDER_BYTES: Final = 1 << 30
MOST_FILES: Final = 10_000

INDEX, README, FOLDER, IMAGES, WHEELS = "bundle.json", "README.txt", "workshop", "images.tar", "wheels"
_MAX_INDEX_BYTES: Final = 8 << 20
_CHUNK_BYTES: Final = 1 << 20

OnBytes = Callable[[str, int, int], None]
"""What is being read or written, how many of its bytes are done, of how many; 0 where nobody knows."""


def nobody(what: str, done: int, total: int) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A bundle that is whole. `workshop` is the folder or file to load, and is there as long as it is open."""

    file: Path
    workshop: Path
    name: str
    images: Mapping[str, str]
    """Reference → id."""
    size_bytes: int = field(compare=False)
    """Of the images."""

    async def load_images(self, store: ImageStore, *, on_bytes: OnBytes = nobody) -> list[str]:
        """Put its images on the engine; the references of those that were not there, or were others, before."""
        missing = [name for name, id in self.images.items() if await _id(store, name) != id]
        if missing:
            archive = image_bundle.Archive(
                name=f"{self.file}: {IMAGES}", size_bytes=self.size_bytes, open=self._open_images
            )
            await image_bundle.load(
                store, archive, on_bytes=lambda done, total: on_bytes("images", done, total)
            )
        return missing

    def _open_images(self) -> IO[bytes]:
        with zipfile.ZipFile(self.file) as archive:  # the member keeps the file open
            return archive.open(IMAGES)


def is_bundle(path: Path) -> bool:
    """Whether somebody who names this means a bundle: a file that is a zip. Whether it is a good one, `opened` says."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError:
        return path.name.endswith(SUFFIX)


@contextmanager
def opened(file: Path, *, on_bytes: OnBytes = nobody) -> Iterator[Bundle]:
    """The bundle in a file, every byte of it checked; its folder is there until the end of the `with`.

    `Invalid` for one that is damaged, cut short, none, or that would write outside of its folder; `Unsupported` for
    one of a newer podlab. Nothing is unpacked before all is checked. This reads the whole file: run it in a thread.
    """
    with contextlib.ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(file))
            index = _index(file, archive)
            _check(file, archive, index, on_bytes)
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="podlab-bundle-")))
            _unpack(archive, folder)
        except FileNotFoundError as error:
            raise NotFound(f"there is no file {file}", subject=str(file)) from error
        # RuntimeError: encrypted; NotImplementedError: a kind of compression that nobody here writes
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            raise _damaged(file, str(error)) from error
        except OSError as error:
            raise cannot("read", file, error) from error
        yield Bundle(
            file=file,
            workshop=folder / index.entry if index.entry else folder,
            name=index.workshop,
            images=index.images,
            size_bytes=archive.getinfo(IMAGES).file_size,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    workshop: str
    entry: str
    images: Mapping[str, str]
    files: Mapping[str, tuple[int, str]]


def _index(file: Path, archive: zipfile.ZipFile) -> _Index:
    try:
        info = archive.getinfo(INDEX)
    except KeyError as error:
        raise Invalid(
            f"cannot use {file}: it is a zip file, and no bundle (no {INDEX} in it)",
            subject=str(file),
            hint="`podlab bundle` makes them",
        ) from error
    if info.file_size > _MAX_INDEX_BYTES:
        raise _damaged(file, f"its {INDEX} has {info.file_size} bytes")
    try:
        read = json.loads(archive.read(info))
        if (version := int(read["format"])) > FORMAT:
            raise Unsupported(
                f"cannot use {file}: it is of a newer podlab (format {version}, this one reads {FORMAT})",
                subject=str(file),
                hint=f"install the podlab that is in it: its {README} tells how",
            )
        entry = str(read["entry"])
        if entry and _is_hostile(entry):
            raise _hostile(file, entry)
        return _Index(
            workshop=str(read["workshop"]),
            entry=entry,
            images={str(key): str(value) for key, value in read["images"].items()},
            files={str(k): (int(v["bytes"]), str(v["sha256"])) for k, v in read["files"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(file, f"its {INDEX} makes no sense") from error


def _check(file: Path, archive: zipfile.ZipFile, index: _Index, on_bytes: OnBytes) -> None:
    members = archive.infolist()
    names = [member.filename for member in members]
    for member in members:
        kind = stat.S_IFMT(member.external_attr >> 16)
        if _is_hostile(member.filename) or kind not in (0, stat.S_IFREG):
            raise _hostile(file, member.filename)
    if len({name.casefold() for name in names}) < len(names):
        raise _damaged(file, "it has two files of one name")
    if set(names) != {*index.files, INDEX}:
        raise _damaged(file, f"what is in it is not what its {INDEX} says")
    if IMAGES not in index.files:
        raise _damaged(file, "it has no images")
    folder = [member for member in members if member.filename.startswith(f"{FOLDER}/")]
    if sum(m.file_size for m in folder) > LARGEST_FOLDER_BYTES or len(folder) > MOST_FILES:
        raise Invalid(f"cannot use {file}: its workshop is larger than any can be", subject=str(file))
    total, done = sum(member.file_size for member in members), 0
    for member in members:
        if member.filename == INDEX:
            continue
        size, wanted = index.files[member.filename]
        if member.file_size != size:
            raise _damaged(file, f"{member.filename} has {member.file_size} bytes and not {size}")
        digest = hashlib.sha256()
        with archive.open(member) as content:
            while chunk := content.read(_CHUNK_BYTES):
                digest.update(chunk)
                done += len(chunk)
                on_bytes("checking", done, total)
        if digest.hexdigest() != wanted:
            raise _damaged(file, f"{member.filename} is not what it was")


def _unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    for member in archive.infolist():
        if member.filename.startswith(f"{FOLDER}/"):
            target = folder.joinpath(*PurePosixPath(member.filename).parts[1:])
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(member))
            if (member.external_attr >> 16) & stat.S_IXUSR:
                target.chmod(0o755)


def _is_hostile(name: str) -> bool:
    """Whether a name could lead elsewhere, on this system or another."""
    parts = name.split("/")
    return (
        len(name) > 1000
        or "\\" in name
        or ":" in parts[0]
        or any(part in ("", ".", "..") or not part.isprintable() for part in parts)
    )


def _hostile(file: Path, name: str) -> Invalid:
    return Invalid(
        f"refused {file}: it would write to {name!r}, which is no plain file in its own folder",
        subject=str(file),
        hint="nobody's `podlab bundle` writes such a file; ask who gave it to you",
    )


def _damaged(file: Path, why: str) -> Invalid:
    return Invalid(
        f"cannot use {file}: it is damaged, cut short, or no bundle: {why}",
        subject=str(file),
        hint="copy it again, and compare the sizes",
    )


async def _id(store: ImageStore, reference: str) -> str:
    try:
        return (await store.image(reference)).id
    except NotFound:
        return ""


def cannot(verb: str, file: Path, error: OSError) -> PodlabError:
    kind = Denied if isinstance(error, PermissionError) else Unavailable
    return kind(f"cannot {verb} {file}: {error.strerror or error}", subject=str(file))
