"""The files that people name: one file, a folder, or `-` for what comes through a pipe."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from podlab.errors import Denied, NotFound, Unavailable
from podlab.manifest.text import MAX_BYTES

WORKSHOP_FILE: Final = "podlab.yaml"
_ENDINGS: Final = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Source:
    """`name` is the file as the user wrote it. `data` ends one byte after the largest size that is read."""

    name: str
    data: bytes


def sources(path: str | Path) -> Iterator[Source]:
    """The file; of a folder its `podlab.yaml`, else all its own *.yaml and *.yml, by name.

    `NotFound` where nothing is there, `Denied` where it may not be read.
    """
    if str(path) == "-":
        yield Source("<stdin>", sys.stdin.buffer.read(MAX_BYTES + 1))
        return
    try:
        yield from [Source(str(file), _read(file)) for file in _files(Path(path))]
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"no such file or folder: {path}", subject=str(path)) from error
    except PermissionError as error:
        raise Denied(f"cannot read {path}: you may not", subject=str(path)) from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise NotFound(f"no such file or folder: {path}", subject=str(path)) from error
        raise Unavailable(f"cannot read {path}: {error.strerror}", subject=str(path)) from error
    except ValueError as error:  # a NUL in the name
        raise NotFound(f"no such file or folder: {str(path)!r}", subject=str(path)) from error


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    names = sorted(os.listdir(path))  # noqa: PTH208
    if WORKSHOP_FILE in names:
        return [path / WORKSHOP_FILE]
    files = [path / name for name in names if name.endswith(_ENDINGS) and (path / name).is_file()]
    if not files:
        raise NotFound(
            f"no YAML file in the folder {path}",
            subject=str(path),
            hint="it needs a podlab.yaml or any *.yaml",
        )
    return files


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
