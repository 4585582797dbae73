"""What is there of a workload's pods, as plain facts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from podlab import naming
from podlab.model.workloads import Workload
from podlab.status import Phase, PodStatus, State
from podlab.workloads.template import kind_of, ordinal_of

_STOPPED: Final = ("Stopped", "InfraMissing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """One pod of a workload. `is_ready` where nobody has asked its probe is taken for granted while it runs.
    `ready_at` is in seconds since the epoch, 0 where it is not known. `exits` has the containers that have ended with
    their exit codes, `conditions` types and states. `is_lost`: what it should be went with its infra container."""

    name: str
    ordinal: int
    revision: str
    phase: Phase = Phase.RUNNING
    is_ready: bool = True
    ready_at: float = 0
    created_at: float = 0
    restarts: int = 0
    is_lost: bool = False
    exits: tuple[tuple[str, int], ...] = ()
    conditions: tuple[tuple[str, str], ...] = ()

    @property
    def has_ended(self) -> bool:
        return self.phase in (Phase.SUCCEEDED, Phase.FAILED)

    def is_available(self, now: float, min_ready_s: int) -> bool:
        """Ready, and for long enough."""
        return self.is_ready and (not min_ready_s or now - self.ready_at >= min_ready_s)


def is_owned(status: PodStatus, workload: Workload) -> bool:
    labels = status.labels
    return (
        labels.get(naming.OWNER_KIND) == kind_of(workload)
        and labels.get(naming.OWNER_NAME) == workload.metadata.name
    )


def owned(workload: Workload, statuses: Iterable[PodStatus]) -> list[Owned]:
    """The workload's own pods, by number."""
    mine = [_owned(workload, status) for status in statuses if is_owned(status, workload)]
    return sorted(mine, key=lambda each: (each.ordinal, each.name))


def _owned(workload: Workload, status: PodStatus) -> Owned:
    # A pod that is stopped, as all are when the machine was rebooted, has not ended: it is started again.
    phase = Phase.UNKNOWN if status.reason in _STOPPED else status.phase
    since = next((c.since for c in status.conditions if c.type == "Ready" and c.status == "True"), None)
    started = since or status.created_at
    return Owned(
        name=status.name,
        ordinal=ordinal_of(workload, status.name),
        revision=status.labels.get(naming.REVISION, ""),
        phase=phase,
        is_ready=_is_ready(status),
        ready_at=started.timestamp() if started else 0,
        created_at=status.created_at.timestamp() if status.created_at else 0,
        restarts=sum(c.restart_count for c in status.containers),
        is_lost=status.reason == "InfraMissing",
        exits=tuple((c.name, c.exit_code) for c in status.containers if c.exit_code is not None),
        conditions=tuple((c.type, c.status) for c in status.conditions),
    )


def _is_ready(status: PodStatus) -> bool:
    if status.phase is not Phase.RUNNING or status.running < status.wanted:
        return False
    return all(c.is_ready is not False for c in status.containers if c.state is State.RUNNING)
