"""What can be done with the containers of a fake engine's pods."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal, cast

from podlab.errors import Conflict, NotFound
from podlab.node import stopping
from podlab.status import State
from podlab.testing.fake import state
from podlab.testing.fake.pods import Pods
from podlab.testing.fake.shell import can_start

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.testing.fake.world import FakeContainer, FakePod


class Containers(Pods):
    async def start(self, name: str, container: str | None = None) -> None:
        await self._answer()
        pod = self._pod(name)
        if pod.is_down:
            pod.is_down, pod.began_at = False, self._clock.now()
        turn, _ = state.line(pod, pod.spec)
        for each in self._chosen(name, container):
            has_its_turn = container is not None or each.spec.name in turn
            if not each.is_running and has_its_turn:
                self._start(pod, each)

    async def stop(self, name: str, container: str | None = None, *, grace_s: int | None = None) -> None:
        await self._answer()
        pod = self._pod(name)
        seconds = pod.spec.spec.grace_s if grace_s is None else grace_s
        chosen = self._chosen(name, container)
        pod.is_down |= container is None

        async def halt(name: str, grace_s: int) -> None:
            if each := pod.containers.get(name):  # removed meanwhile
                await self._runner.stop(pod, each, grace_s)

        running = [each.spec.name for each in chosen if each.is_running]
        if any(stopping.goes_in_order(each.spec) for each in chosen):
            await stopping.stop(cast("Engine", self), pod.spec, running, grace_s=seconds, halt=halt)
        async with asyncio.TaskGroup() as group:
            for each in chosen:
                group.create_task(self._runner.stop(pod, each, seconds))

    async def restarts(self, name: str, container: str, *, by: Literal["agent", "engine"]) -> None:
        await self._answer()
        self._container(name, container).by_agent = by == "agent"

    async def restart(self, name: str, container: str | None = None, *, grace_s: int | None = None) -> None:
        await self.stop(name, container, grace_s=grace_s)
        await self.start(name, container)

    async def kill(self, name: str, container: str | None = None, *, signal: str = "KILL") -> None:
        await self._answer()
        running = [each for each in self._chosen(name, container) if each.is_running]
        if container is not None and not running:
            raise Conflict(f"container {container!r} of pod {name!r} is not running", subject=container)
        for each in running:
            self._happened(name, each.spec.name, "kill")
            self._runner.signal(each, signal)

    async def pause(self, name: str, container: str | None = None) -> None:
        await self._turn(name, container, State.RUNNING, State.PAUSED, "pause")

    async def unpause(self, name: str, container: str | None = None) -> None:
        await self._turn(name, container, State.PAUSED, State.RUNNING, "unpause")

    async def _turn(self, name: str, container: str | None, old: State, new: State, action: str) -> None:
        await self._answer()
        for each in self._chosen(name, container):
            if each.state is old:
                each.state = new
                self._happened(name, each.spec.name, action)

    async def wait(self, name: str, container: str) -> int:
        await self._answer()
        found = self._container(name, container)
        await self._runner.changed.until(lambda: found.state is State.TERMINATED)
        return found.exit_code or 0

    def _start(self, pod: FakePod, container: FakeContainer) -> None:
        command = container.spec.command or ("sh",)
        folder = container.spec.working_dir
        if not can_start(self._programs, command) or (folder and container.files.get(folder)):
            container.state, container.exit_code = State.TERMINATED, 127
            raise NotFound(
                f"cannot start container {container.spec.name!r} of pod {pod.spec.name!r}: "
                f"no program {command[0]!r}, or its working directory is a file",
                subject=container.spec.name,
            )
        container.restart_count = 0  # it counts what it does by itself
        self._runner.start(pod, container)
