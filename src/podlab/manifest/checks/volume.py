"""Volumes and where they are mounted."""

from __future__ import annotations

import posixpath
from typing import Final

from podlab import model, quantity
from podlab.manifest import syntax
from podlab.manifest.checks.finding import Findings, at
from podlab.manifest.nodes import quoted
from podlab.manifest.suggest import did_you_mean

_HOST_PATH_TYPES: Final = (
    "", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice",
)  # fmt: skip
"""https://kubernetes.io/docs/concepts/storage/volumes/#hostpath"""


def volume(v: model.Volume) -> Findings:
    yield from at("name", syntax.dns_label(v.name))
    given = [kind for kind, value in (("emptyDir", v.empty_dir), ("hostPath", v.host_path)) if value]
    if not given:
        yield (), "a volume needs a source: emptyDir: {} or hostPath: {path: /…}"
    for kind in given[1:]:
        yield (kind,), f"a volume has only one source; this one has {given[0]} already"


def empty_dir(e: model.EmptyDir) -> Findings:
    if e.size_limit is None:
        return
    try:
        if quantity.parse(e.size_limit) < 1:
            yield ("sizeLimit",), f"must be 1 byte or more, not {e.size_limit}"
    except ValueError as error:
        yield ("sizeLimit",), str(error)


def host_path(h: model.HostPath) -> Findings:
    yield from at("path", syntax.absolute(h.path))
    if h.type is not None and h.type not in _HOST_PATH_TYPES:
        names = ", ".join(_HOST_PATH_TYPES[1:])
        yield (
            ("type",),
            f"expected one of {names}, got {quoted(h.type)}{did_you_mean(h.type, _HOST_PATH_TYPES[1:])}",
        )


def mount(m: model.VolumeMount) -> Findings:
    if fault := syntax.absolute(m.mount_path):
        yield ("mountPath",), fault
    elif posixpath.normpath(m.mount_path) in ("/", "//"):
        yield ("mountPath",), "a volume cannot take the place of '/'"
    elif ":" in m.mount_path:
        yield ("mountPath",), f"{quoted(m.mount_path)} must not contain ':'"
