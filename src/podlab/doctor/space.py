"""Memory, disk and processors of the engine's machine."""

from __future__ import annotations

from collections.abc import Iterator

from podlab.doctor import limit
from podlab.doctor.facts import Facts
from podlab.doctor.finding import Finding, Level
from podlab.doctor.limit import Limit, amount, room

SEAT_CPU_S = 0.8
"""To start one, measured: nested daemon, registry, mirror, work shell. docs/performance.md"""


def limits(facts: Facts) -> Iterator[Limit]:
    engine, machine = facts.engine, facts.machine
    if engine is None or machine is None:
        return
    kilobytes = machine.get("MemAvailable")
    if kilobytes is not None:
        available = min(kilobytes * 1024, engine.memory_bytes or kilobytes * 1024)
        yield Limit(
            id="space.memory",
            resource="memory",
            fits=room(available - limit.RESERVED_MEMORY_BYTES, facts.share.memory_bytes),
            sum=f"({amount(available)} available - {amount(limit.RESERVED_MEMORY_BYTES)} kept free) / "
            f"{amount(facts.share.memory_bytes)} a seat",
            fix="stop what else runs there (docker ps), or use a machine with more memory; in Docker Desktop: "
            "Settings, Resources, Memory",
        )
    free = machine.get("free_bytes")
    if free is not None:
        yield Limit(
            id="space.disk",
            resource="disk",
            fits=room(free - limit.RESERVED_DISK_BYTES, facts.share.disk_bytes),
            sum=f"({amount(free)} free in {engine.data_root} - {amount(limit.RESERVED_DISK_BYTES)} kept free) / "
            f"{amount(facts.share.disk_bytes)} a seat",
            fix="docker system df tells what takes the room, docker system prune and podlab prune make some; or move "
            'the engine\'s data with {"data-root": "…"} in daemon.json',
            link="https://docs.docker.com/engine/daemon/#daemon-data-directory",
        )
    inodes = machine.get("free_inodes")
    if inodes:  # file systems without fixed inodes, such as btrfs, say 0
        yield Limit(
            id="space.inodes",
            resource="inodes",
            fits=room(inodes, facts.share.inodes),
            sum=f"{inodes} free in {engine.data_root} / {facts.share.inodes} a seat",
            fix="docker system prune; or make the file system anew with more: mkfs.ext4 -i 4096",
        )


def findings(facts: Facts, seats: int) -> Iterator[Finding]:
    """`seats`: how many one is about to start."""
    if facts.engine is None:
        return
    cpus = facts.engine.cpus
    yield Finding(
        id="space.cpus",
        title="processors",
        level=Level.OK,
        found=f"{cpus}: to start {seats} seats takes them about {seats * SEAT_CPU_S / max(cpus, 1):.0f} s "
        f"({SEAT_CPU_S} CPU-seconds a seat); how many are busy at once is up to the lesson",
    )
