"""Waiting until a pod is ready, on the fake engine: what counts, what is told, and when to give up."""

from __future__ import annotations

import pytest

from podlab.errors import PodlabError, TimedOut
from podlab.model import Container, ExecAction, Metadata, Pod, PodSpec, Probe
from podlab.pods.ready import Progress, wait_ready
from podlab.testing.fake import FakeEngine


def pod_of(*containers: Container, **spec: object) -> Pod:
    return Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=containers, **spec))  # type: ignore[arg-type]


def sleeper(name: str = "app", **settings: object) -> Container:
    return Container(name=name, image="busybox", command=("sleep", "600"), **settings)  # type: ignore[arg-type]


def checked(*command: str, **settings: int) -> Probe:
    return Probe(exec=ExecAction(command=command), **settings)  # type: ignore[arg-type]


async def test_running_containers_without_a_probe_are_ready() -> None:
    engine = FakeEngine()
    await engine.apply(pod_of(sleeper(), sleeper("side")))
    assert (await wait_ready(engine, "web")).running == 2


async def test_a_probe_that_fails_is_told_and_waited_for() -> None:
    engine = FakeEngine()
    await engine.apply(pod_of(sleeper(readiness_probe=checked("false"))))
    told: list[Progress] = []

    def on_progress(progress: Progress) -> None:
        told.append(progress)

    with pytest.raises(TimedOut, match=r"container 'app' readiness probe failed: exit code 1"):
        await wait_ready(engine, "web", timeout_s=0.5, on_progress=on_progress)
    assert [p.is_ready for p in told] == [False]
    assert "readiness probe failed" in told[0].message


async def test_a_container_that_has_completed_is_ready() -> None:
    engine = FakeEngine()
    done = Container(name="job", image="busybox", command=("true",))
    await engine.apply(pod_of(done, restart_policy="Never"))
    status = await wait_ready(engine, "web", timeout_s=5)
    assert status.containers[0].exit_code == 0


async def test_one_that_failed_and_stays_so_ends_the_wait_with_its_last_words() -> None:
    engine = FakeEngine()
    broken = Container(name="job", image="busybox", command=("sh", "-c", "echo no disk; exit 3"))
    await engine.apply(pod_of(broken, restart_policy="Never"))
    with pytest.raises(PodlabError, match=r"container 'job' failed with exit code 3\n  job: no disk"):
        await wait_ready(engine, "web", timeout_s=5)


async def test_one_that_fails_again_and_again_never_counts_as_ready() -> None:
    engine = FakeEngine()
    loop = Container(name="loop", image="busybox", command=("sh", "-c", "sleep 0.05; exit 1"))
    await engine.apply(pod_of(loop, sleeper(readiness_probe=checked("false"))))
    with pytest.raises(PodlabError, match="'loop'"):
        await wait_ready(engine, "web", timeout_s=3)
