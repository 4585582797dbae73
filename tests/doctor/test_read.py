"""From the engine's JSON and a probe's output to facts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from podlab.doctor import read
from podlab.engines.docker.address import Address

ADDRESS = Address(kind="unix", path="/run/docker.sock", chosen_by="DOCKER_HOST")
NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
INFO = {
    "Driver": "overlay2",
    "DriverStatus": [["Backing Filesystem", "xfs"], ["Supports d_type", "false"]],
    "MemoryLimit": True,
    "PidsLimit": False,
    "CpuCfsQuota": True,
    "SystemTime": "2026-01-31T12:00:30.123456789Z",
    "CgroupDriver": "cgroupfs",
    "CgroupVersion": "2",
    "KernelVersion": "6.12",
    "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"],
    "DefaultAddressPools": [{"Base": "10.9.0.0/16", "Size": 24}],
    "Warnings": None,
    "NCPU": 4,
}


def test_an_engine() -> None:
    version = {"Version": "26.1.5", "ApiVersion": "1.45", "Components": [{"Name": "Engine"}]}
    facts = read.engine(ADDRESS, version, INFO, NOW)
    assert (facts.address, facts.chosen_by) == ("unix:///run/docker.sock", "DOCKER_HOST")
    assert (facts.product, facts.version, facts.cgroup_version) == ("Docker Engine", "26.1.5", 2)
    assert facts.security == {"seccomp", "rootless", "cgroupns"}
    assert (facts.missing_limits, facts.address_pools) == (("pids",), (("10.9.0.0/16", 24),))
    assert (facts.backing_filesystem, facts.has_file_types) == ("xfs", False)
    assert round(facts.clock_ahead_s) == 30


def test_an_engine_that_tells_little() -> None:
    facts = read.engine(ADDRESS, {"Components": [{"Name": "Podman Engine"}]}, {}, NOW)
    assert (facts.product, facts.cgroup_version, facts.clock_ahead_s) == ("Podman Engine", 1, 0)


def test_a_machine_whose_settings_are_partly_unreadable() -> None:
    said = "kernel/pid_max 4194304\nMemAvailable 23108260\ntasks 1234\nfree_kilobytes Available\nfree_kilobytes 100\n"
    assert read.machine(said + "free_inodes -\nsh: no such file\n") == {
        "kernel/pid_max": 4194304, "MemAvailable": 23108260, "tasks": 1234, "free_bytes": 102400,
    }  # fmt: skip


def test_networks_with_those_who_are_on_them() -> None:
    listed = [
        {
            "Name": "podlab",
            "Labels": {"podlab.io/role": "network"},
            "IPAM": {"Config": [{"Subnet": "172.18.0.0/16"}]},
        },
        {"Name": "none", "IPAM": {"Config": None}},
    ]
    on_podlab: dict[str, Any] = {"NetworkSettings": {"Networks": {"podlab": {}}}}
    containers: list[dict[str, Any]] = [on_podlab, on_podlab, {"NetworkSettings": None}]
    podlab, none = read.networks(listed, containers)
    assert (podlab.is_ours, podlab.used, podlab.subnets) == (True, 2, ("172.18.0.0/16",))
    assert (none.is_ours, none.used, none.subnets) == (False, 0, ())
