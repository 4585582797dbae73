"""What an engine has of a pod, as plain facts: `find` gathers them, `plan` and `status` read them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from podlab import naming
from podlab.record import Record
from podlab.wire import decode


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundContainer:
    """`state` is Docker's word: created, running, paused, restarting, removing, exited, dead.
    What only an inspection tells is None or 0 where nobody has inspected."""

    id: str
    name: str
    state: str
    image: str
    image_id: str = ""
    labels: Mapping[str, str]
    network_mode: str = ""
    status: str = ""
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exit_code: int | None = None
    restart_count: int = 0
    is_oom_killed: bool = False
    error: str = ""
    last_words: str = ""
    words_before: str = ""
    start_error: str = ""
    """Its command could not be started, and why."""
    host_pid: int = 0
    ip: str = ""
    networks: frozenset[str] | None = None
    ports: tuple[Mapping[str, Any], ...] = ()
    modes: Mapping[str, str] = field(default_factory=dict)
    bounds: Mapping[str, int] = field(default_factory=dict)
    """Of what it may use, by the engine's names: `NanoCpus`, `Memory`, … 0: none."""

    @property
    def is_up(self) -> bool:
        return self.state in ("running", "paused", "restarting")

    @property
    def is_former(self) -> bool:
        """Whether another one has taken its place (`former.set_aside`)."""
        pod, container = self.labels.get(naming.POD, ""), self.labels.get(naming.CONTAINER, "")
        return self.name == naming.former(pod, container)

    @property
    def run(self) -> str:
        """As `ContainerStatus.run`: which run of which container this is."""
        return f"docker://{self.id} {self.started_at.timestamp():.6f}" if self.started_at else ""

    @property
    def ends_at(self) -> int | None:
        """Of an infra container with a lifetime: seconds since the epoch."""
        text = self.labels.get(naming.DEADLINE)
        return int(text) if text else None

    def has_expired(self, now: float) -> bool:
        """The lifetime is over and the infra has obeyed."""
        return self.ends_at is not None and not self.is_up and self.ends_at <= now

    @property
    def hash(self) -> str:
        return self.labels.get(naming.HASH, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPod:
    """All of one pod that the engine has; `infra` is None where it was removed behind our back. `status` has the
    labels of the newest status volume."""

    name: str
    infra: FoundContainer | None = None
    members: Mapping[str, FoundContainer] = field(default_factory=dict)
    former: Mapping[str, FoundContainer] = field(default_factory=dict)
    """By name, those that were before the members."""
    publishers: Mapping[str, FoundContainer] = field(default_factory=dict)
    """By the text of the port that each publishes."""
    volumes: frozenset[str] = frozenset()
    spec_volumes: Mapping[int, str] = field(default_factory=dict)
    status_volumes: Mapping[int, str] = field(default_factory=dict)
    bounds_volumes: frozenset[str] = frozenset()
    """Each tells of bounds of the whole pod that are held around a run of the infra container."""
    status: Mapping[str, str] = field(default_factory=dict)
    spec: Mapping[str, Any] | None = None
    removed_since: datetime | None = None
    """When somebody began to remove the pod."""
    networks: frozenset[str] = frozenset()

    @property
    def exists(self) -> bool:
        return bool(self.infra or self.members or self.publishers or self.volumes or self.spec_volumes)

    @property
    def generation(self) -> int:
        return max(self.spec_volumes, default=1)

    @property
    def ends_at(self) -> int | None:
        return self.infra.ends_at if self.infra else None

    @property
    def sandbox(self) -> str:
        """Which run of which infra container this is; empty where it is down, or nobody has inspected."""
        infra = self.infra
        if infra is None or not infra.is_up or infra.started_at is None:
            return ""
        return f"{infra.id[:12]} {infra.started_at.timestamp():.6f}"

    def record(self, *, with_history: bool = False) -> Record | None:
        if naming.STATUS not in self.status:
            return None
        found = json.loads(self.status[naming.STATUS]) | {"generation": max(self.status_volumes)}
        if with_history:
            found["events"] = json.loads(self.status.get(naming.HISTORY, "[]"))
        return decode(Record, found)

    @property
    def containers(self) -> list[FoundContainer]:
        return [*([self.infra] if self.infra else []), *self.members.values()]

    def is_stale(self, member: FoundContainer) -> bool:
        """Whether a running member holds namespaces that are gone: it joined them when it was started, and
        its infra is down or was started again since."""
        if not member.is_up:
            return False
        if self.infra is None or not self.infra.is_up:
            return True
        return self.is_from_before(member)

    def is_from_before(self, member: FoundContainer) -> bool:
        """Whether it was started before the pod's present namespaces were there."""
        before, after = member.started_at, self.infra.started_at if self.infra else None
        return bool(before and after and after > before)
