"""What only the real engine can show: namespaces kept, failures undone, broken pods repaired, fields honoured."""

from __future__ import annotations

import asyncio
import io
import json
import tarfile
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from podlab import model
from podlab.engines.docker.address import resolve
from podlab.engines.docker.api import Client
from podlab.engines.docker.engine import DockerEngine
from podlab.errors import AlreadyExists, NotFound, PodlabError
from podlab.model import Container, EnvVar, Metadata, Pod, PodSpec, Volume, VolumeMount
from podlab.pods.library import Completed, RunningPod
from tests.conftest import docker, leftovers

pytestmark = pytest.mark.engine
SLEEP = ("sleep", "600")

MakePod = Callable[..., Pod]


@pytest.fixture
async def make(engine: DockerEngine, image: str, pod_name: str) -> AsyncIterator[MakePod]:
    """Pods of this test, removed afterwards: `make(container, …, name="-2", **spec)`."""
    names = set()

    def made(
        *containers: Container, name: str = "", annotations: dict[str, str] | None = None, **spec: Any
    ) -> Pod:
        names.add(pod_name + name)
        own = tuple(replace(c, image=c.image or image, command=c.command or SLEEP) for c in containers)
        metadata = Metadata(name=pod_name + name, annotations=annotations or {})
        return Pod(
            metadata=metadata, spec=PodSpec(containers=own, termination_grace_period_seconds=5, **spec)
        )

    yield made
    for name in names:
        await engine.delete(name, grace_s=0)


def container(name: str = "app", **settings: Any) -> Container:
    return Container(**{"name": name, "image": ""} | settings)


def inspect(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docker("inspect", name).stdout)[0]
    return found


async def shell(engine: DockerEngine, pod: Pod, script: str, container: str = "app") -> str:
    done: Completed = await RunningPod(engine, pod.name).exec(container, ["sh", "-c", script])
    return (done.stdout + done.stderr).decode().strip()


async def listening(engine: DockerEngine, *pods: Pod) -> None:
    """Returns when port 8080 is listened on in each."""
    for pod in pods:
        async with await engine.dial(pod.name, 8080, patience_s=60):
            pass


# --- changes


async def test_a_changed_container_keeps_the_namespaces_and_its_neighbour(
    engine: DockerEngine, make: MakePod
) -> None:
    pod = make(container("app"), container("side"))
    await engine.apply(pod)
    before = {part: inspect(f"podlab-{pod.name}-{part}")["Id"] for part in ("infra", "app", "side")}
    changed = make(container("app", env=(EnvVar(name="COLOUR", value="blue"),)), container("side"))
    await engine.apply(changed)
    after = {part: inspect(f"podlab-{pod.name}-{part}")["Id"] for part in ("infra", "app", "side")}
    assert after["infra"] == before["infra"]
    assert after["side"] == before["side"]
    assert after["app"] != before["app"]
    assert await engine.spec(pod.name) == changed
    assert await engine.plan(changed) == []


async def test_what_fails_is_undone(engine: DockerEngine, make: MakePod, pod_name: str) -> None:
    pod = make(container("app"), container("broken", image="podlab-test/does-not-exist"))
    with pytest.raises(NotFound, match="image 'podlab-test/does-not-exist:latest' is not on the engine"):
        await engine.apply(pod)
    assert leftovers(pod_name) == []


async def test_a_change_that_fails_leaves_the_pod_as_it_was(engine: DockerEngine, make: MakePod) -> None:
    pod = make(container("app"))
    await engine.apply(pod)
    with pytest.raises(NotFound):
        await engine.apply(make(container("app", image="podlab-test/does-not-exist")))
    assert (await engine.get(pod.name)).running == 1
    assert await engine.spec(pod.name) == pod
    assert await engine.plan(pod) == []


async def test_a_taken_port_names_who_has_it(engine: DockerEngine, make: MakePod, pod_name: str) -> None:
    port = model.ContainerPort(container_port=80, host_port=31847)
    first = make(container(ports=(port,)))
    await engine.apply(first)
    with pytest.raises(AlreadyExists, match=f"port 31847 is taken by container 'podlab-{first.name}-infra'"):
        await engine.apply(make(container(ports=(port,)), name="-2"))
    assert not leftovers(f"{pod_name}-2")


async def test_a_name_that_somebody_else_has_is_told(engine: DockerEngine, make: MakePod, image: str) -> None:
    pod = make(container())
    name = f"podlab-{pod.name}-app"
    assert docker("create", "--name", name, image).returncode == 0
    try:
        with pytest.raises(AlreadyExists, match=name):
            await engine.apply(pod)
    finally:
        docker("rm", "-f", name)


async def test_an_infra_image_that_cannot_run_is_told(docker_host: str, make: MakePod, image: str) -> None:
    """An image whose shell is missing, as people make them by hand."""
    assert docker("import", "-", "podlab-test/empty", stdin=_empty_tar()).returncode == 0
    engine = DockerEngine(Client(resolve(docker_host)), infra_image="podlab-test/empty")
    try:
        with pytest.raises(PodlabError, match=r"cannot start pod|does not stay up") as error:
            await engine.apply(make(container()))
        assert "sh" in error.value.message + error.value.hint
    finally:
        docker("rmi", "-f", "podlab-test/empty")


def _empty_tar() -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("nothing"))
    return target.getvalue()


# --- repairs


@pytest.mark.parametrize("how", [("restart", "-t", "0"), ("kill",)], ids=["restarted", "killed"])
async def test_an_infra_that_was_lost_is_healed_by_the_next_up(
    engine: DockerEngine, make: MakePod, how: tuple[str, ...]
) -> None:
    pod = make(container("app", command=("nc", "-ll", "-p", "8080", "-e", "true")), container("side"))
    await engine.apply(pod)
    assert docker(*how, f"podlab-{pod.name}-infra").returncode == 0
    await engine.apply(pod)
    assert (await engine.get(pod.name)).running == 2
    await listening(engine, pod)
    assert "reached" in await shell(engine, pod, "nc -w 60 127.0.0.1 8080 </dev/null && echo reached", "side")


async def test_an_infra_that_was_removed_is_healed_by_the_next_up(
    engine: DockerEngine, make: MakePod
) -> None:
    pod = make(container())
    await engine.apply(pod)
    assert docker("rm", "-f", f"podlab-{pod.name}-infra").returncode == 0
    assert (await engine.get(pod.name)).reason == "InfraMissing"
    assert await engine.spec(pod.name) == pod, "a member has a copy"
    await engine.apply(pod)
    rows = {row.container: row for row in await engine.namespaces(pod.name)}
    assert rows["app"].sharing["net"] == "pod"


async def test_the_infra_ends_a_lifetime_by_its_own_clock(
    private_engine: str, make: MakePod, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", private_engine)  # docker's command asks the same
    engine = await DockerEngine.connect(private_engine)
    pod = make(container(), active_deadline_seconds=10)
    await engine.apply(pod)
    infra = f"podlab-{pod.name}-infra"
    ended = await asyncio.to_thread(docker, "wait", infra)
    assert ended.stdout == b"0\n", ended.stderr
    assert docker("start", infra).returncode == 0, "as the engine does after a restart of the machine"
    assert docker("wait", infra).stdout == b"0\n"
    assert (inspect(infra)["State"]["Status"], inspect(infra)["RestartCount"]) == ("exited", 0)
    assert pod.name in await engine.expired()
    assert (await engine.get(pod.name)).reason == "DeadlineExceeded"
    again = make(container(), active_deadline_seconds=1000)
    await engine.apply(again)  # what has ended makes room
    assert (await engine.get(pod.name)).running == 1


# --- fields


async def test_environment_and_arguments_are_expanded_as_in_kubernetes(
    engine: DockerEngine, make: MakePod
) -> None:
    env = (EnvVar(name="WHO", value="pod"), EnvVar(name="GREETING", value="hello $(WHO), $$(WHO), $(NOBODY)"))
    command = ("sh", "-c", 'echo "$0" > /said; exec sleep 600', "$(GREETING)!")
    pod = make(container(env=env, command=command, working_dir="/tmp"))
    await engine.apply(pod)
    assert await shell(engine, pod, 'echo "$GREETING"; pwd') == "hello pod, $(WHO), $(NOBODY)\n/tmp"
    assert await shell(engine, pod, "cat /said") == "hello pod, $(WHO), $(NOBODY)!"


async def test_an_empty_dir_is_shared_and_writable_for_every_user(
    engine: DockerEngine, make: MakePod
) -> None:
    mount = (VolumeMount(name="data", mount_path="/data"),)
    user = model.SecurityContext(run_as_user=1234, run_as_group=99, read_only_root_filesystem=True)
    pod = make(
        container("app", volume_mounts=mount, security_context=user),
        container("side", volume_mounts=(replace(mount[0], read_only=True),)),
        volumes=(Volume(name="data", empty_dir=model.EmptyDir()),),
    )
    await engine.apply(pod)
    assert (
        await shell(engine, pod, "id -u; id -g; echo kept > /data/file && echo written")
        == "1234\n99\nwritten"
    )
    assert "Read-only" in await shell(engine, pod, "echo no > /file")
    assert await shell(engine, pod, "cat /data/file", "side") == "kept"
    assert "Read-only" in await shell(engine, pod, "echo no > /data/file", "side")


async def test_an_empty_dir_in_memory_holds_its_limit_and_lives_as_long_as_the_pod(
    engine: DockerEngine, make: MakePod
) -> None:
    memory = model.EmptyDir(medium="Memory", size_limit="1Mi")
    pod = make(
        container(volume_mounts=(VolumeMount(name="data", mount_path="/data"),)),
        volumes=(Volume(name="data", empty_dir=memory),),
    )
    await engine.apply(pod)
    assert "No space left" in await shell(
        engine, pod, "dd if=/dev/zero of=/data/big bs=1M count=2; rm /data/big"
    )
    await shell(engine, pod, "echo kept > /data/file")
    await engine.restart(pod.name)
    assert await shell(engine, pod, "cat /data/file") == "kept"


async def test_names_and_dns_are_the_pods(engine: DockerEngine, make: MakePod) -> None:
    pod = make(
        container(),
        hostname="wizard",
        host_aliases=(model.HostAlias(ip="10.1.2.3", hostnames=("db", "db.local")),),
        dns_config=model.DNSConfig(
            searches=("example.test",), options=(model.DNSOption(name="ndots", value="2"),)
        ),
    )
    await engine.apply(pod)
    said = await shell(engine, pod, "hostname; cat /etc/hosts /etc/resolv.conf")
    assert said.startswith("wizard\n")
    assert "10.1.2.3\tdb" in said
    assert "search example.test" in said
    assert "ndots:2" in said


async def test_limits_reach_the_engine(engine: DockerEngine, make: MakePod) -> None:
    resources = model.Resources(
        limits={"cpu": "500m", "memory": "64Mi"}, requests={"cpu": "250m", "memory": "32Mi"}
    )
    pod = make(container(resources=resources))
    await engine.apply(pod)
    host = inspect(f"podlab-{pod.name}-app")["HostConfig"]
    assert (host["NanoCpus"], host["Memory"], host["MemorySwap"]) == (500_000_000, 64 << 20, 64 << 20)
    assert (host["CpuShares"], host["MemoryReservation"]) == (256, 32 << 20)


async def test_plain_pods_find_each_other_and_isolated_ones_do_not(
    engine: DockerEngine, make: MakePod
) -> None:
    listens = ("nc", "-ll", "-p", "8080", "-e", "echo", "hello")
    plain = [make(container(command=listens), name=f"-plain{n}") for n in (1, 2)]
    alone = [
        make(container(command=listens), name=f"-alone{n}", annotations={model.ISOLATED: "true"})
        for n in (1, 2)
    ]
    for pod in (*plain, *alone):
        await engine.apply(pod)
    await listening(engine, *plain, *alone)
    assert await shell(engine, plain[0], f"nc -w 60 {plain[1].name} 8080 </dev/null") == "hello"
    other = (await engine.get(alone[1].name)).ip
    assert "hello" in await shell(engine, alone[1], f"nc -w 60 {other} 8080 </dev/null")
    assert "hello" not in await shell(engine, alone[0], f"nc -w 2 {other} 8080 </dev/null")
    assert "hello" not in await shell(engine, plain[0], f"nc -w 2 {other} 8080 </dev/null")


async def test_a_shared_process_list_shows_all_and_its_zombies_are_reaped(
    engine: DockerEngine, make: MakePod
) -> None:
    pod = make(container("app"), container("side", command=("sleep", "612")), share_process_namespace=True)
    await engine.apply(pod)
    async with asyncio.timeout(60):
        while "sleep 612" not in await shell(engine, pod, "ps"):  # noqa: ASYNC110 - runc may be about to start it
            await asyncio.sleep(0.1)
    # an orphan that ends while nobody waits for it: its parent is gone, so PID 1 is
    await shell(engine, pod, "sh -c 'sleep 0.2 & exit 0'")
    async with asyncio.timeout(60):
        while "sleep 0.2" in await shell(engine, pod, "ps") or "[sleep]" in await shell(engine, pod, "ps"):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    assert "docker-init" in await shell(engine, pod, "cat /proc/1/cmdline")


async def test_separate_process_lists_are_the_default(engine: DockerEngine, make: MakePod) -> None:
    pod = make(container("app"), container("side", command=("sleep", "612")))
    await engine.apply(pod)
    assert "sleep 612" not in await shell(engine, pod, "ps")


async def test_nothing_has_to_be_killed_when_a_pod_stops(engine: DockerEngine, make: MakePod) -> None:
    pod = make(
        container("app"), container("shell", command=("sh",), tty=True, stdin=True), restart_policy="Never"
    )
    await engine.apply(pod)
    await engine.stop(pod.name)
    codes = {c.name: c.exit_code for c in (await engine.get(pod.name)).containers}
    assert codes == {"app": 143, "shell": 129}  # TERM and HUP; a kill would be 137
    await engine.start(pod.name)
    assert (await engine.get(pod.name)).running == 2


async def test_prune_would_remove_what_has_ended_and_nothing_else(
    engine: DockerEngine, make: MakePod
) -> None:
    ended, living = (
        make(container(), name="-ended", restart_policy="Never"),
        make(container(), name="-living"),
    )
    for pod in (ended, living):
        await engine.apply(pod)
    await engine.kill(ended.name)
    await engine.wait(ended.name, "app")
    named = {change.pod for change in await engine.prune(dry_run=True)}
    assert ended.name in named
    assert living.name not in named


async def test_prune_leaves_the_volumes_of_a_pod_that_is_being_made(
    engine: DockerEngine, pod_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = (f"--label=podlab.io/pod={pod_name}", "--label=podlab.io/role=volume")
    assert docker("volume", "create", *labels, f"podlab-{pod_name}-data").returncode == 0
    try:
        assert pod_name not in {change.pod for change in await engine.prune(dry_run=True)}
        monkeypatch.setattr("podlab.engines.docker.delete.ORPHANED_S", -60)
        assert pod_name in {change.pod for change in await engine.prune(dry_run=True)}
    finally:
        docker("volume", "rm", f"podlab-{pod_name}-data")
