"""Pods that share the machine's namespaces, and what pods are called, on the real engine."""

from __future__ import annotations

from typing import Any

import pytest

from podlab.engines.base import Sharing
from podlab.engines.docker.engine import DockerEngine
from podlab.errors import Invalid, Unsupported
from podlab.model import ISOLATED, Container, DNSConfig, DNSOption, HostAlias, Metadata, Pod, PodSpec
from tests.conftest import docker
from tests.ports import free_port

pytestmark = pytest.mark.engine


def pod_of(name: str, image: str, command: str = "sleep 1000", **spec: Any) -> Pod:
    annotations = spec.pop("annotations", {})
    app = Container(name="app", image=image, command=("sh", "-c", command))
    return Pod(
        metadata=Metadata(name=name, annotations=annotations),
        spec=PodSpec(containers=(app,), termination_grace_period_seconds=0, **spec),
    )


def said(pod: str, *command: str) -> str:
    found = docker("exec", f"podlab-{pod}-app", *command)
    assert found.returncode == 0, (found.stdout + found.stderr).decode()
    return found.stdout.decode().strip()


async def test_a_pod_in_the_machines_network_is_reached_by_the_engine(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    port = free_port()
    pod = pod_of(pod_name, image, f"nc -ll -p {port} -e echo hello", host_network=True)
    await engine.apply(pod)
    try:
        machine = docker(
            "run", "--rm", "--network", "host", image, "sh", "-c", "readlink /proc/self/ns/net; hostname"
        )
        assert [said(pod_name, "readlink", "/proc/self/ns/net"), said(pod_name, "hostname")] == (
            machine.stdout.decode().split()
        )
        async with await engine.dial(pod_name, port, patience_s=30) as stream:
            assert await stream.read() == b"hello\n"
        assert await engine.plan(pod) == []
        [app] = [row for row in await engine.namespaces(pod_name) if row.container == "app"]
        assert app.sharing["net"] in (Sharing.HOST, Sharing.POD)
    finally:
        await engine.delete(pod_name, grace_s=0)


async def test_a_pod_shares_the_machines_processes_and_memory(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    pod = pod_of(pod_name, image, host_pid=True, host_ipc=True)
    await engine.apply(pod)
    try:
        read = ("sh", "-c", "readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc")
        machine = docker("run", "--rm", "--network", "none", "--pid", "host", "--ipc", "host", image, *read)
        found = said(pod_name, *read)
        assert found.split() == machine.stdout.decode().split()
        assert await engine.plan(pod) == []
    finally:
        await engine.delete(pod_name, grace_s=0)


@pytest.mark.parametrize("field", ["host_network", "host_pid", "host_ipc"])
async def test_an_isolated_pod_has_nothing_of_the_machine(
    engine: DockerEngine, image: str, pod_name: str, field: str
) -> None:
    pod = pod_of(pod_name, image, annotations={ISOLATED: "true"}, **{field: True})  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="an isolated pod cannot have the machine's"):
        await engine.apply(pod)
    with pytest.raises(Invalid):
        await engine.plan(pod)


async def test_a_subdomain_gives_names_that_other_pods_find(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    sub = f"{pod_name}-s"
    full = f"one.{sub}.default.svc.cluster.local"
    one = pod_of(f"{pod_name}-1", image, hostname="one", subdomain=sub)
    two = pod_of(f"{pod_name}-2", image, hostname="two", subdomain=sub)
    try:
        await engine.apply(one)
        await engine.apply(two)
        assert [said(one.name, "hostname"), said(one.name, "hostname", "-f")] == ["one", full]
        [line] = [each for each in said(one.name, "cat", "/etc/hosts").splitlines() if full in each]
        address, *names = line.split()
        assert names == [full, "one"]
        for name in (f"one.{sub}", f"one.{sub}.default", f"one.{sub}.default.svc", full, one.name):
            assert address in said(two.name, "nslookup", "-type=a", name).split(), name
        all_of_it = said(two.name, "nslookup", "-type=a", f"{sub}.default.svc.cluster.local")
        assert all_of_it.count("Address") == 3, "the server's own, and those of both pods"
    finally:
        await engine.delete(one.name, grace_s=0)
        await engine.delete(two.name, grace_s=0)


async def test_a_host_name_may_be_the_full_one(engine: DockerEngine, image: str, pod_name: str) -> None:
    full = f"one.{pod_name}.default.svc.cluster.local"
    pod = pod_of(pod_name, image, hostname="one", subdomain=pod_name, set_hostname_as_fqdn=True)
    await engine.apply(pod)
    try:
        assert [said(pod_name, "hostname"), said(pod_name, "hostname", "-f")] == [full, full]
        hosts = said(pod_name, "cat", "/etc/hosts")
        assert any(line.split()[1:] == [full, "one"] for line in hosts.splitlines())
    finally:
        await engine.delete(pod_name, grace_s=0)


async def test_a_name_may_be_any_other(engine: DockerEngine, image: str, pod_name: str) -> None:
    pod = pod_of(pod_name, image, hostname="one", subdomain=pod_name, hostname_override="web.example.com")
    await engine.apply(pod)
    try:
        assert [said(pod_name, "hostname"), said(pod_name, "hostname", "-f")] == ["web.example.com"] * 2
    finally:
        await engine.delete(pod_name, grace_s=0)


async def test_users_of_its_own_need_an_engine_that_maps_users(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    pod = pod_of(pod_name, image, host_users=False)
    if (await engine.security()).maps_users:
        await engine.apply(pod)
        assert said(pod_name, "cat", "/proc/self/uid_map").split()[1] != "0"
        await engine.delete(pod_name, grace_s=0)
    else:
        with pytest.raises(Unsupported, match="needs an engine that maps users"):
            await engine.apply(pod)
    await engine.apply(pod_of(pod_name, image, host_users=True))
    try:
        assert said(pod_name, "cat", "/proc/self/uid_map").split()[:2] == ["0", "0"]
    finally:
        await engine.delete(pod_name, grace_s=0)


async def test_a_full_name_that_is_too_long_is_refused(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    pod = pod_of(pod_name, image, subdomain="s" * 40, set_hostname_as_fqdn=True)
    with pytest.raises(Invalid, match=r"is too long \(64 characters is the max"):
        await engine.apply(pod)


async def test_without_a_policy_for_names_only_what_is_named_is_asked(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    none = DNSConfig(nameservers=("192.0.2.7",), options=(DNSOption(name="timeout", value="1"),))
    pod = pod_of(pod_name, image, dns_policy="None", dns_config=none)
    await engine.apply(pod)
    try:
        lines = said(pod_name, "cat", "/etc/resolv.conf").splitlines()
        told = [line for line in lines if line and not line.startswith("#")]
        assert told == ["nameserver 127.0.0.11", "options timeout:1 ndots:1"]
        assert any("192.0.2.7" in line for line in lines if line.startswith("# ExtServers"))
    finally:
        await engine.delete(pod_name, grace_s=0)


async def test_names_and_servers_of_a_pod_in_the_machines_network(
    engine: DockerEngine, image: str, pod_name: str
) -> None:
    config = DNSConfig(nameservers=("192.0.2.7",), searches=("example.com",))
    alias = HostAlias(ip="192.0.2.9", hostnames=("far",))
    pod = pod_of(
        pod_name, image, host_network=True, dns_policy="None", dns_config=config, host_aliases=(alias,),
        hostname="own",
    )  # fmt: skip
    await engine.apply(pod)
    try:
        lines = said(pod_name, "cat", "/etc/resolv.conf").splitlines()
        told = [line for line in lines if line and not line.startswith("#")]
        assert told == ["nameserver 192.0.2.7", "search example.com", "options ndots:1"]
        assert said(pod_name, "hostname") == "own"
        assert "192.0.2.9\tfar" in said(pod_name, "cat", "/etc/hosts")
    finally:
        await engine.delete(pod_name, grace_s=0)
