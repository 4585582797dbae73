"""Volumes and where they are mounted."""

from __future__ import annotations

import dataclasses
import posixpath
from typing import Final

from podlab import model, quantity, wire
from podlab.images import reference
from podlab.manifest import syntax
from podlab.manifest.checks.finding import Findings, at
from podlab.manifest.nodes import quoted
from podlab.manifest.suggest import did_you_mean

_HOST_PATH_TYPES: Final = (
    "", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice",
)  # fmt: skip
"""https://kubernetes.io/docs/concepts/storage/volumes/#hostpath"""


SOURCES: Final = {
    wire.camel(field.name): field.name for field in dataclasses.fields(model.Volume) if field.name != "name"
}


def volume(v: model.Volume) -> Findings:
    yield from at("name", syntax.dns_label(v.name))
    given = [kind for kind in SOURCES if getattr(v, SOURCES[kind]) is not None]
    if not given:
        yield (), "a volume needs a source: emptyDir: {} or hostPath: {path: /…}"
    if v.persistent_volume_claim:
        fault = syntax.dns_subdomain(v.persistent_volume_claim.claim_name)
        yield from at(("persistentVolumeClaim", "claimName"), fault)
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


def image(i: model.ImageVolume) -> Findings:
    try:
        reference.parse(i.reference)
    except ValueError as error:
        yield ("reference",), str(error)


def nfs(n: model.NFSVolume) -> Findings:
    yield from at("path", syntax.absolute(n.path))
    if not n.server or any(c in n.server for c in ", \t\n"):
        yield ("server",), f"{quoted(n.server)} is no server's name"


def mount(m: model.VolumeMount) -> Findings:
    if fault := syntax.absolute(m.mount_path):
        yield ("mountPath",), fault
    elif posixpath.normpath(m.mount_path) in ("/", "//"):
        yield ("mountPath",), "a volume cannot take the place of '/'"
    elif ":" in m.mount_path:
        yield ("mountPath",), f"{quoted(m.mount_path)} must not contain ':'"
    yield from _below(m)
    if m.recursive_read_only in ("Enabled", "IfPossible"):
        if not m.read_only:
            yield ("recursiveReadOnly",), "means nothing without readOnly: true"
        if m.mount_propagation not in (None, "None"):
            yield ("recursiveReadOnly",), "goes with mountPropagation: None only"


def _below(m: model.VolumeMount) -> Findings:
    if m.sub_path and m.sub_path_expr:
        yield ("subPathExpr",), "a mount has subPath or subPathExpr, not both"
    if m.sub_path:
        yield from at("subPath", syntax.inside(m.sub_path))
    if m.sub_path_expr:
        yield from at("subPathExpr", syntax.inside(m.sub_path_expr))
