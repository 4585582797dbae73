"""Who is ended first when the machine runs out of memory."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from podlab.engines.docker.oom import scored
from podlab.model import Container, Metadata, Pod, PodSpec, Resources, SecurityContext
from podlab.node.quality import Quality, asks_for_memory, quality, score
from tests.conftest import docker

if TYPE_CHECKING:
    from podlab.engines.docker.engine import DockerEngine

SOME = Resources(requests={"memory": "1Gi"})
ALL = Resources(limits={"cpu": "1", "memory": "32Mi"})


def pod_of(
    name: str, image: str, *each: Resources | None, of_pod: Resources | None = None, **settings: object
) -> Pod:
    containers = tuple(
        Container(name=f"c{n}", image=image, command=("sleep", "1000"), resources=said, **settings)  # type: ignore[arg-type]
        for n, said in enumerate(each)
    )
    spec = PodSpec(containers=containers, resources=of_pod, termination_grace_period_seconds=0)
    return Pod(metadata=Metadata(name=name), spec=spec)


@pytest.mark.parametrize(
    ("each", "of_pod", "expected"),
    [
        ([None], None, Quality.BEST_EFFORT),
        ([ALL, ALL], None, Quality.GUARANTEED),
        ([ALL, None], None, Quality.BURSTABLE),
        ([SOME], None, Quality.BURSTABLE),
        ([Resources(limits={"ephemeral-storage": "1Gi"})], None, Quality.BEST_EFFORT),
        ([None], ALL, Quality.GUARANTEED),
        ([ALL], SOME, Quality.BURSTABLE),
    ],
)
def test_the_class_of_a_pod(
    each: list[Resources | None], of_pod: Resources | None, expected: Quality
) -> None:
    assert quality(pod_of("web", "busybox", *each, of_pod=of_pod)) is expected


def test_who_asks_for_more_goes_later() -> None:
    gib = 2**30
    pod = pod_of("web", "busybox", SOME, None, of_pod=Resources(requests={"memory": "3Gi"}))
    first, second = (asks_for_memory(pod, c) for c in pod.spec.containers)
    assert (int(first), int(second)) == (2 * gib, gib), (
        "what the pod asks for beyond its containers is shared"
    )
    assert score(first, 10 * gib) == 800
    assert score(first * 0, 10 * gib) == 999
    assert score(first * 9, 10 * gib) == 2


async def test_what_may_run_containers_itself_has_the_engines_own_score() -> None:
    nobody: Any = None
    plain = pod_of("web", "busybox", None)
    other = dataclasses.replace(plain, spec=dataclasses.replace(plain.spec, runtime_class_name="sysbox-runc"))
    body: dict[str, Any] = {"HostConfig": {}}
    assert await scored(nobody, plain, plain.spec.containers[0], body) == {
        "HostConfig": {"OomScoreAdj": 1000}
    }
    assert await scored(nobody, other, other.spec.containers[0], body) == body


def scores(pod: str, *containers: str) -> list[int]:
    found = [docker("exec", f"podlab-{pod}-{each}", "cat", "/proc/self/oom_score_adj") for each in containers]
    return [int(each.stdout) for each in found]


@pytest.mark.engine
async def test_containers_have_their_scores(engine: DockerEngine, image: str, pod_name: str) -> None:
    await engine.apply(pod_of(pod_name, image, ALL, None, SOME))
    try:
        small, nothing, some = scores(pod_name, "c0", "c1", "c2")
        assert nothing == 999
        assert 2 <= some < small < 999
        assert scores(pod_name, "infra") == [0]
    finally:
        await engine.delete(pod_name, grace_s=0)


@pytest.mark.engine
@pytest.mark.parametrize(
    ("said", "context", "expected"),
    [(None, None, 1000), (ALL, None, 0), (None, SecurityContext(privileged=True), 0)],
)
async def test_the_first_and_the_last_to_go(
    engine: DockerEngine,
    image: str,
    pod_name: str,
    said: Resources | None,
    context: SecurityContext,
    expected: int,
) -> None:
    await engine.apply(pod_of(pod_name, image, said, security_context=context))
    try:
        assert scores(pod_name, "c0") == [expected]
    finally:
        await engine.delete(pod_name, grace_s=0)
