"""Lifecycle hooks on the fake engine: when they run, what their failure does, and in which words."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from podlab.model import (
    Container,
    ContainerPort,
    ExecAction,
    HTTPGetAction,
    Lifecycle,
    LifecycleHandler,
    Metadata,
    Pod,
    PodSpec,
    SleepAction,
)
from podlab.node.hooks import post_start, pre_stop
from podlab.node.probing import Result
from podlab.status import State
from podlab.testing.fake import FakeEngine
from podlab.testing.fake.shell import Program, Standard
from tests.node import servers

pytestmark = pytest.mark.virtual_time


def run(*command: str) -> LifecycleHandler:
    return LifecycleHandler(exec=ExecAction(command=command))


def sleep(seconds: int) -> LifecycleHandler:
    return LifecycleHandler(sleep=SleepAction(seconds=seconds))


def app(
    name: str = "app", *, after: LifecycleHandler | None = None, before: LifecycleHandler | None = None
) -> Container:
    return Container(
        name=name, image="busybox", command=("sleep", "1000"), lifecycle=Lifecycle(post_start=after, pre_stop=before),
        ports=(ContainerPort(container_port=8080, name="web"),),
    )  # fmt: skip


def pod_of(*containers: Container, init: Sequence[Container] = (), grace_s: int = 30) -> Pod:
    spec = PodSpec(
        containers=containers, init_containers=tuple(init), termination_grace_period_seconds=grace_s,
        restart_policy="Never",
    )  # fmt: skip
    return Pod(metadata=Metadata(name="web"), spec=spec)


class World:
    """An engine with a program `note WORD` that writes down when it was run."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, float]] = []

        async def note(std: Standard, args: Sequence[str]) -> int:
            self.notes.append((args[0], round(asyncio.get_running_loop().time() - self.began, 1)))
            return 0

        programs: dict[str, Program] = {"note": note, "server": servers.listening(8080, servers.web({}))}
        self.engine = FakeEngine(programs=programs)
        self.began = 0.0

    async def up(self, pod: Pod) -> None:
        await self.engine.apply(pod)
        self.began = asyncio.get_running_loop().time()

    @property
    def took_s(self) -> float:
        return asyncio.get_running_loop().time() - self.began

    async def state(self, container: str = "app") -> State:
        found = (await self.engine.get("web")).container(container)
        assert found is not None
        return found.state


@pytest.fixture
def world() -> World:
    return World()


async def test_a_container_without_hooks_has_passed(world: World) -> None:
    pod = pod_of(app())
    await world.up(pod)
    assert await post_start(world.engine, pod, pod.spec.containers[0]) == Result(True)
    assert await pre_stop(world.engine, pod, pod.spec.containers[0], timeout_s=1) == Result(True)


async def test_a_hook_that_fails_after_the_start_stops_the_container(world: World) -> None:
    pod = pod_of(app(after=run("sh", "-c", "echo no disk; exit 3")))
    await world.up(pod)
    result = await post_start(world.engine, pod, pod.spec.containers[0])
    assert result == Result(
        False,
        'Exec lifecycle hook ([sh -c echo no disk; exit 3]) for Container "app" in Pod "web" failed - '
        "exit code 3: no disk",
    )
    assert await world.state() is State.TERMINATED


async def test_any_answer_to_a_request_is_one(world: World) -> None:
    get = LifecycleHandler(http_get=HTTPGetAction(port="web", path="/begun"))
    server = Container(
        name="app", image="busybox", command=("server",), ports=(ContainerPort(container_port=8080, name="web"),),
        lifecycle=Lifecycle(post_start=get),
    )  # fmt: skip
    pod = pod_of(server)
    await world.up(pod)
    await asyncio.sleep(1)
    assert await post_start(world.engine, pod, server) == Result(True)  # 404, as in Kubernetes
    nobody = pod_of(app(after=get))
    await world.engine.delete("web", grace_s=0)
    await world.up(nobody)
    result = await post_start(world.engine, nobody, nobody.spec.containers[0])
    assert not result.passed
    assert result.message.startswith(
        'HTTP lifecycle hook (/begun) for Container "app" in Pod "web" failed - '
    )


async def test_a_hook_before_the_end_is_over_in_time_or_ended(world: World) -> None:
    pod = pod_of(app(before=run("sleep", "100")))
    await world.up(pod)
    result = await pre_stop(world.engine, pod, pod.spec.containers[0], timeout_s=5)
    assert world.took_s == pytest.approx(5, abs=0.1)
    assert "not over within 5 s" in result.message


@pytest.mark.parametrize("whole", [True, False])
async def test_a_stop_runs_the_hook_first(world: World, whole: bool) -> None:
    pod = pod_of(app(before=run("sh", "-c", "sleep 3; note bye")))
    await world.up(pod)
    await world.engine.stop("web", None if whole else "app")
    assert world.notes == [("bye", 3.0)]
    assert await world.state() is State.TERMINATED


async def test_a_restart_and_a_delete_run_it_too(world: World) -> None:
    pod = pod_of(app(before=run("note", "bye")))
    await world.up(pod)
    await world.engine.restart("web", "app")
    await world.engine.restart("web")
    assert await world.state() is State.RUNNING
    await world.engine.delete("web")
    assert [word for word, _ in world.notes] == ["bye"] * 3


async def test_without_a_grace_period_no_hook_is_run(world: World) -> None:
    await world.up(pod_of(app(before=run("note", "bye"))))
    await world.engine.delete("web", grace_s=0)
    assert not world.notes
    await world.up(pod_of(app(before=run("note", "bye")), grace_s=0))
    await world.engine.delete("web")
    assert not world.notes
    assert world.took_s == pytest.approx(0, abs=0.1)


async def test_a_hook_takes_from_the_grace_period_and_leaves_the_signal_a_moment(world: World) -> None:
    deaf = Container(
        name="app", image="busybox", command=("sh", "-c", "trap '' TERM; sleep 1000"),
        lifecycle=Lifecycle(pre_stop=sleep(6)),
    )  # fmt: skip
    await world.up(pod_of(deaf, grace_s=10))
    await asyncio.sleep(1)
    await world.engine.stop("web")
    assert world.took_s - 1 == pytest.approx(10, abs=0.2)
    await world.engine.delete("web", grace_s=0)
    await world.up(pod_of(deaf, grace_s=5))
    await asyncio.sleep(1)
    await world.engine.stop("web")
    assert world.took_s - 1 == pytest.approx(7, abs=0.2)


async def test_a_hook_that_fails_keeps_nobody_from_stopping_and_is_told_of(world: World) -> None:
    await world.up(pod_of(app(before=run("false")), app("side", before=run("false"))))
    await world.engine.stop("web")
    assert await world.state() is State.TERMINATED
    record = await world.engine.record("web")
    assert record is not None
    assert sorted((e.reason, e.container, e.is_warning) for e in record.events) == [
        ("FailedPreStopHook", "app", True), ("FailedPreStopHook", "side", True),
    ]  # fmt: skip


def sidecar(name: str) -> Container:
    """It says when it is told to stop."""
    return Container(
        name=name, image="busybox", command=("sleep", "1000"), restart_policy="Always",
        lifecycle=Lifecycle(pre_stop=run("note", name)),
    )  # fmt: skip


async def ends(world: World, *names: str) -> list[float]:
    found = (await world.engine.get("web")).containers
    at = {c.name: c.finished_at for c in found}
    first = min(t for t in at.values() if t)
    return [round((t - first).total_seconds()) for name in names if (t := at[name])]


async def up_with_sidecars(world: World, *containers: Container, grace_s: int = 30) -> None:
    pod = pod_of(*containers, init=(sidecar("proxy"), sidecar("log")), grace_s=grace_s)
    await world.up(pod)
    async with asyncio.timeout(10):
        while (await world.engine.get("web")).running < len(pod.members):
            await asyncio.sleep(0.1)
            await world.engine.apply(pod)
    world.began = asyncio.get_running_loop().time()


async def test_sidecars_stop_last_the_last_one_first(world: World) -> None:
    await up_with_sidecars(world, app("quick"), app("slow", before=sleep(4)))
    await world.engine.stop("web")
    assert await ends(world, "quick", "slow", "log", "proxy") == [0, 4, 4, 4]
    found = (await world.engine.get("web")).containers
    slow, log, proxy = (next(c.finished_at for c in found if c.name == n) for n in ("slow", "log", "proxy"))
    assert slow and log and proxy
    assert slow < log < proxy
    assert {word for word, at in world.notes if at < 1} == {"proxy", "log"}  # hooks wait for nobody


async def test_sidecars_do_not_wait_longer_than_the_grace_period(world: World) -> None:
    deaf = Container(name="deaf", image="busybox", command=("sh", "-c", "trap '' TERM; sleep 1000"))
    await up_with_sidecars(world, deaf, grace_s=6)
    await world.engine.delete("web")
    assert world.took_s == pytest.approx(6, abs=0.3)
