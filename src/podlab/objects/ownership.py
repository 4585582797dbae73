"""Who owns what is in a pod's volume, and with which mode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from podlab.model import Pod, Volume
from podlab.objects.files import has_content

_SET_GID: Final = 0o2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """`root_mode` is of the volume's own folder, `added` the bits that every file and folder in it gets."""

    uid: int = 0
    gid: int = 0
    root_mode: int = 0o777
    added: int = 0

    def file_mode(self, mode: int) -> int:
        return mode | (self.added & 0o666)

    @property
    def folder_mode(self) -> int:
        """Of the folders that podlab makes below the root."""
        return 0o755 | self.added


def ownership(pod: Pod, volume: Volume) -> Ownership:
    """With an `fsGroup`, the volume is that group's: it may read what podlab writes, and write everything else.

    https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#set-the-security-context-for-a-pod
    """
    group = pod.spec.security_context.fs_group if pod.spec.security_context else None
    if group is None:
        return Ownership()
    added = 0o440 if has_content(volume) else 0o660
    return Ownership(gid=group, root_mode=_SET_GID | 0o777, added=added)
