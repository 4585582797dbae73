"""The pods that a fake engine has, and what all that it can do with them starts from."""

from __future__ import annotations

import asyncio
import copy
from typing import TYPE_CHECKING

from podlab.engines.base import PodEvent
from podlab.errors import NotFound, PodlabError
from podlab.testing.fake.runner import Runner
from podlab.testing.fake.shell import PROGRAMS, Program
from podlab.testing.fake.world import Clock, FakeContainer, FakePod

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


class Pods:
    """`programs` join those of `shell`. `start` is the clock's first time."""

    def __init__(self, *, programs: Mapping[str, Program], start: datetime | None) -> None:
        self.failure: PodlabError | None = None
        """Set it to make every call fail: an engine that does not answer."""
        self._programs = {**PROGRAMS, **programs}
        self._clock = Clock(start)
        self._pods: dict[str, FakePod] = {}
        self._events: list[PodEvent] = []
        self._runner = Runner(self._clock, self._programs, self._happened)

    async def _answer(self) -> None:
        await asyncio.sleep(0)
        if self.failure is not None:
            raise copy.copy(self.failure)

    def _happened(self, pod: str, container: str, action: str) -> None:
        told = {}
        if action == "die" and (found := self._pods[pod].containers.get(container)):
            ran = self._clock.now() - (found.started_at or self._clock.now())
            told = {"exitCode": str(found.exit_code), "execDuration": str(int(ran.total_seconds()))}
        event = PodEvent(at=self._clock.now(), pod=pod, container=container, action=action, attributes=told)
        self._events.append(event)
        self._runner.changed.notify()

    def _pod(self, name: str) -> FakePod:
        if name not in self._pods:
            raise NotFound(f"no pod {name!r}", subject=name, hint="podlab ps -a lists pods")
        return self._pods[name]

    def _container(self, name: str, container: str) -> FakeContainer:
        pod = self._pod(name)
        if container not in pod.containers:
            raise NotFound(
                f"no container {container!r} in pod {name!r}", subject=container,
                hint=f"it has {', '.join(pod.containers) or 'none'}",
            )  # fmt: skip
        return pod.containers[container]

    def _chosen(self, name: str, container: str | None) -> Sequence[FakeContainer]:
        return [self._container(name, container)] if container else [*self._pod(name).containers.values()]
