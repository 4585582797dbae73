"""`kind: Workshop`, the file `podlab.yaml`: a lesson, seats, and the pod behind each seat."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final, Literal

from podlab import quantity
from podlab.manifest import level
from podlab.model import DEFAULT_CONTAINER, PIDS_LIMIT, Metadata, Pod
from podlab.model.workloads import PodTemplate
from podlab.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats(Wire):
    """How many people the workshop takes, how many pods wait ready, and how people claim one."""

    count: int | None = None
    warm: int | None = None
    claim: Literal["code", "open", "named", "free"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal(Wire):
    """A terminal on the seat's page: a shell in that container."""

    name: str
    container: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview(Wire):
    """A web page from inside the pod, shown on the seat's page."""

    name: str
    port: int
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Images(Wire):
    """Images that a seat's own Docker daemon will want, and where it gets them."""

    preload: tuple[str, ...] = ()
    mirror: Literal["seeded", "cache", "none"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkshopSpec(Wire):
    """`lesson` is a file or folder beside `podlab.yaml`; `lifetime`, of a seat, is such as `1h30m`; `level` is what
    the pod's nested Docker daemon is given (docs/levels.md)."""

    pod: PodTemplate
    title: str | None = None
    lesson: str | None = None
    lifetime: str | None = None
    seats: Seats | None = None
    terminals: tuple[Terminal, ...] = ()
    previews: tuple[Preview, ...] = ()
    images: Images | None = None
    level: level.Choice | None = None


SEAT_PIDS: Final = "1000"
"""Processes of each container of a seat whose workshop says nothing of `podlab.io/pids-limit`: an idle seat has 50 in
all, and without a bound one seat's loop that forks takes the machine's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop(Wire):
    """`podlab/v1` Workshop."""

    metadata: Metadata
    spec: WorkshopSpec

    @property
    def lifetime_s(self) -> int | None:
        """Seconds that a seat lives; None where the workshop does not say."""
        return quantity.seconds(self.spec.lifetime) if self.spec.lifetime else None

    def pod(self, name: str = "") -> Pod:
        """One seat's pod, under the workshop's name or another. It lives as long as a seat, its first terminal's
        container is the default one, and its processes are bounded, unless the template says otherwise."""
        template = self.spec.pod
        shells = {DEFAULT_CONTAINER: self.spec.terminals[0].container} if self.spec.terminals else {}
        deadline_s = template.spec.active_deadline_seconds or self.lifetime_s
        return Pod(
            metadata=Metadata(
                name=name or self.metadata.name,
                labels=template.metadata.labels,
                annotations=shells | {PIDS_LIMIT: SEAT_PIDS} | dict(template.metadata.annotations),
            ),
            spec=dataclasses.replace(
                level.at(template.spec, self.spec.level or "auto"), active_deadline_seconds=deadline_s
            ),
        )
