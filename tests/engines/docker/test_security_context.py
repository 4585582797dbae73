"""What a securityContext asks for, as the processes of a container on the real engine see it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from podlab.engines.docker.engine import DockerEngine
from podlab.errors import Invalid
from podlab.model import (
    UNSAFE_SYSCTLS,
    Capabilities,
    ClaimSpec,
    ClaimVolume,
    Container,
    EmptyDir,
    Metadata,
    PersistentVolumeClaim,
    Pod,
    PodSecurityContext,
    PodSpec,
    SeccompProfile,
    SecurityContext,
    Sysctl,
    Volume,
    VolumeMount,
)
from podlab.naming import claim_volume
from tests.conftest import docker

pytestmark = pytest.mark.engine


def pod_of(
    name: str, image: str, of_pod: PodSecurityContext | None, own: SecurityContext | None = None, **spec: Any
) -> Pod:
    mounts = tuple(VolumeMount(name=v.name, mount_path=f"/{v.name}") for v in spec.get("volumes", ()))
    app = Container(
        name="app", image=image, command=("sleep", "1000"), security_context=own, volume_mounts=mounts
    )
    return Pod(
        metadata=Metadata(name=name),
        spec=PodSpec(containers=(app,), security_context=of_pod, termination_grace_period_seconds=0, **spec),
    )


def said(pod: str, *command: str, container: str = "app") -> str:
    found = docker("exec", f"podlab-{pod}-{container}", *command)
    assert found.returncode == 0, found.stderr.decode()
    return found.stdout.decode().strip()


def status(pod: str) -> dict[str, str]:
    """Of the container's own process, which is the init's child."""
    pid = said(pod, "pidof", "sleep").split()[-1]
    lines = said(pod, "cat", f"/proc/{pid}/status").splitlines()
    return {key: " ".join(value.split()) for key, _, value in (line.partition(":") for line in lines)}


async def test_what_the_pod_says_holds_for_its_containers_and_their_commands(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    context = PodSecurityContext(
        run_as_user=1234, run_as_group=4321, fs_group=2000, supplemental_groups=(3000, 3001),
        run_as_non_root=True, seccomp_profile=SeccompProfile(type="Unconfined"),
    )  # fmt: skip
    pod = pod_of(pod_name, image, context)
    await engine.apply(pod)
    try:
        found = status(pod_name)
        assert found["Uid"].split()[0] == "1234"
        assert found["Gid"].split()[0] == "4321"
        assert {"2000", "3000", "3001"} <= set(found["Groups"].split())
        assert found["Seccomp"] == "0"
        assert set(said(pod_name, "id", "-G").split()) == {"4321", "2000", "3000", "3001"}
        assert await engine.plan(pod) == []
    finally:
        await engine.delete(pod_name, grace_s=0)


async def test_what_a_container_says_counts_before_what_its_pod_says(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    own = SecurityContext(run_as_user=77, seccomp_profile=SeccompProfile(type="RuntimeDefault"))
    context = PodSecurityContext(
        run_as_user=1234, run_as_group=4321, seccomp_profile=SeccompProfile(type="Unconfined")
    )
    await engine.apply(pod_of(pod_name, image, context, own))
    try:
        found = status(pod_name)
        assert (found["Uid"].split()[0], found["Gid"].split()[0]) == ("77", "4321")
        assert found["Seccomp"] == "2"
    finally:
        await engine.delete(pod_name, grace_s=0)


async def test_volumes_are_the_groups_and_so_is_what_is_made_in_them(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    volumes = (
        Volume(name="disk", empty_dir=EmptyDir()),
        Volume(name="ram", empty_dir=EmptyDir(medium="Memory", size_limit="1Mi")),
    )
    context = PodSecurityContext(run_as_user=1234, run_as_group=4321, fs_group=2000)
    await engine.apply(pod_of(pod_name, image, context, volumes=volumes))
    try:
        assert said(pod_name, "stat", "-c", "%a %u:%g", "/disk", "/ram") == "2777 0:2000\n3777 0:2000"
        said(pod_name, "touch", "/disk/file", "/ram/file")
        assert said(pod_name, "stat", "-c", "%u:%g", "/disk/file", "/ram/file") == "1234:2000\n1234:2000"
    finally:
        await engine.delete(pod_name, grace_s=0)


@pytest.mark.parametrize("policy", ["Always", "OnRootMismatch"])
async def test_data_that_is_there_becomes_the_groups(
    engine: DockerEngine, image: str, pod_name: str, policy: str
) -> None:
    claim = PersistentVolumeClaim(metadata=Metadata(name=pod_name), spec=ClaimSpec())
    volumes = (Volume(name="data", persistent_volume_claim=ClaimVolume(claim_name=pod_name)),)
    fill = "mkdir -p /data/in; echo a >/data/in/file; chmod 600 /data/in/file; chmod 700 /data/in; ln -s in /data/l"
    look = ("stat", "-c", "%a %u:%g", "/data", "/data/in", "/data/in/file")
    await engine.put(claim)
    try:
        await engine.apply(pod_of(pod_name, image, None, volumes=volumes))
        said(pod_name, "sh", "-c", fill)
        await engine.delete(pod_name, grace_s=0)
        for group, told in ((2000, "2000"), (3000, "3000")):
            context = PodSecurityContext(
                run_as_user=1,
                run_as_group=1,
                fs_group=group,
                fs_group_change_policy=policy,  # type: ignore[arg-type]
            )
            await engine.apply(pod_of(pod_name, image, context, volumes=volumes))
            assert said(pod_name, *look).split() == [
                "2777",
                f"0:{told}",
                "2770",
                f"0:{told}",
                "660",
                f"0:{told}",
            ]
            said(pod_name, "sh", "-c", "echo b >>/data/in/file; touch /data/in/new")
            await engine.delete(pod_name, grace_s=0)
        # whose root is the group's already, is looked at no further with OnRootMismatch
        docker("run", "--rm", "-v", f"{claim_volume(pod_name)}:/v", image, "chgrp", "7", "/v/in/file")
        await engine.apply(pod_of(pod_name, image, context, volumes=volumes))
        expected = {"Always": "0:3000", "OnRootMismatch": "0:7"}
        assert said(pod_name, "stat", "-c", "%u:%g", "/data/in/file") == expected[policy]
    finally:
        await engine.delete(pod_name, grace_s=0)
        await engine.remove("PersistentVolumeClaim", pod_name)


async def test_a_group_alone_leaves_the_images_own_user(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    own = own_image(pod_name, "USER 1500:1600")
    try:
        await engine.apply(pod_of(pod_name, own, PodSecurityContext(run_as_group=50, run_as_non_root=True)))
        assert said(pod_name, "id", "-u") == "1500"
        assert said(pod_name, "id", "-g") == "50"
    finally:
        await engine.delete(pod_name, grace_s=0)
        docker("rmi", own)


def own_image(name: str, change: str) -> str:
    """The test's image with something changed."""
    reference = f"podlab-test/{name}:latest"
    made = docker("create", "podlab-test/busybox:latest").stdout.decode().strip()
    committed = docker("commit", "--change", change, made, reference)
    docker("rm", made)
    assert committed.returncode == 0, committed.stderr.decode()
    return reference


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (SecurityContext(run_as_non_root=True), "container has runAsNonRoot and image will run as root"),
        (
            SecurityContext(run_as_non_root=True, run_as_user=0),
            "container's runAsUser breaks non-root policy",
        ),
    ],
)
async def test_root_is_refused_where_it_must_not_be(
    engine: DockerEngine, image: str, pod_name: str, own: SecurityContext, message: str
) -> None:
    with pytest.raises(Invalid, match=message) as caught:
        await engine.apply(pod_of(pod_name, image, None, own))
    assert "app" in caught.value.message
    assert pod_name not in [each.name for each in await engine.list()]


async def test_an_image_whose_user_has_a_name_is_refused_where_root_must_not_be(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    own = own_image(pod_name, "USER somebody")
    try:
        with pytest.raises(Invalid, match=r"non-numeric user \(somebody\), cannot verify user is non-root"):
            await engine.apply(pod_of(pod_name, own, PodSecurityContext(run_as_non_root=True)))
    finally:
        docker("rmi", own)


async def test_kernel_settings_are_those_of_the_pods_own_namespaces(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    settings = (
        Sysctl(name="net.ipv4.ip_unprivileged_port_start", value="1000"),
        Sysctl(name="net/core/somaxconn", value="333"),
        Sysctl(name="kernel.shm_rmid_forced", value="1"),
        Sysctl(name="kernel.msgmax", value="65000"),
    )
    pod = pod_of(pod_name, image, PodSecurityContext(sysctls=settings))
    with pytest.raises(Invalid, match='somaxconn" not allowlisted'):
        await engine.apply(pod)
    allowed = {UNSAFE_SYSCTLS: "net.core.somaxconn,kernel.msg*"}
    pod = dataclasses.replace(pod, metadata=Metadata(name=pod_name, annotations=allowed))
    await engine.apply(pod)
    try:
        files = ["net/ipv4/ip_unprivileged_port_start", "net/core/somaxconn", "kernel/shm_rmid_forced"]
        found = said(pod_name, "cat", *(f"/proc/sys/{each}" for each in files), "/proc/sys/kernel/msgmax")
        assert found.split() == ["1000", "333", "1", "65000"]
        assert await engine.plan(pod) == []
    finally:
        await engine.delete(pod_name, grace_s=0)


CHOWN, NET_ADMIN, SYS_TIME = 0, 12, 25


@pytest.mark.parametrize(
    ("own", "has", "lacks"),
    [
        (Capabilities(drop=("ALL",), add=("NET_ADMIN",)), {NET_ADMIN}, {CHOWN, SYS_TIME}),
        (Capabilities(add=("ALL",), drop=("CAP_SYS_TIME",)), {CHOWN, NET_ADMIN}, {SYS_TIME}),
        (Capabilities(add=("ALL",), drop=("ALL",)), set(), {CHOWN, NET_ADMIN, SYS_TIME}),
        (Capabilities(add=("NET_ADMIN",), drop=("NET_ADMIN",)), {CHOWN}, {NET_ADMIN}),
    ],
)
async def test_capabilities_are_as_kubernetes_counts_them(
    engine: DockerEngine, image: str, pod_name: str, own: Capabilities, has: set[int], lacks: set[int]
) -> None:
    await engine.apply(pod_of(pod_name, image, None, SecurityContext(capabilities=own)))
    try:
        effective = int(status(pod_name)["CapEff"], 16)
        assert {n for n in (CHOWN, NET_ADMIN, SYS_TIME) if effective >> n & 1} & (has | lacks) == has
    finally:
        await engine.delete(pod_name, grace_s=0)
