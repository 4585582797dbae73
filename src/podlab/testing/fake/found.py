"""The found state: what a fake engine tells about its pods."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from podlab.errors import Overtaken
from podlab.node import conditions, order
from podlab.status import Kind, PodStatus, PublishedPort
from podlab.testing.fake import state
from podlab.testing.fake.pods import Pods

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from podlab.engines.base import PodEvent
    from podlab.model import Pod
    from podlab.record import Record
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
        spec, wanted = pod.spec.spec, pod.spec.members
        place = {each.name: number for number, each in enumerate(wanted)}
        there = sorted(pod.containers.values(), key=lambda each: place.get(each.spec.name, len(place)))
        containers = (*state.cleared_away(pod), *(state.container_status(pod, each) for each in there))
        phase = state.phase(pod, containers)
        return PodStatus(
            name=name, phase=phase, containers=containers, sandbox=pod.sandbox,
            wanted=sum(order.kind(pod.spec, each.name) is not Kind.INIT for each in wanted),
            conditions=conditions.conditions(
                phase, containers, [each.name for each in spec.init_containers],
                [each.name for each in spec.containers], has_sandbox=not pod.is_down, record=pod.record,
            ),
            labels=pod.spec.metadata.labels, annotations=pod.spec.metadata.annotations, ip="10.88.0.2",
            ports=tuple(
                PublishedPort(host_ip="0.0.0.0", host_port=host, container_port=inside)
                for host, inside in pod.ports.items()
            ),
            created_at=pod.created_at, ends_at=pod.ends_at,
        )  # fmt: skip

    async def record(self, name: str) -> Record | None:
        await self._answer()
        return self._pod(name).record

    async def write_record(self, name: str, record: Record, *, based_on: int) -> None:
        await self._answer()
        pod = self._pod(name)
        if (pod.record.generation if pod.record else 0) != based_on:
            raise Overtaken(
                f"what is known of pod {name!r} was written by somebody else meanwhile", subject=name
            )
        pod.record = dataclasses.replace(record, generation=based_on + 1)

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
