"""What bounds a pod on the real engine: processes, disk, output, raw sockets, runtime."""

from __future__ import annotations

import json

import pytest

from podlab import model
from podlab.engines.docker.engine import DockerEngine
from podlab.engines.docker.found import FoundPod
from podlab.engines.docker.plan import Verb, plan
from podlab.errors import PodlabError, Unsupported
from podlab.model import (
    ISOLATED,
    PIDS_LIMIT,
    Container,
    EmptyDir,
    Metadata,
    Pod,
    PodSpec,
    Volume,
    VolumeMount,
)
from tests.conftest import docker

SEAT = {ISOLATED: "true", PIDS_LIMIT: "50"}


def pod_of(name: str, image: str, annotations: dict[str, str], **container: object) -> Pod:
    app = Container(name="app", image=image, command=("sleep", "1000"), **container)  # type: ignore[arg-type]
    return Pod(metadata=Metadata(name=name, annotations=annotations), spec=PodSpec(containers=(app,)))


def host_config(pod: str, container: str = "app") -> dict[str, object]:
    found = docker("inspect", f"podlab-{pod}-{container}")
    assert found.returncode == 0, found.stderr.decode()
    config: dict[str, object] = json.loads(found.stdout)[0]["HostConfig"]
    return config


@pytest.mark.engine
async def test_a_loop_that_forks_ends_at_the_limit_and_says_so(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    await engine.apply(pod_of(pod_name, image, SEAT))
    try:
        said = docker("exec", f"podlab-{pod_name}-app", "sh", "-c", "for i in $(seq 100); do sleep 9 & done")
        assert "can't fork" in said.stderr.decode()
        [reading] = [each async for each in engine.usage(pod_name, "app", follow=False)]
        assert reading.pids <= 50
    finally:
        await engine.delete(pod_name, grace_s=0)


@pytest.mark.engine
async def test_an_isolated_pod_writes_bounded_logs_and_has_no_raw_sockets(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    await engine.apply(pod_of(pod_name, image, SEAT))
    try:
        config = host_config(pod_name)
        assert config["LogConfig"] == {"Type": "json-file", "Config": {"max-file": "2", "max-size": "5m"}}
        assert config["CapDrop"] in (["NET_RAW"], ["CAP_NET_RAW"])
        arping = docker("exec", f"podlab-{pod_name}-app", "arping", "-c", "1", "-w", "1", "10.0.0.1")
        assert "not permitted" in arping.stderr.decode()
    finally:
        await engine.delete(pod_name, grace_s=0)


@pytest.mark.engine
async def test_a_plain_pod_is_as_the_engine_makes_it(engine: DockerEngine, image: str, pod_name: str) -> None:
    await engine.apply(pod_of(pod_name, image, {}))
    try:
        config = host_config(pod_name)
        assert config["CapDrop"] in (None, [])
        assert config["LogConfig"]["Config"] == {}  # type: ignore[index]
    finally:
        await engine.delete(pod_name, grace_s=0)


@pytest.mark.engine
async def test_a_bound_on_the_disk_that_the_engine_cannot_keep_is_refused_and_leaves_nothing(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    pod = pod_of(pod_name, image, {}, volume_mounts=(VolumeMount(name="data", mount_path="/data"),))
    bounded = Volume(name="data", empty_dir=EmptyDir(size_limit="10Mi"))
    with pytest.raises(Unsupported, match="cannot bound a volume on its disk") as caught:
        await engine.apply(
            Pod(metadata=pod.metadata, spec=PodSpec(containers=pod.spec.containers, volumes=(bounded,)))
        )
    assert "medium: Memory" in caught.value.hint
    assert f"podlab-{pod_name}-data" not in docker("volume", "ls", "-q").stdout.decode().split()


@pytest.mark.engine
async def test_the_runtime_is_the_engines(engine: DockerEngine, image: str, pod_name: str) -> None:
    pod = pod_of(pod_name, image, {})
    spec = PodSpec(containers=pod.spec.containers, runtime_class_name="runc")
    await engine.apply(Pod(metadata=pod.metadata, spec=spec))
    assert {host_config(pod_name, c)["Runtime"] for c in ("app", "infra")} == {"runc"}
    await engine.delete(pod_name, grace_s=0)
    other = PodSpec(containers=pod.spec.containers, runtime_class_name="no-such")
    with pytest.raises(PodlabError, match="no-such"):
        await engine.apply(Pod(metadata=pod.metadata, spec=other))


def test_volumes_in_memory_are_made_before_the_infra_that_mounts_them() -> None:
    volume = Volume(name="ram", empty_dir=EmptyDir(medium="Memory"))
    app = Container(name="app", image="busybox", volume_mounts=(VolumeMount(name="ram", mount_path="/r"),))
    steps = plan(
        Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=(app,), volumes=(volume,))),
        FoundPod(name="web"),
    )
    [infra] = [s for s in steps if s.verb is Verb.CREATE and s.target == "infra"]
    assert "podlab-web-ram" in [s.target for s in infra.after if s.verb is Verb.CREATE_VOLUME]


def test_what_nobody_said_does_not_change_a_containers_hash() -> None:
    from podlab.engines.docker.translate import infra_hash, member_hash

    pod = Pod(
        metadata=Metadata(name="web"), spec=PodSpec(containers=(Container(name="app", image="busybox"),))
    )
    [app] = pod.spec.containers
    said = Pod(metadata=Metadata(name="web", annotations={model.PIDS_LIMIT: "50"}), spec=pod.spec)
    assert member_hash(pod, app) == "302e3ae651b441a3"
    assert member_hash(said, app) != member_hash(pod, app)
    assert infra_hash(said) == infra_hash(pod)
