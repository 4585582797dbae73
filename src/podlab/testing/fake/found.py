"""The found state: what a fake engine tells about its pods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podlab.status import PodStatus, PublishedPort
from podlab.testing.fake import state
from podlab.testing.fake.pods import Pods

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from podlab.engines.base import PodEvent
    from podlab.model import Pod
    from podlab.testing.fake.world import FakePod


class Found(Pods):
    async def spec(self, name: str) -> Pod:
        await self._answer()
        return self._pod(name).spec

    async def get(self, name: str) -> PodStatus:
        await self._answer()
        return self._status(self._pod(name))

    async def list(self) -> list[PodStatus]:
        await self._answer()
        return [self._status(self._pods[name]) for name in sorted(self._pods)]

    def _status(self, pod: FakePod) -> PodStatus:
        name = pod.spec.name
        containers = tuple(state.container_status(pod, each) for each in pod.containers.values())
        phase = state.phase(pod)
        return PodStatus(
            name=name, phase=phase, wanted=len(pod.spec.spec.containers), containers=containers,
            labels=pod.spec.metadata.labels, annotations=pod.spec.metadata.annotations, ip="10.88.0.2",
            ports=tuple(
                PublishedPort(host_ip="0.0.0.0", host_port=host, container_port=inside)
                for host, inside in pod.ports.items()
            ),
            created_at=pod.created_at, ends_at=pod.ends_at,
        )  # fmt: skip

    async def expired(self) -> Sequence[str]:
        await self._answer()
        now = self._clock.now()
        return sorted(
            name for name, pod in self._pods.items() if pod.ends_at is not None and pod.ends_at <= now
        )

    async def watch(
        self, name: str = "", *, since: datetime | None = None, follow: bool = True
    ) -> AsyncIterator[PodEvent]:
        await self._answer()
        begin = since or self._clock.now()
        position = 0 if since else len(self._events)
        while True:
            for event in self._events[position:]:
                position += 1
                if event.at >= begin and name in ("", event.pod):
                    yield event
            if not follow:
                return
            seen = position
            await self._runner.changed.until(lambda: len(self._events) > seen)  # noqa: B023  (awaited at once)
