"""All that is judged. `gather` finds it out; tests make it up. None is: could not be found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from podlab.doctor.limit import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """From the engine's `/version` and `/info`."""

    address: str
    chosen_by: str
    product: str
    version: str
    api_version: str
    kernel: str
    system: str
    host_name: str
    cpus: int
    memory_bytes: int
    data_root: str
    storage_driver: str
    backing_filesystem: str
    has_file_types: bool
    """Whether the file system keeps file types in its directories (d_type), which overlay needs."""
    cgroup_version: int
    cgroup_driver: str
    security: frozenset[str]
    """`seccomp`, `apparmor`, `selinux`, `rootless`, `userns`, `cgroupns`."""
    missing_limits: tuple[str, ...]
    """Of `memory`, `pids`, `cpu`: those that this engine cannot limit."""
    address_pools: tuple[tuple[str, int], ...]
    """Base network and prefix length; the engine's own default where nobody set any."""
    running: int
    """Containers, whoever started them."""
    clock_ahead_s: float
    """How far the engine's clock is ahead of ours, give or take half of the request's time."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """Of the machine on which the engine runs, seen by a container there, or by ourselves where we are on it."""

    seen_by: str
    values: Mapping[str, int]
    """`MemAvailable`, `free_bytes`, `free_inodes`, `tasks`, and kernel settings such as `kernel/pid_max`."""

    def get(self, key: str) -> int | None:
        return self.values.get(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Something was tried on the engine. `said`: what the engine or the container said to it."""

    worked: bool
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """At which addresses of the engine's machine a listener was there, and at which of those a container in the seats'
    network reached it. `problem`: why it could not be tried."""

    listening: frozenset[str] = frozenset()
    reached: frozenset[str] = frozenset()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFacts:
    """One network of the engine; `used` counts its endpoints."""

    name: str
    subnets: tuple[str, ...]
    is_ours: bool = False
    used: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LabFacts:
    """What podlab and the person at the keyboard have around the engine."""

    docker_cli: str | None = None
    images: frozenset[str] = frozenset()
    """Those of podlab's own set that are on the engine."""
    pods: int = 0
    expired: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()
    """What `podlab prune` would remove, a line each."""
    registry: Attempt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """An image that a workshop needs and the engine does not have. `can_be_built`: podlab has a recipe for it."""

    reference: str
    can_be_built: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkshopFacts:
    """Of the workshop that is to be given. `memory_limit_bytes` and `pids_limit` are what all containers of one seat
    may take; None where one of them has no limit. `unlimited` names those without a limit of memory."""

    name: str
    seats: int
    mirror: str
    """`seeded`, `cache` or `none`."""
    missing: tuple[ImageFacts, ...] = ()
    """Of its pods."""
    carried: tuple[str, ...] = ()
    """Not here, but in the bundle that it comes from."""
    mirrored: tuple[str, ...] = ()
    """In the mirror already, or on the engine, so that they will be."""
    unmirrored: tuple[ImageFacts, ...] = ()
    """Named by the workshop or its lesson, and neither here nor there."""
    elsewhere: tuple[str, ...] = ()
    """Named by the lesson, and no mirror can stand in for their registry."""
    untold: tuple[str, ...] = ()
    """Containers whose daemon will not know of the mirror."""
    level: str = "none"
    level_warning: str = ""
    level_problem: tuple[str, str] | None = None
    """What is wrong and what to do, where the engine cannot keep the workshop's level."""
    firewall: Attempt | None = None
    """Whether the machine can be closed to seats. None where nobody tried: podlab's image for it is not there."""
    firewall_fix: str = ""
    memory_limit_bytes: int | None = None
    pids_limit: int | None = None
    unlimited: tuple[str, ...] = ()
    unbounded_volumes: tuple[str, ...] = ()
    """That a seat can fill until the engine's disk is full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Attempts are None where nobody tried: no image to try with, or it was not asked for.

    Without an engine, `unreachable` has what failed and what to do.
    """

    engine: EngineFacts | None = None
    unreachable: tuple[str, str] | None = None
    machine: MachineFacts | None = None
    networks: tuple[NetworkFacts, ...] = ()
    lab: LabFacts = field(default_factory=LabFacts)
    privileged: Attempt | None = None
    caps: Attempt | None = None
    rootless: Attempt | None = None
    nested: Attempt | None = None
    reach: Reach | None = None
    share: Share = field(default_factory=Share)
    workshop: WorkshopFacts | None = None
