"""The wanted state: how the pods of a fake engine change."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from podlab.engines.base import Change
from podlab.errors import AlreadyExists, NotFound, Overtaken
from podlab.objects.environment import environment
from podlab.status import Phase
from podlab.testing.fake import state
from podlab.testing.fake.containers import Containers
from podlab.testing.fake.found import Found
from podlab.testing.fake.objects import Objects
from podlab.testing.fake.world import FakeContainer, FakePod, host_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from podlab.model import Pod
    from podlab.objects import Object
    from podlab.testing.fake.shell import Program


class Wanted(Found, Containers, Objects):
    """`images` are those that it has."""

    def __init__(
        self, *, images: Collection[str], programs: Mapping[str, Program], start: datetime | None
    ) -> None:
        super().__init__(programs=programs, start=start)
        self.images = set(images)
        self._locks: dict[str, asyncio.Lock] = {}

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
            made = {c.container for c in changes if c.verb in ("create", "recreate")}
            self._need(pod, [c for c in pod.members if c.name in made])
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
        for container in pod.members:
            if container.image not in self.images:
                raise NotFound(
                    f"cannot create container {container.name!r}: no image {container.image!r}",
                    subject=container.image, hint="podlab images prepare",
                )  # fmt: skip
        for other in self._pods.values():
            taken = {} if other.spec.name == pod.name or other.is_down else other.ports
            for port in state.host_ports(pod):
                if port in taken:
                    raise AlreadyExists(f"port {port} is taken by pod {other.spec.name!r}", subject=pod.name)

    async def _carry_out(
        self, pod: Pod, changes: Sequence[Change], hold: Collection[str], on_change: Callable[[Change], None]
    ) -> None:
        found = self._pods.get(pod.name)
        if found is None:
            found = self._pods[pod.name] = FakePod(spec=pod, created_at=self._clock.now())
            found.ports, found.own_ports = state.host_ports(pod), state.published_ports(pod)
            self._happened(pod.name, "", "create")
        if found.is_down:
            found.is_down, found.began_at = False, self._clock.now()
        turn, _ = state.line(found, pod)
        for change in changes:
            # an engine takes its time: others get their turn, and cancellation its chance
            await asyncio.sleep(0)
            on_change(change)
            name = change.container
            if change.verb in ("recreate", "remove"):
                await self._remove(found, found.containers.pop(name))
            if change.verb == "set aside" and name not in hold:
                found.former[name] = found.containers.pop(name)
            if name not in found.containers and change.verb != "remove" and (wanted := pod.container(name)):
                found.containers[name] = FakeContainer(spec=wanted)
                found.containers[name].files |= host_name(pod, self._clock.now())
                self._furnish(pod, found.containers[name])
                self._happened(pod.name, name, "create")
            if change.verb == "update" and (wanted := pod.container(name)):
                found.containers[name].spec = wanted
                self._happened(pod.name, name, "update")
            if change.verb == "stop":
                await self._runner.stop(found, found.containers[name], 0)
                found.containers[name].is_wanted = True
            if (
                name in turn - set(hold)
                and name in found.containers
                and not found.containers[name].is_running
            ):
                self._start(found, found.containers[name])
        found.spec, found.ports = pod, state.host_ports(pod)

    async def _undo(self, name: str, kept: tuple[Pod, dict[str, FakeContainer]] | None) -> None:
        pod = self._pods[name]
        wanted = {} if kept is None else kept[1]
        for each in list(pod.containers.values()):
            if each not in wanted.values():
                await self._remove(pod, each)
        if kept is None:
            del self._pods[name]
            return
        pod.spec, pod.containers, pod.ports = kept[0], wanted, state.host_ports(kept[0])
        for each in wanted.values():
            if each.is_wanted is False and not each.is_running:
                self._start(pod, each)

    async def _remove(self, pod: FakePod, container: FakeContainer) -> None:
        await self._runner.stop(pod, container, 0)
        self._keep(pod.spec, container)
        self._happened(pod.spec.name, container.spec.name, "destroy")

    async def preview(self, pod: Pod, *, objects: Collection[Object] = ()) -> str:
        changed = {change.container for change in await self.plan(pod)}
        members = [each for each in pod.members if each.name in changed]
        around = self._shown(pod, members, objects)
        lines = []
        for each in members:
            env = [f"--env '{key}={value}' " for key, value in environment(pod, each, around).items()]
            lines.append(f"docker run -d --name podlab-{pod.name}-{each.name} {''.join(env)}{each.image}\n")
        return "".join(lines)

    async def delete(self, name: str, *, grace_s: int | None = None) -> None:
        await self._answer()
        async with self._locks.setdefault(name, asyncio.Lock()):
            pod = self._pods.get(name)
            if pod is None:
                return
            await self.stop(name, grace_s=grace_s)
            self._happened(name, "", "destroy")
            for container in pod.containers.values():
                self._keep(pod.spec, container)
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
