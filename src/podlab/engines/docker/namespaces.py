"""Who shares which namespaces: by the kernel's word where this machine may read it, else by how it was made."""

from __future__ import annotations

from pathlib import Path

from podlab.engines.base import NAMESPACES, NamespaceRow, Sharing
from podlab.engines.docker.found import FoundContainer, FoundPod


def rows(found: FoundPod, *, is_local: bool) -> list[NamespaceRow]:
    """One for each container, the infra first. `is_local`: the engine's processes are this machine's."""
    host = _inodes("self") if is_local else {}
    return [
        _row(found, c, _inodes(str(c.host_pid)) if host and c.host_pid else {}, host)
        for c in found.containers
    ]


def _row(found: FoundPod, c: FoundContainer, inodes: dict[str, int], host: dict[str, int]) -> NamespaceRow:
    """From what the kernel says where this machine may read it, else from how the container was made."""
    name = next((n for n, member in found.members.items() if member.id == c.id), "infra")
    modes = {kind: _declared(found, c, kind) for kind in NAMESPACES}
    for kind, inode in inodes.items():
        if inode == host.get(kind):
            modes[kind] = Sharing.HOST
    return NamespaceRow(container=name, sharing=modes, inodes=inodes)


def _declared(found: FoundPod, c: FoundContainer, kind: str) -> Sharing:
    mode = c.modes.get(kind, "")
    infra = found.infra
    if mode == "host":
        return Sharing.HOST
    if kind == "uts" and c is not infra and not mode.startswith("container:"):
        return Sharing.OWN  # Docker gives a joiner the pod's host name, but a namespace of its own
    if mode.startswith("container:"):
        joined = mode.removeprefix("container:")
        is_this = infra is not None and joined in (infra.id, infra.name)
        return Sharing.POD if is_this and not (c.is_up and found.is_stale(c)) else Sharing.STALE
    if c is infra and any(m.modes.get(kind, "").startswith("container:") for m in found.members.values()):
        return Sharing.POD
    return Sharing.OWN


def _inodes(pid: str) -> dict[str, int]:
    """Empty where the engine runs elsewhere, or the kernel does not show us."""
    try:
        return {kind: (Path("/proc") / pid / "ns" / kind).stat().st_ino for kind in NAMESPACES}
    except OSError:
        return {}
