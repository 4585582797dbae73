"""The agent as a node: back-off, probes, init containers, and what it leaves to the next; in virtual time."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from podlab.agent import Action, Agent
from podlab.clock import LoopClock
from podlab.model import CLEAN_RESTARTS, Container, ExecAction, Metadata, Pod, PodSpec, Probe
from podlab.node.conditions import summary
from podlab.pods.up import up
from podlab.record import Record
from podlab.status import ContainerStatus, Phase, State
from podlab.testing.fake import FakeEngine

pytestmark = pytest.mark.virtual_time


def container(name: str = "app", script: str = "sleep 100000", **settings: object) -> Container:
    return Container(name=name, image="busybox", command=("sh", "-c", script), **settings)  # type: ignore[arg-type]


def checked(**settings: int) -> Probe:
    return Probe(exec=ExecAction(command=("test", "-e", "/well")), period_seconds=1, **settings)  # type: ignore[arg-type]


def pod_of(*mains: Container, inits: tuple[Container, ...] = (), **spec: object) -> Pod:
    spec.setdefault("termination_grace_period_seconds", 1)
    return Pod(
        metadata=Metadata(name="web"),
        spec=PodSpec(containers=mains, init_containers=inits, **spec),  # type: ignore[arg-type]
    )


@asynccontextmanager
async def agent(engine: FakeEngine, *, is_killed: bool = False) -> AsyncIterator[list[Action]]:
    """`is_killed`: it ends without its last words, as by SIGKILL."""
    actions: list[Action] = []
    one = Agent(engine, LoopClock(), on_action=actions.append)
    if is_killed:
        one._end = _nothing  # type: ignore[method-assign]
    task = asyncio.create_task(one.run())
    try:
        yield actions
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and task.exception():
            raise task.exception()  # type: ignore[misc]


async def _nothing() -> None:
    return


async def found(engine: FakeEngine, name: str = "app") -> ContainerStatus:
    status = (await engine.get("web")).container(name)
    assert status
    return status


async def record(engine: FakeEngine) -> Record:
    known = await engine.record("web")
    assert known
    return known


async def until(engine: FakeEngine, is_so: Callable[[ContainerStatus], object], within_s: float = 60) -> None:
    async with asyncio.timeout(within_s):
        while not is_so(await found(engine)):  # noqa: ASYNC110 - an engine has no event to wait for
            await asyncio.sleep(0.1)


def moments(engine: FakeEngine, action: str = "start", name: str = "app") -> list[float]:
    return [e.at.timestamp() for e in engine._events if (e.action, e.container) == (action, name)]


async def test_what_crashes_again_and_again_is_held_back_ever_longer() -> None:
    engine = FakeEngine()
    await engine.apply(pod_of(container(script="sleep 3; exit 1")))
    async with agent(engine):
        await asyncio.sleep(200)
        starts, ends = moments(engine), moments(engine, "die")
        pauses = [after - before for before, after in zip(ends, starts[1:], strict=False)]
        assert pauses[0] < 3
        assert [round(pause, -1) for pause in pauses[1:5]] == [10, 20, 40, 80]
        assert all(
            0 <= pause - wanted < 3 for pause, wanted in zip(pauses[1:5], [10, 20, 40, 80], strict=True)
        )
        await until(engine, lambda c: c.reason == "CrashLoopBackOff")
        status = await engine.get("web")
        assert (status.phase, summary(status)) == (Phase.RUNNING, "CrashLoopBackOff")
        app = await found(engine)
        assert app.state is State.WAITING
        assert "restarting failed container=app pod=web" in app.message
        assert app.last is not None
        assert (app.last.exit_code, app.last.reason) == (1, "Error")
        assert app.restart_count == len(moments(engine)) - 1
        reasons = {e.reason: e.count for e in (await record(engine)).events}
        assert reasons["BackOff"] >= 4
        conditions = {c.type: (c.status, c.since) for c in status.conditions}
        assert conditions["Ready"][0] == "False"
        assert conditions["Ready"][1] is not None


async def test_a_restart_policy_is_kept() -> None:
    for policy, code, again in (("OnFailure", 0, False), ("OnFailure", 1, True), ("Never", 1, False)):
        engine = FakeEngine()
        await engine.apply(pod_of(container(script=f"sleep 3; exit {code}"), restart_policy=policy))
        async with agent(engine):
            await asyncio.sleep(60)
            assert (len(moments(engine)) > 2) == again


async def test_an_agent_that_is_killed_leaves_the_back_off_to_the_next_and_one_that_ends_to_the_engine() -> (
    None
):
    engine = FakeEngine()
    await engine.apply(pod_of(container(script="sleep 1; exit 1")))
    async with agent(engine, is_killed=True):
        await asyncio.sleep(60)
        await until(engine, lambda c: c.reason == "CrashLoopBackOff")
        count = len(moments(engine))
        before = (await record(engine)).of("app")
    await asyncio.sleep(20)
    assert (await found(engine)).reason == "CrashLoopBackOff"
    async with agent(engine):
        assert before.not_before is not None
        await asyncio.sleep(90)
        assert len(moments(engine)) == count + 1
        after = (await record(engine)).of("app")
        assert after.ends == before.ends + 1
    assert not (await record(engine)).of("app").by_agent
    assert (await found(engine)).state is State.RUNNING
    await asyncio.sleep(20)
    assert len(moments(engine)) > count + 4


async def test_somebody_s_kill_is_repaired_at_once_every_time() -> None:
    engine = FakeEngine()
    await engine.apply(pod_of(container()))
    async with agent(engine):
        await asyncio.sleep(10)
        for number in range(4):
            await engine.kill("web", "app")
            await until(engine, lambda c: c.state is State.RUNNING, within_s=5 + number)
            await asyncio.sleep(130)


async def test_a_container_that_fails_its_liveness_probe_is_restarted() -> None:
    engine = FakeEngine()
    await engine.apply(pod_of(container(liveness_probe=checked(failure_threshold=3))))
    engine._pods["web"].containers["app"].files["/well"] = None
    async with agent(engine) as actions:
        await asyncio.sleep(30)
        assert len(moments(engine)) == 1
        del engine._pods["web"].containers["app"].files["/well"]
        await asyncio.sleep(5)
        assert len(moments(engine)) == 2
        engine._pods["web"].containers["app"].files["/well"] = None
        await asyncio.sleep(10)
        assert (await found(engine)).restart_count == 1
        events = {e.reason: e.message for e in (await record(engine)).events}
        assert events["Unhealthy"].startswith("Liveness probe failed: ")
        assert events["Killing"] == "Container app failed liveness probe, will be restarted"
    assert [a.verb for a in actions if a.verb == "killed"] == ["killed"]


async def test_a_pod_is_ready_as_its_readiness_probes_say_and_the_record_grows_only_then() -> None:
    engine = FakeEngine()
    await engine.apply(pod_of(container(readiness_probe=checked(failure_threshold=2))))
    async with agent(engine):
        await asyncio.sleep(5)
        app = await found(engine)
        assert app.is_ready is False
        engine._pods["web"].containers["app"].files["/well"] = None
        await asyncio.sleep(5)
        ready = await engine.get("web")
        assert {c.type: c.status for c in ready.conditions}["Ready"] == "True"
        generation = (await record(engine)).generation
        await asyncio.sleep(120)
        assert (await record(engine)).generation == generation
        del engine._pods["web"].containers["app"].files["/well"]
        await asyncio.sleep(5)
        assert (await found(engine)).is_ready is False
        assert len(moments(engine)) == 1


async def test_init_containers_that_nobody_waits_for_are_brought_through() -> None:
    engine = FakeEngine()
    proxy = container("proxy", restart_policy="Always", startup_probe=checked(failure_threshold=99))
    inits = (container("first", "sleep 2"), proxy, container("last", "sleep 2"))
    async with agent(engine):
        await up(engine, [pod_of(container(), inits=inits)], wait=False)
        await asyncio.sleep(10)
        assert [e.container for e in engine._events if e.action == "start"] == ["first", "proxy"]
        engine._pods["web"].containers["proxy"].files["/well"] = None
        await until(engine, lambda c: c.state is State.RUNNING)
        assert [e.container for e in engine._events if e.action == "start"] == [
            "first",
            "proxy",
            "last",
            "app",
        ]
        await asyncio.sleep(5)
        assert summary(await engine.get("web")) == "Running"


async def test_an_agent_that_is_killed_at_any_moment_is_continued_by_the_next() -> None:
    for killed_after_s in (0.5, 1.5, 2.5, 3.5, 4.5, 6.0):
        engine = FakeEngine()
        inits = (container("first", "sleep 1"), container("second", "sleep 1"))
        await engine.apply(pod_of(container(), inits=inits))
        async with agent(engine, is_killed=True):
            await asyncio.sleep(killed_after_s)
        await asyncio.sleep(1)
        async with agent(engine):
            await until(engine, lambda c: c.state is State.RUNNING)
            await asyncio.sleep(5)
        assert [e.container for e in engine._events if e.action == "start"] == ["first", "second", "app"]


async def test_two_agents_do_no_harm() -> None:
    engine = FakeEngine()
    app = container(script="sleep 5; exit 1")
    await engine.apply(pod_of(app, inits=(container("first", "sleep 1"),)))
    async with agent(engine) as one, agent(engine) as other:
        await asyncio.sleep(60)
        starts, ends = moments(engine), moments(engine, "die")
        assert len(moments(engine, name="first")) == 1
        pauses = [after - before for before, after in zip(ends, starts[1:], strict=False)]
        assert all(0 <= pause - wanted < 4 for pause, wanted in zip(pauses[1:3], [10, 20], strict=True))
        assert not [a for a in (*one, *other) if a.verb == "failed"]


async def test_plain_pods_that_run_have_no_record() -> None:
    engine = FakeEngine()
    await engine.apply(pod_of(container()))
    async with agent(engine):
        await asyncio.sleep(100)
        assert await engine.record("web") is None


async def test_a_sidecar_that_is_stopped_with_its_pod_stays_so() -> None:
    engine = FakeEngine()
    proxy = container("proxy", restart_policy="Always")
    async with agent(engine):
        await up(engine, [pod_of(container(script="sleep 5"), inits=(proxy,), restart_policy="OnFailure")])
        await asyncio.sleep(60)
        assert (await engine.get("web")).phase is Phase.SUCCEEDED
        app, stopped = await found(engine), await found(engine, "proxy")
        assert (app.state, stopped.state) == (State.TERMINATED, State.TERMINATED)
        assert stopped.restart_count == 0


async def test_clean_restarts_back_off_from_the_first_end_on_and_go_on_after_the_agent() -> None:
    engine = FakeEngine()
    clean = {CLEAN_RESTARTS: "true"}
    pod = pod_of(container(script="sleep 1; exit 3"), container("side"))
    pod = dataclasses.replace(pod, metadata=Metadata(name="web", annotations=clean))
    loop = asyncio.get_running_loop()
    async with agent(engine):
        await engine.apply(pod)
        first = (await found(engine)).container_id
        await until(engine, lambda c: c.restart_count == 1)
        assert (await found(engine)).container_id != first
        await until(engine, lambda c: c.reason == "CrashLoopBackOff")
        began = loop.time()
        assert "back-off 10s" in (await found(engine)).message
    await asyncio.sleep(20)
    assert (await found(engine)).restart_count == 1  # nobody else restarts it
    async with agent(engine):
        await until(engine, lambda c: c.restart_count == 2)
        assert loop.time() - began >= 10
        last = (await found(engine)).last
        assert last is not None
        assert last.exit_code == 3
