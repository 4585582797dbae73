"""The agent as a pod's node on a real engine: what crashes, what is over, what is not well."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from podlab.agent import Agent
from podlab.engines.docker.engine import DockerEngine
from podlab.model import Container, EmptyDir, ExecAction, Metadata, Pod, PodSpec, Probe, Volume, VolumeMount
from podlab.node.conditions import summary
from podlab.pods.up import up
from podlab.status import ContainerStatus, Phase, PodStatus, State

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]
SOON_S = 90
"""On a machine that is busy with other things."""


def container(image: str, name: str, script: str, **settings: Any) -> Container:
    return Container(
        name=name, image=image, command=("sh", "-c", script),
        volume_mounts=(VolumeMount(name="shared", mount_path="/shared"),), **settings,
    )  # fmt: skip


def pod_of(name: str, *mains: Container, inits: tuple[Container, ...] = (), **spec: Any) -> Pod:
    shared = Volume(name="shared", empty_dir=EmptyDir())
    return Pod(
        metadata=Metadata(name=name),
        spec=PodSpec(
            containers=mains,
            init_containers=inits,
            volumes=(shared,),
            termination_grace_period_seconds=1,
            **spec,
        ),
    )


@pytest.fixture
async def agent(engine: DockerEngine, pod_name: str) -> AsyncIterator[None]:
    task = asyncio.create_task(Agent(engine, tends=lambda name: name.startswith(pod_name)).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(engine: DockerEngine, name: str, is_so: Callable[[PodStatus], object]) -> PodStatus:
    began = time.monotonic()
    while not is_so(status := await engine.get(name)):
        assert time.monotonic() - began < SOON_S, f"{summary(status)}: {status}"
        await asyncio.sleep(0.2)
    return status


def part(status: PodStatus, name: str) -> ContainerStatus:
    found = status.container(name)
    assert found
    return found


async def test_what_crashes_is_restarted_once_and_then_held_back(
    engine: DockerEngine, pod_name: str, image: str, agent: None
) -> None:
    try:
        await engine.apply(pod_of(pod_name, container(image, "app", "sleep 1; exit 4")))
        status = await until(engine, pod_name, lambda s: "back-off" in part(s, "app").message)
        app = part(status, "app")
        assert (app.state, app.reason, status.phase) == (State.WAITING, "CrashLoopBackOff", Phase.RUNNING)
        assert app.restart_count == 1
        assert app.message.startswith("back-off 10s ")
        assert app.last is not None
        assert (app.last.exit_code, app.last.reason) == (4, "Error")
        began = time.monotonic()
        await until(engine, pod_name, lambda s: part(s, "app").restart_count == 2)
        assert time.monotonic() - began > 5
    finally:
        await engine.delete(pod_name, grace_s=0)


async def test_a_sidecar_that_crashes_is_restarted_and_ends_with_the_pod(
    engine: DockerEngine, pod_name: str, image: str, agent: None
) -> None:
    crash = (
        "if [ -e /shared/once ]; then trap 'exit 9' TERM; while :; do sleep 0.1; done; fi;"
        " touch /shared/once; sleep 1; exit 5"
    )
    proxy = container(image, "proxy", crash, restart_policy="Always")
    app = container(image, "app", "while ! [ -e /shared/end ]; do sleep 0.1; done")
    try:
        await engine.apply(pod_of(pod_name, app, inits=(proxy,), restart_policy="OnFailure"))

        def is_back(status: PodStatus) -> bool:
            proxy = part(status, "proxy")
            return proxy.restart_count == 1 and proxy.state is State.RUNNING and proxy.last is not None

        status = await until(engine, pod_name, is_back)
        last = part(status, "proxy").last
        assert last is not None
        assert (last.exit_code, last.reason) == (5, "Error")
        async with await engine.exec(pod_name, "app", ["touch", "/shared/end"]) as process:
            while await process.read():
                pass
        status = await until(engine, pod_name, lambda s: part(s, "proxy").state is State.TERMINATED)
        assert part(status, "proxy").exit_code == 9
        assert status.phase is Phase.SUCCEEDED
    finally:
        await engine.delete(pod_name, grace_s=0)


async def test_a_container_is_ready_and_alive_as_its_probes_say(
    engine: DockerEngine, pod_name: str, image: str, agent: None
) -> None:
    check = ExecAction(command=("test", "-e", "/shared/well"))
    probe = Probe(exec=check, period_seconds=1, failure_threshold=2, timeout_seconds=9)
    ready = container(image, "ready", "sleep 1000", readiness_probe=probe)
    alive = container(image, "alive", "touch /shared/well; sleep 1000", liveness_probe=probe)
    try:
        await up(engine, [pod_of(pod_name, ready, alive)], timeout_s=SOON_S)
        status = await until(engine, pod_name, lambda s: part(s, "ready").is_ready)
        assert part(status, "alive").restart_count == 0
        async with await engine.exec(pod_name, "ready", ["rm", "/shared/well"]) as process:
            while await process.read():
                pass
        status = await until(engine, pod_name, lambda s: part(s, "alive").restart_count == 1)
        record = await engine.record(pod_name)
        assert record is not None
        told = {e.reason: e.message for e in record.events if e.container == "alive"}
        assert told["Killing"] == "Container alive failed liveness probe, will be restarted"
        await until(engine, pod_name, lambda s: s.conditions[2].status == "True")
    finally:
        await engine.delete(pod_name, grace_s=0)
