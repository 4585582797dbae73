"""What a pod may use as a whole, on the real engine: its containers share one bound."""

from __future__ import annotations

import dataclasses
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from podlab.engines.docker import errand, pod_group
from podlab.engines.docker.pod_group import set_property
from podlab.engines.docker.translate.whole_pod import Whole, whole
from podlab.errors import Conflict, PodlabError
from podlab.model import Container, EmptyDir, Metadata, Pod, PodSpec, Resources, Volume, VolumeMount
from tests.conftest import docker

if TYPE_CHECKING:
    from pathlib import Path

    from podlab.engines.docker.engine import DockerEngine

LIMITS = {"memory": "64Mi", "cpu": "500m"}


def pod_of(name: str, image: str = "busybox", **spec: Any) -> Pod:
    mounts = (VolumeMount(name="ram", mount_path="/ram"),)
    containers = tuple(
        Container(name=each, image=image, command=("sleep", "1000"), volume_mounts=mounts)
        for each in ("a", "b")
    )
    spec.setdefault("resources", Resources(limits=LIMITS))
    return Pod(
        metadata=Metadata(name=name),
        spec=PodSpec(
            containers=containers, volumes=(Volume(name="ram", empty_dir=EmptyDir(medium="Memory")),),
            termination_grace_period_seconds=0, **spec,
        ),
    )  # fmt: skip


def limited(pod: Pod, **limits: str) -> Pod:
    return dataclasses.replace(
        pod, spec=dataclasses.replace(pod.spec, resources=Resources(limits=LIMITS | limits))
    )


def run(pod: str, container: str, *command: str) -> tuple[int, str]:
    found = docker("exec", f"podlab-{pod}-{container}", *command)
    return found.returncode, (found.stdout + found.stderr).decode()


async def group(engine: DockerEngine, pod: str, image: str) -> list[str]:
    """Bytes and hundredths of a thousandth of a processor of the pod's own group, as the machine has it; empty where
    there is none."""
    where = (await pod_group.place(engine.client)).parent(pod)
    script = f"cd /groups{where} 2>/dev/null && cat memory.max cpu.max && exit; cd /groups; "
    script += f"cat memory{where}/memory.limit_in_bytes cpu{where}/cpu.cfs_quota_us; true"
    mount = {"Type": "bind", "Source": "/sys/fs/cgroup", "Target": "/groups", "ReadOnly": True}
    _, told = await errand.run(engine.client, image, ["sh", "-c", script], host={"Mounts": [mount]})
    return [line.split()[0] for line in told.splitlines() if line[0].isdigit()]


def takes(megabytes: int, name: str) -> tuple[str, ...]:
    return "dd", "if=/dev/zero", f"of=/ram/{name}", "bs=1M", f"count={megabytes}"


@pytest.mark.engine
async def test_containers_share_the_pods_memory(engine: DockerEngine, image: str, pod_name: str) -> None:
    pod = pod_of(pod_name, image)
    await engine.apply(pod)
    try:
        assert await group(engine, pod_name, image) == [str(64 * 2**20), "50000"]
        assert await engine.plan(pod) == []
        assert run(pod_name, "a", *takes(40, "a"))[0] == 0
        code, _ = run(pod_name, "b", *takes(40, "b"))
        assert code == 137, "what both have is more than the pod may have"
        await engine.apply(limited(pod, memory="128Mi"))
        assert run(pod_name, "b", *takes(40, "b"))[0] == 0
        assert await engine.plan(limited(pod, memory="128Mi")) == []
    finally:
        await engine.delete(pod_name, grace_s=0)
    assert await group(engine, pod_name, image) == [], "the group goes with the pod"


@pytest.mark.engine
async def test_a_pods_bounds_change_while_it_runs(engine: DockerEngine, image: str, pod_name: str) -> None:
    pod = pod_of(pod_name, image)
    await engine.apply(pod)
    try:
        before = await engine.get(pod_name)
        for limits, told in (
            ({"cpu": "1500m", "memory": "96Mi"}, [str(96 * 2**20), "150000"]),
            ({"cpu": "200m", "memory": "48Mi"}, [str(48 * 2**20), "20000"]),
        ):
            wanted = limited(pod, **limits)
            await engine.apply(wanted)
            assert await group(engine, pod_name, image) == told
            assert await engine.get(pod_name) == before
            assert await engine.plan(wanted) == []
        with pytest.raises(Conflict):
            await engine.plan(dataclasses.replace(pod, spec=dataclasses.replace(pod.spec, resources=None)))
    finally:
        await engine.delete(pod_name, grace_s=0)


@pytest.mark.engine
async def test_the_bounds_are_held_anew_when_the_infra_was_started_again(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    pod = pod_of(pod_name, image)
    await engine.apply(pod)
    try:
        docker("restart", "-t", "0", f"podlab-{pod_name}-infra")
        assert "bound" in [change.verb for change in await engine.plan(pod)]
        await engine.apply(pod)
        assert await engine.plan(pod) == []
        assert await group(engine, pod_name, image) == [str(64 * 2**20), "50000"]
    finally:
        await engine.delete(pod_name, grace_s=0)


@pytest.mark.engine
async def test_a_pod_that_cannot_be_made_leaves_no_group(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    pod = pod_of(pod_name, image)
    bad = Container(name="bad", image=image, command=("sleep", "9"), working_dir="/etc/passwd")
    with pytest.raises(PodlabError, match="container 'bad'"):
        await engine.apply(
            dataclasses.replace(
                pod, spec=dataclasses.replace(pod.spec, containers=(*pod.spec.containers, bad))
            )
        )
    assert await group(engine, pod_name, image) == []


def test_a_limit_of_the_pod_is_that_of_containers_that_have_none() -> None:
    from podlab.engines.docker.translate import member

    pod = pod_of("web")
    body = member(pod, pod.spec.containers[0])["HostConfig"]
    assert (body["Memory"], body["NanoCpus"], body["CgroupParent"]) == (64 * 2**20, 500_000_000, "@pod")


def test_systemd_is_asked_for_a_slice_of_the_pods_own() -> None:
    where = pod_group.Place("systemd", "abc")
    assert where.parent("my-web.1") == "podlab-abc-my_web.1.slice"
    assert set_property("x.slice", whole(pod_of("web"))) == [
        "systemctl", "set-property", "x.slice", "MemoryMax=67108864", "MemorySwapMax=0", "CPUQuota=50%", "CPUWeight=20",
    ]  # fmt: skip
    assert set_property("x.slice", Whole())[3:] == [
        "MemoryMax=infinity", "MemorySwapMax=infinity", "CPUQuota=", "CPUWeight=39",
    ]  # fmt: skip


def test_the_groups_of_a_newer_machine_are_bounded_the_same(tmp_path: Path) -> None:
    """cgroup v2, as files in a folder: each level hands its controllers down, and the pod's has the bounds."""
    own = tmp_path / "podlab" / "engine" / "web"
    own.mkdir(parents=True)
    names = ("memory.max", "memory.swap.max", "cpu.max", "cpu.weight")
    for file in (tmp_path / "cgroup.controllers", *(own / name for name in names)):
        file.touch()
    script = pod_group._HOLD.replace("/groups", str(tmp_path))
    for bounds, told in (
        (whole(pod_of("web")), ["67108864", "0", "50000 100000", "20"]),
        (Whole(), ["max", "max", "max 100000", "39"]),
    ):
        numbers = map(str, (bounds.memory_bytes, bounds.quota_us, bounds.shares))
        subprocess.run(["busybox", "sh", "-c", script, "sh", "engine", "web", *numbers], check=True)
        assert [(own / name).read_text().strip() for name in names] == told
    for level in (tmp_path, tmp_path / "podlab", tmp_path / "podlab" / "engine"):
        assert (level / "cgroup.subtree_control").read_text() == "+memory\n"


def test_a_group_goes_with_what_an_engine_left_in_it(tmp_path: Path) -> None:
    (tmp_path / "memory" / "podlab" / "engine" / "web" / "conmon").mkdir(parents=True)
    (tmp_path / "cpu" / "podlab" / "engine" / "web").mkdir(parents=True)
    (tmp_path / "cpu" / "podlab" / "engine" / "other").mkdir()
    script = pod_group._LET_GO.replace("/groups", str(tmp_path))
    subprocess.run(["busybox", "sh", "-c", script, "sh", "engine", "web"], check=True)
    left = {str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*")}
    assert left == {"memory", "cpu", "cpu/podlab", "cpu/podlab/engine", "cpu/podlab/engine/other"}
