"""What a container may use, changed while it runs."""

from __future__ import annotations

import dataclasses

import pytest

from podlab import model, naming
from podlab.engines.docker import resizing, translate
from podlab.engines.docker.engine import DockerEngine
from podlab.engines.docker.found import FoundContainer
from podlab.errors import PodlabError
from podlab.model import Container, Metadata, Pod, PodSpec, Resources
from tests.conftest import docker


def pod_of(name: str, image: str = "busybox", **resources: dict[str, str]) -> Pod:
    app = Container(
        name="app",
        image=image,
        command=("sleep", "1000"),
        resources=Resources(**resources) if resources else None,
    )
    return Pod(
        metadata=Metadata(name=name), spec=PodSpec(containers=(app,), termination_grace_period_seconds=0)
    )


def made_from(pod: Pod, **bounds: int) -> FoundContainer:
    [app] = pod.spec.containers
    body = translate.bounds(app.resources or Resources())
    labels = {
        naming.HASH: translate.member_hash(pod, app), naming.SHAPE: translate.member_shape(pod, app),
    }  # fmt: skip
    return FoundContainer(id="1", name="", state="running", image="", labels=labels, bounds=body | bounds)


def verdict(wanted: Pod, found: FoundContainer) -> str:
    [app] = wanted.spec.containers
    if resizing.has_other_shape(wanted, app, found):
        return "anew"
    return "update" if resizing.needs_update(wanted, app, found) else "same"


SMALL, LARGE = {"cpu": "500m", "memory": "32Mi"}, {"cpu": "1", "memory": "64Mi"}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (SMALL, SMALL, "same"),
        (SMALL, LARGE, "update"),
        ({}, LARGE, "update"),
        (SMALL, {"memory": "32Mi"}, "anew"),
        (SMALL, SMALL | {"ephemeral-storage": "1Gi"}, "anew"),
    ],
)
def test_amounts_of_processors_and_memory_need_no_new_container(
    before: dict[str, str], after: dict[str, str], expected: str
) -> None:
    assert verdict(pod_of("web", limits=after), made_from(pod_of("web", limits=before))) == expected


def test_what_the_engine_never_held_is_no_difference() -> None:
    pod = pod_of("web", limits=SMALL)
    assert verdict(pod, made_from(pod, Memory=0, NanoCpus=0)) == "same"
    assert verdict(pod, made_from(pod, NanoCpus=500_010_000)) == "same"


def test_what_was_changed_by_hand_is_put_right() -> None:
    pod = pod_of("web", limits=SMALL)
    assert verdict(pod, made_from(pod, Memory=2**30)) == "update"


def test_a_container_of_an_older_podlab_is_left_alone_while_it_is_as_wanted() -> None:
    pod = pod_of("web", limits=SMALL)
    older = made_from(pod)
    older = dataclasses.replace(older, labels={naming.HASH: older.hash}, bounds={})
    assert verdict(pod, older) == "same"
    assert verdict(pod_of("web", limits=LARGE), older) == "anew"


FILES = {
    1: ("memory/memory.limit_in_bytes", "cpu/cpu.cfs_quota_us", "cpu/cpu.shares"),
    2: ("memory.max", "cpu.max", "cpu.weight"),
}


def seen(pod: str) -> list[str]:
    """Limit of memory in bytes, that of the processors in hundredths of a thousandth, and weight."""
    script = "cd /sys/fs/cgroup; [ -e memory.max ] && cat {} || cat {}".format(
        " ".join(FILES[2]), " ".join(FILES[1])
    )
    found = docker("exec", f"podlab-{pod}-app", "sh", "-c", script)
    assert found.returncode == 0, found.stderr.decode()
    return [line.split()[0] for line in found.stdout.decode().splitlines()]


@pytest.mark.engine
async def test_a_running_container_sees_its_new_bounds(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    await engine.apply(pod_of(pod_name, image, limits=SMALL, requests={"cpu": "250m"}))
    try:
        memory, cpu, weight = seen(pod_name)
        assert (memory, cpu) == (str(32 * 2**20), "50000")
        await engine.apply(pod_of(pod_name, image, limits=LARGE, requests={"cpu": "500m"}))
        grown = seen(pod_name)
        assert grown[:2] == [str(64 * 2**20), "100000"]
        assert int(grown[2]) > int(weight)
        # what was changed by hand, podlab puts right
        assert docker("update", "--cpus", "0.3", f"podlab-{pod_name}-app").returncode == 0
        wanted = await engine.spec(pod_name)
        assert [change.verb for change in await engine.plan(wanted)] == ["update"]
        await engine.apply(wanted)
        assert seen(pod_name) == grown
    finally:
        await engine.delete(pod_name, grace_s=0)


@pytest.mark.engine
async def test_a_bound_that_the_engine_refuses_changes_nothing(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    await engine.apply(pod_of(pod_name, image, limits=SMALL))
    try:
        with pytest.raises(PodlabError, match="cannot update container 'app'"):
            await engine.apply(pod_of(pod_name, image, limits={"cpu": "100000", "memory": "32Mi"}))
        assert seen(pod_name)[:2] == [str(32 * 2**20), "50000"]
        assert await engine.spec(pod_name) == pod_of(pod_name, image, limits=SMALL)
        assert await engine.plan(pod_of(pod_name, image, limits=SMALL)) == []
    finally:
        await engine.delete(pod_name, grace_s=0)


def test_the_preview_is_a_docker_command() -> None:
    from podlab.engines.docker.commands import _bounds

    body = resizing.update(pod_of("web", limits=SMALL), "app")
    assert list(_bounds(body)) == [
        "--cpus=0.5",
        "--memory=33554432",
        "--memory-swap=33554432",
        "--cpu-shares=512",
    ]


def test_a_pod_without_bounds_asks_for_none() -> None:
    assert translate.bounds(model.Resources()) == {}
