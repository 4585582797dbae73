"""Seats as `podlab serve` makes them reach themselves and the mirror, and nothing else: not what listens on the machine
at any of its addresses, no published port, no pod of another bridge, no metadata service, and no neighbour, not even
one who helps.

What is not answered is tried together with what is, and is reached by somebody else: so it is there, and would be seen.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_interface

import pytest

from tests.conftest import docker
from tests.proofs.room import Room, answered, attempts, in_seat, ip_of, nested, sh, two_seats

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

METADATA = "169.254.169.254"
TRICKS = {
    "plain": (),
    "every right": (
        "--network", "host", "--pid", "host", "--ipc", "host", "--cap-add", "ALL",
        "--security-opt", "seccomp=unconfined", "--security-opt", "systempaths=unconfined",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def room(docker_host: str, image: str) -> Iterator[Room]:
    with two_seats(docker_host) as made:
        for each in made.seats:
            said = in_seat(each, "docker pull -q alpine")
            assert "alpine" in said, said
        yield made


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Containers beside the seats, and where they listen."""

    itself: str
    """A container in the network of the engine's machine."""
    other: str
    """A container on another bridge."""
    listeners: frozenset[str]
    """Of the machine, and a port that the other container publishes, at each of the machine's addresses."""


@pytest.fixture(scope="module")
def machine(room: Room, image: str) -> Iterator[Machine]:
    itself, other = f"{room.name}-machine", f"{room.name}-other"
    port, published = random.sample(range(30000, 32000), 2)
    try:
        _start(itself, image, f"httpd -f -p {port}", "--network", "host")
        _start(other, image, "httpd -f -p 80", "--publish", f"{published}:80")
        addresses = _addresses(itself) | {room.bridge.gateway}
        listeners = frozenset(f"{each}:{number}" for each in addresses for number in (port, published))
        yield Machine(itself=itself, other=other, listeners=listeners)
    finally:
        docker("rm", "-f", itself, other)


def _start(name: str, image: str, line: str, *options: str) -> None:
    made = docker("run", "-d", "--init", "--name", name, *options, image, "sh", "-c", line)
    assert made.returncode == 0, made.stderr.decode()


def _addresses(machine: str) -> set[str]:
    """Those that do not come and go with other tests' bridges."""
    rows = [line.split() for line in sh(machine, "ip -4 -o addr show")[1].splitlines()]
    return {str(ip_interface(row[3]).ip) for row in rows if not row[1].startswith(("br-", "veth", "lo"))}


def forbidden(room: Room, machine: Machine) -> tuple[set[str], set[str]]:
    """TCP and ICMP that no seat is answered."""
    neighbour, other = room.addresses[1], ip_of(machine.other)
    ports = {f"{neighbour}:{port}" for port in (22, 80, 2375, 2376, 5000, 5001, 8080)}
    hosts = {neighbour, other, METADATA, *(each.rpartition(":")[0] for each in machine.listeners)}
    return {*ports, *machine.listeners, f"{other}:80", f"{METADATA}:80"}, hosts


def test_what_seats_are_kept_from_is_there(room: Room, machine: Machine) -> None:
    gateway, neighbour, other = room.bridge.gateway, room.addresses[1], ip_of(machine.other)
    tcp = {*machine.listeners, f"{other}:80"}
    said = sh(machine.itself, attempts(tcp, {other}))[1]
    assert answered(said) == {f"icmp {other}", *(f"tcp {each}" for each in tcp)}, "the machine"
    said = sh(machine.other, attempts(machine.listeners, {gateway}))[1]
    assert answered(said) == {f"icmp {gateway}", *(f"tcp {each}" for each in machine.listeners)}, "no seat"
    said = in_seat(room.seats[1], attempts({f"{neighbour}:5000"}, {neighbour}))
    assert answered(said) == {f"tcp {neighbour}:5000", f"icmp {neighbour}"}, "the neighbour itself"


def test_the_shell_reaches_its_own_seat_and_the_mirror(room: Room, machine: Machine) -> None:
    tcp, icmp = forbidden(room, machine)
    own = room.addresses[0]
    said = in_seat(room.seats[0], attempts({*tcp, room.mirror, f"{own}:5000"}, {*icmp, own}))
    assert answered(said) == {f"tcp {room.mirror}", f"tcp {own}:5000", f"icmp {own}"}


@pytest.mark.parametrize("trick", TRICKS)
def test_a_nested_container_reaches_no_more(trick: str, room: Room, machine: Machine) -> None:
    tcp, icmp = forbidden(room, machine)
    own = f"{room.addresses[0]}:5000"
    _, said = nested(room.seats[0], attempts({*tcp, room.mirror, own}, icmp), *TRICKS[trick])
    assert answered(said) == {f"tcp {room.mirror}", f"tcp {own}"}, said


def test_a_nested_container_sees_no_process_of_a_neighbour(room: Room) -> None:
    mark = f"{room.name}-mark"
    look = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; cat /proc/mounts"
    docker("exec", "-d", f"podlab-{room.seats[1]}-work", "sh", "-c", f"sleep 600; : {mark}")
    assert mark in sh(f"podlab-{room.seats[1]}-work", look)[1]
    _, said = nested(room.seats[0], look, *TRICKS["every right"])
    assert "dockerd" in said, "those of its own seat are seen"
    assert mark not in said
    assert room.seats[1] not in said


@pytest.fixture
def attackers(room: Room) -> Iterator[tuple[str, str]]:
    """Two on the seats' bridge with all rights over their own interface: what `caps` and `privileged` give."""
    names = f"{room.name}-eve", f"{room.name}-mallory"
    try:
        for each in names:
            listen = "nc -4lk 80 & exec nc -6lk 80"
            _start(each, "podlab/work", listen, "--network", "podlab-isolated", "--privileged")
        yield names
    finally:
        docker("rm", "-f", *names)


def test_two_who_work_together_do_not_find_each_other(room: Room, attackers: tuple[str, str]) -> None:
    """In a subnet of their own making, and over IPv6, which the engine had switched off."""
    eve, mallory = attackers
    for n, each in enumerate(attackers, 1):
        code, said = sh(
            each,
            f"set -e; ip addr add 198.18.7.{n}/24 dev eth0\n"
            "echo 0 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6; echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad\n"
            f"ip addr add fd00:7::{n}/64 dev eth0",
        )
        assert code == 0, said
    mac = sh(mallory, "cat /sys/class/net/eth0/address")[1].strip()
    for address in ("198.18.7.2", "fd00:7::2"):
        assert sh(eve, f"ip neigh replace {address} lladdr {mac} dev eth0")[0] == 0
    for there in ("198.18.7.2", "fd00:7::2", ip_of(mallory)):
        assert sh(mallory, f"nc -z -w 9 {there} 80")[0] == 0, f"it answers itself: {there}"
        assert sh(eve, f"nc -z -w 4 {there} 80")[0] != 0, there
    assert answered(sh(eve, attempts({room.mirror}))[1]) == {f"tcp {room.mirror}"}, "its interface works"


def test_a_false_sender_gets_no_further(room: Room, machine: Machine, attackers: tuple[str, str]) -> None:
    """In a neighbour's name, and in that of the machine itself."""
    eve, _ = attackers
    for claimed in (room.addresses[1], "127.0.0.1", room.bridge.gateway.rpartition(".")[0] + ".254"):
        sh(eve, f"ip addr add {claimed}/32 dev eth0 2>/dev/null")
        line = "".join(
            f"(nc -z -s {claimed} -w 4 {each.replace(':', ' ')} 2>/dev/null && echo reached {each}) &\n"
            for each in machine.listeners
        )
        assert sh(eve, f"{line}wait")[1] == "", claimed
