"""One run of a container: its postStart hook, then its probes for as long as it runs.

https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from podlab.node import hooks, order, tracker
from podlab.node.decide import News
from podlab.node.probing import probe
from podlab.node.tracker import Kind, Track

if TYPE_CHECKING:
    from podlab.clock import Clock
    from podlab.engines.base import Engine
    from podlab.model import Container, Pod
    from podlab.record import ContainerRecord
    from podlab.status import ContainerStatus

UNHEALTHY = "Unhealthy"


class Watch:
    """`news` is what is known of the run by now; `on_news` is called when that has changed. `kinds` are the probes to
    run beside the startup probe. `known` is what a record tells of the same run."""

    def __init__(
        self,
        engine: Engine,
        pod: Pod,
        container: Container,
        found: ContainerStatus,
        known: ContainerRecord,
        *,
        clock: Clock,
        kinds: Collection[Kind],
        on_news: Callable[[], None],
    ) -> None:
        self._engine, self._pod, self._container = engine, pod, container
        self._clock, self._on_news = clock, on_news
        self._began_at = found.started_at.timestamp() if found.started_at else clock.now()
        self._probes = {kind: p for kind, p in tracker.probes_of(container).items() if kind in kinds}
        is_same = known.run == found.run
        self.news = News(
            run=found.run, started=known.started if is_same else None, ready=known.ready if is_same else None
        )

    async def run(self) -> None:
        """Until cancelled, or nothing is left to find out."""
        if order.has_gate(self._container) and not self.news.started and not await self._start():
            return
        kinds = [kind for kind in (Kind.READINESS, Kind.LIVENESS) if kind in self._probes]
        await asyncio.gather(*(self._follow(kind) for kind in kinds))

    async def _start(self) -> bool:
        """Hook and startup probe. Where one fails, the run is over."""
        done = await hooks.post_start(self._engine, self._pod, self._container)
        if not done.passed:
            self._tell(started=False, condemned=hooks.FAILED_POST_START, message=done.message)
            return False
        if self._container.startup_probe is not None and not await self._follow(Kind.STARTUP):
            return False
        self._tell(started=True)
        return True

    async def _follow(self, kind: Kind) -> bool:
        """Whether the probe has passed: at once for a startup probe, else only a failure ends it."""
        wanted = tracker.probes_of(self._container)[kind]
        now = self._clock.now()
        began_at = self._began_at if kind is Kind.STARTUP else max(self._began_at, now - 1)
        verdict = self.news.ready if kind is Kind.READINESS else None
        track = Track.begin(kind, wanted, started_at=began_at, now=now, verdict=verdict)
        while True:
            if (rest_s := track.look_at - self._clock.now()) > 0:
                await self._clock.sleep(rest_s)
            now, before = self._clock.now(), track.verdict
            result = await probe(self._engine, self._pod, self._container, wanted)
            track = track.after(result.passed, result.message, now=now)
            if track.verdict is before:
                continue
            if kind is Kind.READINESS:
                self._tell(ready=track.verdict, message=track.message)
            elif track.verdict is False:
                self._condemn(kind, track)
                return False
            elif kind is Kind.STARTUP:
                return True

    def _condemn(self, kind: Kind, track: Track) -> None:
        self._tell(
            condemned=UNHEALTHY,
            message=f"{kind} probe failed: {track.message}",
            why=f"failed {kind.lower()} probe",
            grace_s=track.probe.termination_grace_period_seconds,
        )

    def _tell(self, **found: object) -> None:
        self.news = replace(self.news, **found)  # type: ignore[arg-type]
        self._on_news()
