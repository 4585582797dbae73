"""Wheels of podlab and of all that it needs, made of what is installed here: an index need not be reached.

A wheel is the installed files and a list of them: https://packaging.python.org/en/latest/specifications/binary-distribution-format/
What is compiled fits machines of this one's kind only; its name says so, and pip refuses any other.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Final

from podlab.errors import NotFound

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NOT_PACKED: Final = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})
"""Of the metadata: what belongs to an installation, not to a wheel."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def wheels(name: str = "podlab") -> Iterator[tuple[str, bytes]]:
    """File name and content of each wheel, by name. Equal installations give equal wheels."""
    for distribution in sorted(needed(name), key=_normalised):
        yield _wheel(distribution)


def files_of(name: str = "podlab") -> dict[str, bytes]:
    """What its wheel holds, by path, without what only browsers get."""
    distribution = metadata.distribution(name)
    info = f"{_normalised(distribution)}-{distribution.version}.dist-info"
    found = _files(distribution, info).items()
    return {path: file.read_bytes() for path, file in found if "/static/" not in path}


def installed(*names: str) -> dict[str, bytes]:
    """All files of these and of what they need, by path as beside each other in one folder. `NotFound` as in
    `needed`."""
    found: dict[str, bytes] = {}
    for distribution in {each.name: each for name in names for each in needed(name)}.values():
        info = f"{_normalised(distribution)}-{distribution.version}.dist-info"
        found |= {path: file.read_bytes() for path, file in _files(distribution, info).items()}
    return found


def unpackable(name: str = "podlab") -> list[str]:
    """What podlab needs and no wheel can be made of: it was not installed as one, but by the system's own packages."""
    return sorted(each.name for each in needed(name) if not _can_be_packed(each))


def needed(name: str) -> list[metadata.Distribution]:
    """The distribution and those it needs, theirs too. Requirements of extras, and those that this machine's
    kind has no use for and so are not installed, are not among them. `NotFound` where one is missing that every
    machine has use for: what is installed here does not work, and would not elsewhere."""
    found: dict[str, metadata.Distribution] = {}
    waiting = [(name, False)]
    while waiting:
        each, is_conditional = waiting.pop()
        if each.lower() in found:
            continue
        try:
            distribution = metadata.distribution(each)
        except metadata.PackageNotFoundError as error:
            if is_conditional:
                continue
            raise NotFound(
                f"podlab needs the package {each}, which is not installed here",
                subject=each,
                hint="install podlab anew: pip install --force-reinstall podlab; or bundle without it: --no-wheels",
            ) from error
        found[each.lower()] = distribution
        for line in distribution.requires or ():
            match = _NAME.match(line)
            if match and not re.search(r"\bextra\s*==", line):
                waiting.append((match[0], is_conditional or ";" in line))
    return list({_normalised(each): each for each in found.values()}.values())


def _normalised(distribution: metadata.Distribution) -> str:
    return re.sub(r"[-_.]+", "_", distribution.name).lower()


def _can_be_packed(distribution: metadata.Distribution) -> bool:
    return distribution.read_text("WHEEL") is not None and distribution.files is not None


def _wheel(distribution: metadata.Distribution) -> tuple[str, bytes]:
    written = io.BytesIO()
    record = io.StringIO(newline="")
    rows = csv.writer(record, lineterminator="\n")
    info = f"{_normalised(distribution)}-{distribution.version}.dist-info"
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as wheel:
        for path, file in sorted(_files(distribution, info).items()):
            content = file.read_bytes()
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.external_attr = (0o100755 if file.stat().st_mode & 0o100 else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            rows.writerow([path, f"sha256={digest}", len(content)])
        rows.writerow([f"{info}/RECORD", "", ""])
        entry = zipfile.ZipInfo(f"{info}/RECORD", _EPOCH)
        entry.external_attr = 0o100644 << 16
        wheel.writestr(entry, record.getvalue())
    tag = _tag(distribution.read_text("WHEEL") or "")
    return f"{_normalised(distribution)}-{distribution.version}-{tag}.whl", written.getvalue()


def _files(distribution: metadata.Distribution, info: str) -> dict[str, Path]:
    """Path in the wheel → file here. Programs are left out: pip makes them anew."""
    found: dict[str, Path] = {}
    for path in distribution.files or ():
        parts = PurePosixPath(path).parts
        if not parts or ".." in parts or path.is_absolute() or "__pycache__" in parts:
            continue
        if parts[0].endswith(".dist-info"):
            if parts[-1] in _NOT_PACKED and len(parts) == 2:
                continue
            found["/".join((info, *parts[1:]))] = Path(str(distribution.locate_file(path)))
        elif not (_is_editable(distribution) and len(parts) == 1):
            found["/".join(parts)] = Path(str(distribution.locate_file(path)))
    if _is_editable(distribution):
        found |= _sources(distribution)
    return {path: file for path, file in found.items() if file.is_file()}


def _is_editable(distribution: metadata.Distribution) -> bool:
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    return bool(origin.get("dir_info", {}).get("editable"))


def _sources(distribution: metadata.Distribution) -> dict[str, Path]:
    """Of podlab in a checkout: the package itself, wherever it is imported from."""
    import podlab

    if distribution.name != podlab.__name__:
        return {}
    package = Path(podlab.__file__).parent
    return {
        f"{package.name}/{file.relative_to(package).as_posix()}": file
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def _tag(wheel: str) -> str:
    """`cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64` of the `Tag:` lines."""
    tags = [
        line.partition(":")[2].strip().split("-") for line in wheel.splitlines() if line.startswith("Tag:")
    ]
    columns = zip(*tags, strict=True)
    return "-".join(".".join(dict.fromkeys(column)) for column in columns)
