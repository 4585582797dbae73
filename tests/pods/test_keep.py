"""Init containers, sidecars, hooks and startup probes on the way up, on the fake engine."""

from __future__ import annotations

import pytest

from podlab.errors import PodlabError, TimedOut
from podlab.model import (
    Container,
    ExecAction,
    Lifecycle,
    LifecycleHandler,
    Metadata,
    Pod,
    PodSpec,
    Probe,
)
from podlab.node.conditions import summary
from podlab.pods.ready import Progress
from podlab.pods.up import up
from podlab.status import Kind, Phase, State
from podlab.testing.fake import FakeEngine

pytestmark = pytest.mark.virtual_time


def sleeper(name: str = "app", **settings: object) -> Container:
    return Container(name=name, image="busybox", command=("sleep", "600"), **settings)  # type: ignore[arg-type]


def init(name: str, script: str = "sleep 0.3", **settings: object) -> Container:
    return Container(name=name, image="busybox", command=("sh", "-c", script), **settings)  # type: ignore[arg-type]


def pod_of(*inits: Container, mains: tuple[Container, ...] = (), **spec: object) -> Pod:
    return Pod(
        metadata=Metadata(name="web"),
        spec=PodSpec(containers=mains or (sleeper(),), init_containers=inits, **spec),  # type: ignore[arg-type]
    )


def started(engine: FakeEngine) -> list[str]:
    return [e.container for e in engine._events if e.action == "start"]


def moments(engine: FakeEngine) -> list[tuple[str, str]]:
    return [(e.container, e.action) for e in engine._events if e.action in ("start", "die")]


async def test_init_containers_run_one_by_one_before_the_containers() -> None:
    engine = FakeEngine()
    await up(engine, [pod_of(init("first"), init("second"))], timeout_s=60)
    assert moments(engine) == [
        ("first", "start"), ("first", "die"), ("second", "start"), ("second", "die"), ("app", "start"),
    ]  # fmt: skip
    status = await engine.get("web")
    assert (status.phase, status.wanted, status.running) == (Phase.RUNNING, 1, 1)
    assert [(c.name, c.kind, c.reason) for c in status.containers] == [
        ("first", Kind.INIT, "Completed"), ("second", Kind.INIT, "Completed"), ("app", Kind.MAIN, ""),
    ]  # fmt: skip
    assert {c.type: c.status for c in status.conditions} == {
        "PodReadyToStartContainers": "True", "Initialized": "True", "Ready": "True", "ContainersReady": "True",
        "PodScheduled": "True",
    }  # fmt: skip
    record = await engine.record("web")
    assert record is not None
    assert record.initialized
    assert [e.reason for e in record.events if e.container == "first"] == ["Started", "Exited"]


async def test_while_an_init_container_runs_the_others_wait_and_say_so() -> None:
    engine = FakeEngine()
    with pytest.raises(
        TimedOut, match=r"container 'first' runs, and others wait for it; container 'app' is waiting"
    ):
        await up(engine, [pod_of(init("first", "sleep 600"))], timeout_s=2)
    status = await engine.get("web")
    assert status.phase is Phase.PENDING
    assert summary(status) == "Init:0/1"
    assert [c.reason for c in status.containers] == ["", "PodInitializing"]
    conditions = {c.type: (c.status, c.reason, c.message) for c in status.conditions}
    assert conditions["Initialized"] == (
        "False", "ContainersNotInitialized", "containers with incomplete status: [first]",
    )  # fmt: skip
    assert conditions["Ready"] == ("False", "ContainersNotReady", "containers with unready status: [app]")


async def test_a_failed_init_container_is_tried_again_but_never_under_never() -> None:
    engine = FakeEngine()
    once = init("first", "test -e /there; exit 1")
    with pytest.raises(PodlabError, match="container 'first' failed with exit code 1"):
        await up(engine, [pod_of(once, restart_policy="Never")], timeout_s=60)
    status = await engine.get("web")
    assert (status.phase, summary(status)) == (Phase.FAILED, "Init:Error")
    assert started(engine) == ["first"]
    again = FakeEngine()
    with pytest.raises(PodlabError, match="container 'first'"):
        await up(again, [pod_of(once)], timeout_s=60)
    assert len(started(again)) > 2
    assert set(started(again)) == {"first"}


async def test_a_sidecar_is_up_before_those_behind_it_and_stays() -> None:
    engine = FakeEngine()
    proxy = sleeper("proxy", restart_policy="Always")
    await up(engine, [pod_of(proxy, init("second"))], timeout_s=60)
    assert moments(engine) == [
        ("proxy", "start"), ("second", "start"), ("second", "die"), ("app", "start"),
    ]  # fmt: skip
    status = await engine.get("web")
    assert (status.wanted, status.running) == (2, 2)


async def test_a_sidecar_lets_nobody_pass_before_its_startup_probe() -> None:
    engine = FakeEngine()
    probe = Probe(exec=ExecAction(command=("test", "-e", "/up")), failure_threshold=100)
    proxy = sleeper("proxy", restart_policy="Always", startup_probe=probe)
    told: list[Progress] = []

    def on_progress(progress: Progress) -> None:
        told.append(progress)
        if "startup probe" in progress.message:
            assert "app" not in started(engine)
            engine._pods["web"].containers["proxy"].files["/up"] = None

    await up(engine, [pod_of(proxy)], timeout_s=60, on_progress=on_progress)
    assert started(engine) == ["proxy", "app"]
    found = (await engine.get("web")).container("proxy")
    assert found is not None
    assert found.is_started is True
    assert any("startup probe" in each.message for each in told)


async def test_a_container_whose_startup_probe_fails_is_restarted() -> None:
    engine = FakeEngine()
    probe = Probe(exec=ExecAction(command=("false",)), period_seconds=1, failure_threshold=2)
    app = sleeper(startup_probe=probe, name="app")
    pod = pod_of(mains=(app,), termination_grace_period_seconds=1)
    with pytest.raises(PodlabError):
        await up(engine, [pod], timeout_s=20)
    assert len(started(engine)) > 1
    record = await engine.record("web")
    assert record is not None
    assert {"Unhealthy", "Killing"} <= {e.reason for e in record.events}


async def test_a_container_counts_as_started_when_its_hook_is_done() -> None:
    engine = FakeEngine()
    hook = Lifecycle(post_start=LifecycleHandler(exec=ExecAction(command=("sleep", "3"))))
    pod = pod_of(mains=(sleeper(lifecycle=hook),))
    with pytest.raises(TimedOut, match="postStart"):
        await up(engine, [pod], timeout_s=1)
    await up(engine, [pod], timeout_s=30)
    found = (await engine.get("web")).container("app")
    assert found is not None
    assert (found.is_started, found.restart_count) == (True, 0)


async def test_a_pod_that_was_stopped_as_a_whole_runs_its_init_containers_again() -> None:
    engine = FakeEngine()
    pod = pod_of(init("first"), termination_grace_period_seconds=1)
    await up(engine, [pod], timeout_s=60)
    await engine.stop("web")
    await up(engine, [pod], timeout_s=60)
    assert started(engine) == ["first", "app", "first", "app"]
    assert (await engine.get("web")).running == 1


async def test_what_was_done_and_cleared_away_is_not_done_again() -> None:
    engine = FakeEngine()
    pod = pod_of(init("first"))
    await up(engine, [pod], timeout_s=60)
    del engine._pods["web"].containers["first"]
    await up(engine, [pod], timeout_s=60)
    assert started(engine) == ["first", "app"]


async def test_an_up_that_was_killed_is_finished_by_the_next() -> None:
    engine = FakeEngine()
    pod = pod_of(init("first"), init("second"))
    await engine.apply(pod)
    assert await engine.plan(pod) == []
    await engine.wait("web", "first")
    await up(engine, [pod], timeout_s=60)
    assert started(engine) == ["first", "second", "app"]


async def test_pods_that_need_no_node_have_no_record() -> None:
    engine = FakeEngine()
    probe = Probe(exec=ExecAction(command=("true",)))
    await up(engine, [pod_of(mains=(sleeper(readiness_probe=probe),))], timeout_s=60)
    assert await engine.record("web") is None
    assert (await engine.get("web")).containers[0].state is State.RUNNING
