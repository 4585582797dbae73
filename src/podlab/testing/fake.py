"""An engine in memory, for tests that want pods but no Docker.

It keeps the promises of `podlab.engines.base` (`tests/testing/test_fake.py` runs the contract on it), its
time is the event loop's, and its containers run the tiny programs of `podlab.testing.shell`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from podlab.engines.base import Change, PodEvent
from podlab.errors import Conflict, NotFound, Overtaken
from podlab.model import Pod
from podlab.status import Phase, PodStatus, PublishedPort, State
from podlab.testing import state
from podlab.testing.inside import Inside
from podlab.testing.shell import can_start
from podlab.testing.world import FakeContainer, FakePod

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from podlab.testing.shell import Program


class FakeEngine(Inside):
    """`images` are those it has. `programs` join those of `testing.shell`. `start` is its clock's first time.

    Closing it changes nothing: the world stays, and may be used again, also from another event loop.
    """

    name = "fake"

    def __init__(
        self,
        *,
        images: Collection[str] = ("busybox", "alpine"),
        programs: Mapping[str, Program] | None = None,
        start: datetime | None = None,
    ) -> None:
        super().__init__(programs=programs or {}, start=start)
        self.images = set(images)
        self._locks: dict[str, asyncio.Lock] = {}

    # --- wanted state

    async def plan(self, pod: Pod) -> list[Change]:
        await self._answer()
        return state.plan(self._pods.get(pod.name), pod)

    async def apply(
        self,
        pod: Pod,
        *,
        hold: Collection[str] = (),
        based_on: Pod | None = None,
        keep_on_error: bool = False,
        on_change: Callable[[Change], None] = lambda change: None,
    ) -> None:
        await self._answer()
        async with self._locks.setdefault(pod.name, asyncio.Lock()):
            changes = state.plan(self._pods.get(pod.name), pod)
            self._refuse_what_cannot_be(pod)
            before = self._pods.get(pod.name)
            if based_on is not None and (before is None or before.spec not in (based_on, pod)):
                raise Overtaken(f"pod {pod.name!r} was changed by somebody else meanwhile", subject=pod.name)
            kept = None if before is None else (before.spec, dict(before.containers))
            try:
                await self._carry_out(pod, changes, hold, on_change)
            except BaseException:
                if not keep_on_error:
                    await self._undo(pod.name, kept)
                raise

    def _refuse_what_cannot_be(self, pod: Pod) -> None:
        for container in pod.spec.containers:
            if container.image not in self.images:
                raise NotFound(
                    f"cannot create container {container.name!r}: no image {container.image!r}",
                    subject=container.image, hint="podlab images prepare",
                )  # fmt: skip
        for other in self._pods.values():
            taken = {} if other.spec.name == pod.name else other.ports
            for port in state.host_ports(pod):
                if port in taken:
                    raise Conflict(f"port {port} is taken by pod {other.spec.name!r}", subject=pod.name)

    async def _carry_out(
        self, pod: Pod, changes: Sequence[Change], hold: Collection[str], on_change: Callable[[Change], None]
    ) -> None:
        found = self._pods.get(pod.name)
        if found is None:
            found = self._pods[pod.name] = FakePod(spec=pod, created_at=self._clock.now())
            found.ports = state.host_ports(pod)
            self._happened(pod.name, "", "create")
        for change in changes:
            # an engine takes its time: others get their turn, and cancellation its chance
            await asyncio.sleep(0)
            on_change(change)
            name = change.container
            if change.verb in ("recreate", "remove"):
                await self._remove(found, found.containers.pop(name))
            if change.verb in ("create", "recreate") and (wanted := pod.container(name)):
                found.containers[name] = FakeContainer(spec=wanted)
                self._happened(pod.name, name, "create")
            if name in found.containers and name not in hold and not found.containers[name].is_running:
                self._start(found, found.containers[name])
        found.spec = pod

    async def _undo(self, name: str, kept: tuple[Pod, dict[str, FakeContainer]] | None) -> None:
        pod = self._pods[name]
        wanted = {} if kept is None else kept[1]
        for each in list(pod.containers.values()):
            if each not in wanted.values():
                await self._remove(pod, each)
        if kept is None:
            del self._pods[name]
            return
        pod.spec, pod.containers = kept[0], wanted
        for each in wanted.values():
            if each.is_wanted is False and not each.is_running:
                self._start(pod, each)

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
        self._runner.start(pod, container)

    async def _remove(self, pod: FakePod, container: FakeContainer) -> None:
        await self._runner.stop(pod, container, 0)
        self._happened(pod.spec.name, container.spec.name, "destroy")

    async def preview(self, pod: Pod) -> str:
        changed = {change.container for change in await self.plan(pod)}
        return "".join(
            f"docker run -d --name podlab-{pod.name}-{each.name} {each.image}\n"
            for each in pod.spec.containers
            if each.name in changed
        )

    async def delete(self, name: str, *, grace_s: int | None = None) -> None:
        await self._answer()
        async with self._locks.setdefault(name, asyncio.Lock()):
            pod = self._pods.get(name)
            if pod is None:
                return
            await self.stop(name, grace_s=grace_s)
            self._happened(name, "", "destroy")
            self._pods.pop(name, None)

    async def prune(self, *, dry_run: bool = False) -> list[Change]:
        await self._answer()
        ended = [each for each in await self.list() if each.phase in (Phase.SUCCEEDED, Phase.FAILED)]
        if not dry_run:
            for each in ended:
                await self.delete(each.name)
        return [
            Change(verb="remove", pod=each.name, reason=f"pod has ended ({each.phase})") for each in ended
        ]

    # --- found state

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

    # --- a pod's containers

    async def start(self, name: str, container: str | None = None) -> None:
        await self._answer()
        pod = self._pod(name)
        for each in self._chosen(name, container):
            if not each.is_running:
                self._start(pod, each)

    async def stop(self, name: str, container: str | None = None, *, grace_s: int | None = None) -> None:
        await self._answer()
        pod = self._pod(name)
        own = pod.spec.spec.termination_grace_period_seconds
        seconds = grace_s if grace_s is not None else 30 if own is None else own
        chosen = self._chosen(name, container)
        async with asyncio.TaskGroup() as group:
            for each in chosen:
                group.create_task(self._runner.stop(pod, each, seconds))

    async def restart(self, name: str, container: str | None = None, *, grace_s: int | None = None) -> None:
        await self.stop(name, container, grace_s=grace_s)
        await self.start(name, container)

    async def kill(self, name: str, container: str | None = None, *, signal: str = "KILL") -> None:
        await self._answer()
        running = [each for each in self._chosen(name, container) if each.is_running]
        if container is not None and not running:
            raise Conflict(f"container {container!r} of pod {name!r} is not running", subject=container)
        for each in running:
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

    # --- the engine itself

    async def isolated_gateway(self) -> str:
        await self._answer()
        return "10.88.0.1"

    async def version(self) -> str:
        await self._answer()
        return "1.0"

    async def close(self) -> None:
        """Nothing to close."""

    def _chosen(self, name: str, container: str | None) -> Sequence[FakeContainer]:
        return [self._container(name, container)] if container else [*self._pod(name).containers.values()]
