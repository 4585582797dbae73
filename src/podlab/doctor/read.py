"""From the engine's JSON and a probe's output to facts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from podlab import naming
from podlab.doctor.facts import EngineFacts, NetworkFacts
from podlab.engines.docker.address import Address
from podlab.engines.docker.find import when

_CAN_LIMIT = {"memory": "MemoryLimit", "pids": "PidsLimit", "cpu": "CpuCfsQuota"}


def engine(
    address: Address, version: Mapping[str, Any], info: Mapping[str, Any], asked_at: datetime
) -> EngineFacts:
    """`asked_at`: by our clock, in the middle of the request for `info`."""
    status = {row[0]: row[1] for row in info.get("DriverStatus") or () if len(row) == 2}
    components = [c.get("Name", "") for c in version.get("Components") or ()]
    engine_time = when(info.get("SystemTime", ""))
    return EngineFacts(
        address=str(address),
        chosen_by=address.chosen_by,
        product=next((name for name in components if "Podman" in name), "Docker Engine"),
        version=version.get("Version", ""),
        api_version=version.get("ApiVersion", ""),
        kernel=info.get("KernelVersion", ""),
        system=info.get("OperatingSystem", ""),
        host_name=info.get("Name", ""),
        cpus=info.get("NCPU", 0),
        memory_bytes=info.get("MemTotal", 0),
        data_root=info.get("DockerRootDir", ""),
        storage_driver=info.get("Driver", ""),
        backing_filesystem=status.get("Backing Filesystem", ""),
        has_file_types=status.get("Supports d_type", "true") == "true",
        # Engines before 20.10 do not tell, and know version 1 only.
        cgroup_version=int(info.get("CgroupVersion") or 1),
        cgroup_driver=info.get("CgroupDriver", ""),
        security=frozenset(_security(info.get("SecurityOptions") or ())),
        missing_limits=tuple(name for name, key in _CAN_LIMIT.items() if info.get(key) is False),
        address_pools=tuple((p["Base"], p["Size"]) for p in info.get("DefaultAddressPools") or ()),
        running=info.get("ContainersRunning", 0),
        clock_ahead_s=(engine_time - asked_at).total_seconds() if engine_time else 0,
        warnings=tuple(info.get("Warnings") or ()),
    )


def _security(options: Iterable[str]) -> Iterable[str]:
    """`name=seccomp,profile=builtin` → `seccomp`."""
    return (match[1] for option in options if (match := re.match(r"(?:name=)?(\w+)", option)))


def machine(text: str) -> dict[str, int]:
    """What the script of `probes.look` printed. Lines that are no number, such as titles of `df`, are left out."""
    found = {}
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        if value.strip().isdigit():
            found[key] = int(value)
    if (kilobytes := found.pop("free_kilobytes", None)) is not None:
        found["free_bytes"] = kilobytes * 1024
    return found


def networks(
    listed: Iterable[Mapping[str, Any]], containers: Iterable[Mapping[str, Any]]
) -> tuple[NetworkFacts, ...]:
    """A list of networks does not tell who is on them; a list of containers does."""
    on = [name for c in containers for name in (c.get("NetworkSettings") or {}).get("Networks") or {}]
    return tuple(
        NetworkFacts(
            name=n["Name"],
            subnets=tuple(c["Subnet"] for c in (n.get("IPAM") or {}).get("Config") or () if c.get("Subnet")),
            is_ours=(n.get("Labels") or {}).get(naming.ROLE) == "network",
            used=on.count(n["Name"]),
        )
        for n in listed
    )
