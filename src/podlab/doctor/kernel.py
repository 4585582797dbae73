"""Limits of the kernel that many pods on one machine meet before anything else is full."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from podlab.doctor import limit
from podlab.doctor.facts import EngineFacts, Facts, MachineFacts
from podlab.doctor.limit import USUAL_SEATS, Limit, room, sysctl

_SYSCTL: Final = "https://docs.kernel.org/admin-guide/sysctl"
_INOTIFY: Final = "https://man7.org/linux/man-pages/man7/inotify.7.html"
_CONNTRACK: Final = "https://docs.kernel.org/networking/nf_conntrack-sysctl.html"
_NEIGHBOURS: Final = "https://docs.kernel.org/networking/ip-sysctl.html"
_KEYS: Final = "https://man7.org/linux/man-pages/man7/keyrings.7.html"


def limits(facts: Facts, wanted: int = USUAL_SEATS) -> Iterator[Limit]:
    """A fix raises its limit to four times what `wanted` seats need. What the machine does not tell is left out."""
    engine, machine = facts.engine, facts.machine
    if engine is None or machine is None:
        return
    yield from _inotify(engine, machine, wanted)
    yield from _tasks(machine, wanted, facts.share.tasks)
    yield from _connections(machine, wanted)
    yield from _neighbours(machine, wanted)
    if engine.security & {"rootless", "userns"}:
        yield from _keys(engine, machine, wanted)


def _inotify(engine: EngineFacts, machine: MachineFacts, wanted: int) -> Iterator[Limit]:
    most = machine.get("fs/inotify/max_user_instances")
    if most is None:
        return
    a_seat = limit.SEAT_INOTIFY.get(engine.cgroup_version, limit.SEAT_INOTIFY[2])
    used = engine.running if engine.cgroup_version == 2 else 0
    yield Limit(
        id="kernel.inotify",
        resource="inotify instances",
        fits=room(most - used, a_seat),
        sum=f"(fs.inotify.max_user_instances {most} - {used} of running containers) / {a_seat} a seat",
        fix=sysctl("fs.inotify.max_user_instances", _roomy(wanted * a_seat + used, most)),
        link=_INOTIFY,
    )


def _tasks(machine: MachineFacts, wanted: int, a_seat: int) -> Iterator[Limit]:
    found = {key: machine.get(f"kernel/{key}") for key in _TASKS}
    known = {key: value for key, value in found.items() if value is not None}
    if not known:
        return
    key, most = min(known.items(), key=lambda pair: pair[1])
    used = machine.get("tasks") or 0
    yield Limit(
        id="kernel.tasks",
        resource="processes and threads",
        fits=room(most - used, a_seat),
        sum=f"(kernel.{key} {most} - {used} that run) / {a_seat} a seat",
        fix=sysctl(f"kernel.{key}", _roomy(wanted * a_seat + used, most)),
        link=f"{_SYSCTL}/kernel.html#{'pid-max' if key == 'pid_max' else 'threads-max'}",
    )


_TASKS: Final = ("pid_max", "threads-max")


def _connections(machine: MachineFacts, wanted: int) -> Iterator[Limit]:
    most = machine.get("net/netfilter/nf_conntrack_max")
    if not most:  # 0 is no limit
        return
    used = machine.get("net/netfilter/nf_conntrack_count") or 0
    yield Limit(
        id="kernel.conntrack",
        resource="tracked connections",
        fits=room(most - used, limit.SEAT_CONNECTIONS),
        sum=f"(net.netfilter.nf_conntrack_max {most} - {used} in use) / {limit.SEAT_CONNECTIONS} a seat",
        fix=sysctl("net.netfilter.nf_conntrack_max", _roomy(wanted * limit.SEAT_CONNECTIONS + used, most)),
        link=_CONNTRACK,
    )


def _neighbours(machine: MachineFacts, wanted: int) -> Iterator[Limit]:
    most = machine.get("net/ipv4/neigh/default/gc_thresh3")
    if most is None:
        return
    yield Limit(
        id="kernel.neighbours",
        resource="neighbour table",
        fits=room(most, limit.SEAT_NEIGHBOURS),
        sum=f"net.ipv4.neigh.default.gc_thresh3 {most} / {limit.SEAT_NEIGHBOURS} a busy seat",
        fix=sysctl("net.ipv4.neigh.default.gc_thresh3", _roomy(wanted * limit.SEAT_NEIGHBOURS, most)),
        link=_NEIGHBOURS,
    )


def _keys(engine: EngineFacts, machine: MachineFacts, wanted: int) -> Iterator[Limit]:
    """Root has a limit of its own, a million; root of a user namespace counts as the user that it really is."""
    most = machine.get("kernel/keys/maxkeys")
    if most is None:
        return
    need = _roomy(wanted * limit.SEAT_KEYS + engine.running, most)
    yield Limit(
        id="kernel.keys",
        resource="keyrings",
        fits=room(most - engine.running, limit.SEAT_KEYS),
        sum=f"(kernel.keys.maxkeys {most} - {engine.running} of running containers) / {limit.SEAT_KEYS} a seat",
        fix=f"{sysctl('kernel.keys.maxkeys', need)}; the same for kernel.keys.maxbytes={need * 100}",
        link=_KEYS,
    )


def _roomy(need: int, now: int) -> int:
    """The next power of two above what is set now that is four times the need."""
    value = 1024
    while value <= now or value < 4 * need:
        value *= 2
    return value
