"""When a probe is to be run, and what its results amount to. Pure: it is told the time and every result.

https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#configure-probes
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Self

from podlab.model import Container, Probe

PERIOD_S: Final = 10
SUCCESS_THRESHOLD: Final = 1
FAILURE_THRESHOLD: Final = 3
FIRST_PAUSE_S, LAST_PAUSE_S, PAUSE_GROWS = 0.1, 1.0, 1.6
"""Between two early looks; after the verdict that it fails they grow on to the period. Each costs the engine an
exec, some 50 ms of a processor."""


class Kind(StrEnum):
    """The value is Kubernetes' word in events: `Readiness probe failed: …`."""

    STARTUP = "Startup"
    READINESS = "Readiness"
    LIVENESS = "Liveness"


def probes_of(container: Container) -> Mapping[Kind, Probe]:
    """Those that the container has. While a startup probe has not passed, the others are not run."""
    found = {
        Kind.STARTUP: container.startup_probe,
        Kind.READINESS: container.readiness_probe,
        Kind.LIVENESS: container.liveness_probe,
    }
    return {kind: probe for kind, probe in found.items() if probe is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One probe of one run of a container: a restarted container gets a new one. Times are seconds of any clock
    that only goes forward.

    `verdict` is what counts now: None until the first threshold is reached, True when the probe passes, False when
    it fails: then a container is not ready (readiness), or to be killed (startup, liveness) with the probe's
    `termination_grace_period_seconds`, where it says one. `message` is that of the last result.

    Run the probe at `due_at`, or already at `look_at`: the same, but earlier while the probe has not passed yet, so
    that nobody waits a period of 10 s for what came up after one. A look before its time can pass; that it fails
    counts for nothing, so that a container has as long as it says.
    """

    kind: Kind
    probe: Probe
    due_at: float
    look_at: float
    verdict: bool | None = None
    message: str = ""
    streak: int = 0
    """Results in a row: passed, or failed as a negative number."""
    pause_s: float = FIRST_PAUSE_S

    @classmethod
    def begin(
        cls, kind: Kind, probe: Probe, *, started_at: float, now: float, verdict: bool | None = None
    ) -> Self:
        """`started_at` is the container's start; `verdict` is what is known from before, if this goes on with a
        container that runs for long."""
        due_at = max(now, started_at + (probe.initial_delay_seconds or 0))
        return cls(kind=kind, probe=probe, due_at=due_at, look_at=due_at, verdict=verdict)

    def after(self, passed: bool, message: str, *, now: float) -> Track:
        """The track with one more result; `now` is when the probe was begun."""
        period_s = self.probe.period_seconds or PERIOD_S
        is_early = now < self.due_at
        streak = max(self.streak, 0) + 1 if passed else min(self.streak, 0) - (not is_early)
        verdict = self.verdict
        if streak >= (self.probe.success_threshold or SUCCESS_THRESHOLD):
            verdict = True
        elif -streak >= (self.probe.failure_threshold or FAILURE_THRESHOLD):
            verdict = False
        due_at = self.due_at if is_early and not verdict else now + period_s
        pause_s = (
            FIRST_PAUSE_S if verdict else min(self.pause_s, LAST_PAUSE_S if verdict is None else period_s)
        )
        return replace(
            self,
            verdict=verdict,
            message=message,
            streak=streak,
            due_at=due_at,
            look_at=due_at if verdict else min(due_at, now + pause_s),
            pause_s=pause_s if verdict else pause_s * PAUSE_GROWS,
        )
