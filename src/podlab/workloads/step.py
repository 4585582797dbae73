"""What to do next with a workload's pods."""

from __future__ import annotations

from dataclasses import dataclass

from podlab.model import PersistentVolumeClaim, Pod


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Pods to make with the claims that they need, and names of pods to remove, all at the same time; then names of
    claims to drop with their data, and of the pods that the next step waits for. With none of these the workload is as
    wanted."""

    create: tuple[Pod, ...] = ()
    claims: tuple[PersistentVolumeClaim, ...] = ()
    remove: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    awaits: tuple[str, ...] = ()

    @property
    def changes_something(self) -> bool:
        return bool(self.create or self.remove)

    @property
    def is_done(self) -> bool:
        return not (self.changes_something or self.awaits)
