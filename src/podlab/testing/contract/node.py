"""What a node needs of an engine: whose turn it is, and a record that lasts."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

import pytest

from podlab.errors import NotFound, Overtaken
from podlab.model import Container, Pod
from podlab.node.conditions import summary
from podlab.pods.up import up
from podlab.record import EventRecord, Record
from podlab.status import Kind, Phase, State
from podlab.testing.contract.case import Case, member, pod_of, started_of, state_of, until

if TYPE_CHECKING:
    from podlab.engines.base import Engine

UP_S = 60


def with_inits(pod: Pod, *inits: Container) -> Pod:
    return dataclasses.replace(pod, spec=dataclasses.replace(pod.spec, init_containers=inits))


def short(name: str, image: str, script: str = "sleep 0.2") -> Container:
    return member(name, image, ["sh", "-c", script])


class Node(Case):
    async def test_init_containers_run_one_after_another_before_all_others(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = with_inits(pod_of(name, member("app", image)), short("first", image), short("second", image))
        async with self.running(engine, pod):
            planned = await engine.plan(pod)
            if state_of(await engine.get(name), "first") is State.RUNNING:  # else it was the slower one
                assert planned == []
            await engine.wait(name, "first")
            assert {c.container for c in await engine.plan(pod)} == {"second"}
            await engine.apply(pod)
            await engine.wait(name, "second")
            await engine.apply(pod)
            assert await engine.plan(pod) == []
            status = await engine.get(name)
            first, second = status.container("first"), status.container("second")
            assert first is not None
            assert second is not None
            assert (first.kind, first.reason, first.exit_code) == (Kind.INIT, "Completed", 0)
            assert first.finished_at is not None
            assert first.finished_at <= started_of(status, "second")
            assert second.finished_at is not None
            assert second.finished_at <= started_of(status, "app")
            assert (status.wanted, status.running) == (1, 1)

    async def test_what_waits_for_an_init_container_says_so(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = with_inits(pod_of(name, member("app", image)), member("first", image))
        async with self.running(engine, pod):
            for status in (await engine.get(name), {s.name: s for s in await engine.list()}[name]):
                assert (status.phase, summary(status)) == (Phase.PENDING, "Init:0/1")
                app = status.container("app")
                assert app is not None
                assert (app.state, app.reason) == (State.WAITING, "PodInitializing")
                conditions = {c.type: c.status for c in status.conditions}
                assert (conditions["Initialized"], conditions["Ready"]) == ("False", "False")

    async def test_an_init_container_that_fails_is_tried_again_as_the_policy_says(
        self, engine: Engine, image: str, name: str
    ) -> None:
        failing = short("first", image, "sleep 0.1; exit 3")
        pod = with_inits(pod_of(name, member("app", image)), failing)
        async with self.running(engine, pod):

            async def was_tried_again() -> bool:
                found = (await engine.get(name)).container("first")
                return bool(found and found.restart_count)

            await until(was_tried_again)
            assert (await engine.get(name)).phase is Phase.PENDING
        never = with_inits(pod_of(f"{name}-2", member("app", image), restart_policy="Never"), failing)
        async with self.running(engine, never):
            await engine.wait(never.name, "first")
            assert await engine.plan(never) == []
            status = await engine.get(never.name)
            assert (status.phase, summary(status)) == (Phase.FAILED, "Init:Error")
            assert state_of(status, "app") is State.WAITING

    async def test_a_sidecar_starts_in_its_turn_and_stays(
        self, engine: Engine, image: str, name: str
    ) -> None:
        proxy = member("proxy", image, restart_policy="Always")
        pod = with_inits(pod_of(name, member("app", image)), proxy, short("second", image))
        try:
            await up(engine, [pod], timeout_s=UP_S)
            status = await engine.get(name)
            assert [c.kind for c in status.containers] == [Kind.SIDECAR, Kind.INIT, Kind.MAIN]
            assert (status.wanted, status.running) == (2, 2)
            assert started_of(status, "proxy") <= started_of(status, "second") <= started_of(status, "app")
            assert summary(status) == "Running"
            assert {c.status for c in status.conditions} == {"True"}
        finally:
            await engine.delete(name, grace_s=0)

    async def test_new_namespaces_run_the_init_containers_again(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = with_inits(pod_of(name, member("app", image)), short("first", image))
        try:
            await up(engine, [pod], timeout_s=UP_S)
            before = await engine.get(name)
            await engine.stop(name, grace_s=0)
            await up(engine, [pod], timeout_s=UP_S)
            after = await engine.get(name)
            assert started_of(after, "first") > started_of(before, "app")
            assert started_of(after, "app") > started_of(after, "first")
            assert after.sandbox != before.sandbox
        finally:
            await engine.delete(name, grace_s=0)

    async def test_a_record_is_kept_until_it_is_replaced_and_goes_with_the_pod(
        self, engine: Engine, image: str, name: str
    ) -> None:
        with pytest.raises(NotFound):
            await engine.record(name)
        with pytest.raises(NotFound):
            await engine.write_record(name, Record(), based_on=0)
        event = EventRecord(at=1.5, reason="Started", container="app", message="Started container app")
        async with self.running(engine, pod_of(name, member("app", image))):
            assert await engine.record(name) is None
            await engine.write_record(name, Record().with_event(event), based_on=0)
            with pytest.raises(Overtaken):
                await engine.write_record(name, Record(), based_on=0)
            found = await engine.record(name)
            assert found is not None
            assert (found.generation, found.events) == (1, (event,))
            for number in range(1, 4):
                await engine.write_record(
                    name, dataclasses.replace(found, initialized=str(number)), based_on=number
                )
            last = await engine.record(name)
            assert last is not None
            assert (last.generation, last.initialized, last.events) == (4, "3", (event,))
        with pytest.raises(NotFound):
            await engine.record(name)
        async with self.running(engine, pod_of(name, member("app", image))):
            assert await engine.record(name) is None

    async def test_of_two_that_write_a_record_one_is_told(
        self, engine: Engine, image: str, name: str
    ) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            both = (engine.write_record(name, Record(initialized=each), based_on=0) for each in "ab")
            done = await asyncio.gather(*both, return_exceptions=True)
            assert sum(isinstance(each, Overtaken) for each in done) == 1
            found = await engine.record(name)
            assert found is not None
            assert found.initialized == ("b" if isinstance(done[0], Overtaken) else "a")

    async def test_an_agent_takes_restarts_over_and_gives_them_back(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = pod_of(name, member("app", image, ["sh", "-c", "read x; sleep 0.3; exit 1"], stdin=True))
        async with self.running(engine, pod):
            await engine.restarts(name, "app", by="agent")
            async with await engine.attach(name, "app", stdin=True) as process:
                await process.write(b"\n")
                await engine.wait(name, "app")
            await asyncio.sleep(0.6)
            assert state_of(await engine.get(name), "app") is State.TERMINATED
            assert {c.container for c in await engine.plan(pod)} == {"app"}
            await engine.restarts(name, "app", by="engine")
            await engine.start(name, "app")
            async with await engine.attach(name, "app", stdin=True) as process:
                await process.write(b"\n")

                async def was_restarted() -> bool:
                    found = (await engine.get(name)).container("app")
                    return bool(found and found.restart_count)

                await until(was_restarted)
