"""Facts of an engine on which all is well; a test changes what it is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from podlab.doctor.facts import Attempt, EngineFacts, Facts, LabFacts, MachineFacts, NetworkFacts
from podlab.doctor.finding import Finding
from podlab.doctor.lab import SEAT_IMAGES
from podlab.doctor.report import report

ENGINE = EngineFacts(
    address="unix:///var/run/docker.sock",
    chosen_by="the usual sockets",
    product="Docker Engine",
    version="29.1.0",
    api_version="1.52",
    kernel="6.12.1",
    system="Debian GNU/Linux 13 (trixie)",
    host_name="lab",
    cpus=8,
    memory_bytes=16_000_000_000,
    data_root="/var/lib/docker",
    storage_driver="overlay2",
    backing_filesystem="extfs",
    has_file_types=True,
    cgroup_version=2,
    cgroup_driver="systemd",
    security=frozenset({"seccomp", "cgroupns"}),
    missing_limits=(),
    address_pools=(),
    running=0,
    clock_ahead_s=0.1,
)
VALUES = {
    "MemAvailable": 15_625_000,  # 16 GB
    "free_bytes": 100_000_000_000,
    "free_inodes": 6_000_000,
    "tasks": 500,
    "fs/inotify/max_user_instances": 8192,
    "kernel/pid_max": 4_194_304,
    "kernel/threads-max": 120_000,
    "kernel/keys/maxkeys": 200,
    "net/netfilter/nf_conntrack_max": 262_144,
    "net/netfilter/nf_conntrack_count": 100,
    "net/ipv4/neigh/default/gc_thresh3": 16_384,
}
WORKED = Attempt(worked=True, said="it did")
FACTS = Facts(
    engine=ENGINE,
    machine=MachineFacts(seen_by="a container", values=VALUES),
    networks=(NetworkFacts(name="bridge", subnets=("172.17.0.0/16",)),),
    lab=LabFacts(docker_cli="Docker version 29.1.0", images=frozenset(SEAT_IMAGES), registry=WORKED),
    privileged=WORKED,
    caps=WORKED,
    rootless=WORKED,
    nested=WORKED,
)


def engine(**changes: Any) -> Facts:
    return replace(FACTS, engine=replace(ENGINE, **changes))


def machine(**changes: int | None) -> Facts:
    """Keys with `__` for `/`; None takes a value away."""
    named = {key.replace("__", "/"): value for key, value in changes.items()}
    values = {key: value for key, value in {**VALUES, **named}.items() if value is not None}
    return replace(FACTS, machine=MachineFacts(seen_by="a container", values=values))


def lab(**changes: Any) -> Facts:
    return replace(FACTS, lab=replace(FACTS.lab, **changes))


def finding(facts: Facts, id: str, seats: int | None = None) -> Finding:
    found = {each.id: each for each in report(facts, seats).findings}
    return found[id]
