"""What can be done with a pod's containers."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from podlab.engines.base import Engine, Sharing
from podlab.errors import Conflict, Invalid
from podlab.model import CLEAN_RESTARTS
from podlab.status import State
from podlab.testing.contract.case import (
    SOON_S,
    Case,
    collect,
    id_of,
    member,
    pod_of,
    started_of,
    state_of,
    until,
)


class Containers(Case):
    async def test_a_container_is_stopped_and_started(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image), member("side", image))):
            await engine.stop(name, "app")
            found = await engine.get(name)
            assert state_of(found, "app") is State.TERMINATED
            assert state_of(found, "side") is State.RUNNING
            await engine.stop(name, "app")  # stopped already: no error
            await engine.start(name, "app")
            await engine.start(name, "app")  # started already: no error
            assert (await engine.get(name)).running == 2

    async def test_a_whole_pod_is_stopped_started_and_restarted(
        self, engine: Engine, image: str, name: str
    ) -> None:
        async with self.running(engine, pod_of(name, member("app", image), member("side", image))):
            await engine.stop(name)
            assert (await engine.get(name)).running == 0
            await asyncio.sleep(0.5)  # long enough for a restart policy to take effect, if it did
            assert (await engine.get(name)).running == 0
            await engine.start(name)
            started = await engine.get(name)
            assert started.running == 2
            await engine.restart(name)
            again = await engine.get(name)
            assert again.running == 2
            assert started_of(again, "app") > started_of(started, "app")
            assert await self.run(engine, name, "true") == (b"", b"", 0)
            rows = await engine.namespaces(name)
            assert Sharing.STALE not in {sharing for row in rows for sharing in row.sharing.values()}

    async def test_after_the_grace_period_a_stop_kills(self, engine: Engine, image: str, name: str) -> None:
        stubborn = ["sh", "-c", "trap '' TERM; echo deaf; read x; sleep 1000"]
        pod = pod_of(name, member("app", image, stubborn, stdin=True))
        async with self.running(engine, pod):
            await until(lambda: collect(engine.logs(name, "app")))
            began = asyncio.get_running_loop().time()
            await engine.stop(name, "app", grace_s=1)
            assert asyncio.get_running_loop().time() - began >= 0.9
            app = (await engine.get(name)).container("app")
            assert app is not None
            assert app.exit_code == 137

    async def test_where_restarts_are_clean_the_engine_restarts_nothing_and_apply_makes_it_anew(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = pod_of(name, member("app", image, ["sh", "-c", "echo run; read x; sleep 1000"], stdin=True))
        pod = dataclasses.replace(
            pod, metadata=dataclasses.replace(pod.metadata, annotations={CLEAN_RESTARTS: "true"})
        )
        async with self.running(engine, pod):
            await until(lambda: collect(engine.logs(name, "app")))
            before = await engine.get(name)
            await engine.kill(name, "app")
            await engine.wait(name, "app")
            await asyncio.sleep(0.5)
            assert state_of(await engine.get(name), "app") is State.TERMINATED
            assert {change.container for change in await engine.plan(pod)} == {"app"}
            await engine.apply(pod, hold=["app"])
            assert id_of(await engine.get(name), "app") == id_of(before, "app")
            await engine.apply(pod)
            after = await engine.get(name)
            assert state_of(after, "app") is State.RUNNING
            assert id_of(after, "app") != id_of(before, "app")
            assert await collect(engine.logs(name, "app", previous=True)) == [b"run"]
            assert await engine.plan(pod) == []

    async def test_a_pod_without_work_stops_at_once(self, engine: Engine, image: str, name: str) -> None:
        """`sleep` as PID 1 would ignore SIGTERM and cost the whole grace period."""
        pod = pod_of(name, member("app", image), termination_grace_period_seconds=30)
        async with self.running(engine, pod):
            async with asyncio.timeout(SOON_S):
                await engine.stop(name)

    async def test_a_signal_is_sent(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image), restart_policy="Never")):
            await engine.kill(name, "app", signal="TERM")
            async with asyncio.timeout(SOON_S):
                assert await engine.wait(name, "app") == 143

    async def test_a_signal_that_does_not_exist_is_invalid(
        self, engine: Engine, image: str, name: str
    ) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            with pytest.raises(Invalid):
                await engine.kill(name, "app", signal="NOPE")
            assert (await engine.get(name)).running == 1

    async def test_what_needs_a_running_container_is_a_conflict_without_one(
        self, engine: Engine, image: str, name: str
    ) -> None:
        async with self.running(engine, pod_of(name, member("app", image), member("side", image))):
            await engine.stop(name, "app")
            for call in (
                engine.exec(name, "app", ["true"]), engine.kill(name, "app"), engine.processes(name, "app"),
            ):  # fmt: skip
                with pytest.raises(Conflict):
                    await call
            await engine.kill(name)  # those that run

    async def test_a_restart_keeps_the_pods_namespaces_and_starts_what_was_stopped(
        self, engine: Engine, image: str, name: str
    ) -> None:
        async with self.running(engine, pod_of(name, member("app", image), member("side", image))):
            before = await engine.get(name)
            await engine.stop(name, "app")
            await engine.restart(name)
            after = await engine.get(name)
            assert (after.running, after.ip) == (2, before.ip)
            assert started_of(after, "side") > started_of(before, "side")

    async def test_a_pause_freezes(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image), member("side", image))):
            await engine.pause(name, "app")
            found = await engine.get(name)
            assert (state_of(found, "app"), state_of(found, "side")) == (State.PAUSED, State.RUNNING)
            await engine.unpause(name, "app")
            await engine.pause(name)
            assert {c.state for c in (await engine.get(name)).containers} == {State.PAUSED}
            await engine.unpause(name)
            assert (await engine.get(name)).running == 2
