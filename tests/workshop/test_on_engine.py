"""A pool and an agent on the real engine: claim, reset, resume, and what `docker kill` does to a seat."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from podlab.agent import Action, Agent
from podlab.engines.base import Change, PodEvent
from podlab.engines.docker.engine import DockerEngine
from podlab.manifest.workshop import Workshop
from podlab.model import Container, Pod
from podlab.status import PodStatus
from podlab.workshop.pool import Pool
from podlab.workshop.seat import PersonId, State
from podlab.workshop.store import opened
from tests.conftest import docker
from tests.workshop.conftest import workshop_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]
ANN, BOB = PersonId("ann"), PersonId("bob")


class OwnPods(DockerEngine):
    """The real engine, with none but this test's pods in sight: other tests run beside it, and an agent that saw
    their pods would repair and remove them, too. `seen_whole` counts how often a pod was found as it
    should be; nothing is applied while `may_apply` is not set."""

    prefix = ""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.seen_whole = 0
        self.may_apply = asyncio.Event()
        self.may_apply.set()

    async def apply(self, pod: Pod, **settings: Any) -> None:
        await self.may_apply.wait()
        await super().apply(pod, **settings)

    async def plan(self, pod: Pod) -> builtins.list[Change]:
        changes = await super().plan(pod)
        self.seen_whole += not changes
        return changes

    async def watch(self, name: str = "", **settings: Any) -> AsyncIterator[PodEvent]:
        async for event in super().watch(name, **settings):
            if event.pod.startswith(self.prefix):
                yield event

    async def list(self) -> builtins.list[PodStatus]:
        return [status for status in await super().list() if status.name.startswith(self.prefix)]

    async def expired(self) -> Sequence[str]:
        return [name for name in await super().expired() if name.startswith(self.prefix)]


@pytest.fixture
async def real(docker_host: str, pod_name: str) -> AsyncIterator[OwnPods]:
    engine = await OwnPods.connect(docker_host)
    engine.prefix = pod_name
    yield engine
    await engine.close()


def small(name: str, image: str) -> Workshop:
    """Two containers that sleep."""
    made = workshop_of(name, image=image, count=4, warm=1)
    containers = tuple(
        Container(name=each, image=image, command=("sleep", "100000")) for each in ("work", "side")
    )
    template = replace(made.spec.pod, spec=replace(made.spec.pod.spec, containers=containers))
    return replace(made, spec=replace(made.spec, pod=template))


async def until(is_so: Callable[[], Awaitable[bool]], timeout_s: float = 90) -> None:
    async with asyncio.timeout(timeout_s):
        while not await is_so():  # noqa: ASYNC110 - the engine and the pool are looked at from outside
            await asyncio.sleep(0.05)


async def at_rest(pool: Pool) -> None:
    async def is_so() -> bool:
        free = sum(s.state is State.WARM for s in pool.seats)
        return free >= pool.warm and all(s.is_ready or s.state is State.ENDED for s in pool.seats)

    await until(is_so)


async def remove_all(engine: DockerEngine, name: str) -> None:
    for status in await engine.list():
        if status.name.startswith(name):
            await engine.delete(status.name, grace_s=0)


async def run(engine: DockerEngine, pod: str, *command: str) -> int:
    async with await engine.exec(pod, "work", list(command)) as process:
        while await process.read() is not None:
            pass
        return await process.wait()


async def test_seats_are_claimed_reset_and_taken_up_again(
    real: OwnPods, image: str, pod_name: str, tmp_path: Path
) -> None:
    workshop, path = small(pod_name, image), tmp_path / "lab.sqlite"
    try:
        async with opened(path) as store, Pool(real, workshop, store) as pool:
            await at_rest(pool)
            real.may_apply.clear()
            seat = await pool.claim(ANN, "Ann")  # no pod is waited for
            real.may_apply.set()
            assert (seat.pod, seat.state) == (f"{pod_name}-01", State.CLAIMED)
            await at_rest(pool)
            assert await run(real, seat.pod, "touch", "/tmp/mine") == 0
            await pool.reset(seat.id)
            await at_rest(pool)
            assert await run(real, seat.pod, "test", "-e", "/tmp/mine") == 1
            assert pool.seat_of(ANN) == replace(seat, ends_at=pool.seat(seat.id).ends_at)
            assert await run(real, seat.pod, "touch", "/tmp/mine") == 0
            coming = await pool.claim(BOB)
            await pool.claim(PersonId("cem"))  # one that is still being made when we stop
        async with opened(path) as store, Pool(real, workshop, store) as pool:
            await at_rest(pool)
            assert [(s.id, s.state) for s in pool.seats] == [
                (1, State.CLAIMED), (2, State.CLAIMED), (3, State.CLAIMED), (4, State.WARM),
            ]  # fmt: skip
            assert (await pool.claim(BOB)).id == coming.id
            assert await run(real, seat.pod, "test", "-e", "/tmp/mine") == 0
            for each in pool.seats:
                pool.resize(count=0, warm=0)
                await pool.end(each.id)

            async def is_empty() -> bool:
                return not [s for s in await real.list() if s.name.startswith(pod_name)]

            await until(is_empty)
    finally:
        await remove_all(real, pod_name)


@asynccontextmanager
async def watched_seat(
    engine: DockerEngine, image: str, name: str, path: Path
) -> AsyncIterator[tuple[str, list[Action]]]:
    actions: list[Action] = []
    try:
        async with opened(path) as store, Pool(engine, small(name, image), store) as pool:
            pool.resize(warm=0)
            seat = await pool.claim(ANN)
            await until(lambda: _is(pool.seat(seat.id).is_ready))
            agent = asyncio.create_task(Agent(engine, owner=pool, on_action=actions.append).run())
            await asyncio.sleep(0.3)
            yield seat.pod, actions
            agent.cancel()
            await asyncio.wait([agent])
            assert agent.cancelled()
    finally:
        await remove_all(engine, name)


async def _is(value: bool) -> bool:
    return value


ACCIDENTS = {
    "the infra is killed": ["kill podlab-{}-infra"],
    "the infra is restarted": ["restart -t 0 podlab-{}-infra"],
    "the infra is removed": ["rm -f podlab-{}-infra"],
    "a member is killed": ["kill podlab-{}-work"],
    "a member is stopped": ["stop -t 0 podlab-{}-side"],
    "a member is removed": ["rm -f podlab-{}-work"],
    "everything is removed": ["rm -f podlab-{0}-work podlab-{0}-side podlab-{0}-infra"],
}


@pytest.mark.parametrize("accident", ACCIDENTS)
async def test_a_seat_comes_back_whatever_happens_to_it(
    accident: str, real: DockerEngine, image: str, pod_name: str, tmp_path: Path
) -> None:
    async with watched_seat(real, image, pod_name, tmp_path / "lab.sqlite") as (pod, actions):
        wanted = await real.spec(pod)
        for line in ACCIDENTS[accident]:
            done = await asyncio.to_thread(docker, *line.format(pod).split())
            assert done.returncode == 0, done.stderr

        async def is_whole() -> bool:
            return bool(actions) and not await real.plan(wanted)

        await until(is_whole)
        # It may have looked while the engine was still removing, and tried again.
        assert {action.verb for action in actions} <= {"repaired", "failed"} and actions[-1].verb == "repaired"
        for container in ("work", "side"):  # one network again
            seen = docker("exec", f"podlab-{pod}-{container}", "ip", "-o", "addr", "show", "eth0")
            assert b"eth0" in seen.stdout, seen.stderr


async def test_without_an_owner_only_accidents_are_repaired(real: OwnPods, image: str, pod_name: str) -> None:
    pod = replace(small(pod_name, image).pod())
    actions: list[Action] = []
    agent = asyncio.create_task(
        Agent(real, on_action=lambda a: actions.append(a) if a.pod == pod_name else None).run()
    )
    try:
        await real.apply(pod)

        async def is_seen_whole() -> bool:
            return real.seen_whole > 0

        await until(is_seen_whole)
        await real.stop(pod_name, "side", grace_s=0)
        assert docker("kill", f"podlab-{pod_name}-work").returncode == 0

        async def is_repaired() -> bool:
            return bool(actions)

        await until(is_repaired)
        status = await real.get(pod_name)
        assert {c.name: c.state.value for c in status.containers} == {"work": "running", "side": "terminated"}
        await real.stop(pod_name, grace_s=0)
        await asyncio.sleep(3)
        assert (await real.get(pod_name)).running == 0
        await real.delete(pod_name, grace_s=0)
        await asyncio.sleep(3)
        assert pod_name not in [s.name for s in await real.list()]
        assert [a.verb for a in actions] == ["repaired"]
    finally:
        agent.cancel()
        await asyncio.wait([agent])
        await remove_all(real, pod_name)
