"""Isolation matrix: what an attendee tries from the shell and from nested containers, at the level that seats have.

Each "no" has its "yes" beside it: the same request from where it is allowed, so that nothing fails for a wrong reason.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import uuid
from collections.abc import Iterator

import pytest

from podlab import naming
from podlab.engines.docker.engine import DockerEngine
from tests.conftest import docker
from tests.examples.conftest import EXAMPLES
from tests.proofs.seats import Seat, inspected

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]

OPEN_PORT = 8099
"""In the neighbour: a listener on all addresses."""
HOST_PORT = 18099
"""On the engine's machine, the same."""
TRICKS = {
    "plain": (),
    "host network": ("--network", "host"),
    "all capabilities": ("--network", "host", "--cap-add", "ALL", "--security-opt", "seccomp=unconfined"),
    "daemon's root": ("--network", "host", "--pid", "host", "-v", "/:/daemon", "--cap-add", "ALL"),
}
"""What `docker run` in a seat lets one ask for. `--privileged` fails at this level; see below."""


def podlab(*words: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "podlab.cli", *map(str, words)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def seats(docker_host: str) -> Iterator[tuple[Seat, Seat]]:
    """The attacker's seat and its neighbour's, on a machine that is closed to them."""

    async def close() -> None:
        engine = await DockerEngine.connect(docker_host)
        await engine.close_machine()

    name = f"t-{uuid.uuid4().hex[:10]}"
    made = Seat(f"{name}-a"), Seat(f"{name}-b")
    try:
        for each in made:
            podlab("up", "--isolated", "--name", each.name, EXAMPLES / "docker-pods")
            assert each.sh("docker pull -q alpine").code == 0
        asyncio.run(close())
        listen = f"docker run -d -p {OPEN_PORT}:80 alpine httpd -f -p 80 -h /etc"
        assert made[1].sh(listen).code == 0
        yield made
    finally:
        for each in made:
            podlab("down", "--ignore-not-found", each.name)


@pytest.fixture(scope="module")
def machine(docker_host: str) -> Iterator[str]:
    """The gateway, which is the engine's machine, with a listener on all of its addresses."""
    name = f"t-listener-{uuid.uuid4().hex[:8]}"
    made = docker(
        "run", "-d", "--init", "--name", name, "--network", "host", naming.infra_image(),
        "httpd", "-f", "-p", str(HOST_PORT), "-h", "/etc",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr.decode()
    try:
        yield inspected(naming.ISOLATED_NETWORK, "{{(index .IPAM.Config 0).Gateway}}")
    finally:
        docker("rm", "-f", name)


def connects(address: str, port: int) -> str:
    """For the work shell, whose `nc` is OpenBSD's, and for Alpine's stand-in."""
    return f"nc -w 2 {address} {port} </dev/null && echo CONNECTED"


def test_no_port_of_a_neighbour_answers(seats: tuple[Seat, Seat]) -> None:
    attacker, neighbour = seats
    ports = (OPEN_PORT, 5000, 5001, 2375)
    tries = "; ".join(connects(neighbour.address, port) for port in ports)
    assert "CONNECTED" not in attacker.sh(tries).text
    for trick, options in TRICKS.items():
        assert "CONNECTED" not in attacker.nested(tries, *options).text, trick


def test_the_neighbours_port_is_open_for_the_neighbour(seats: tuple[Seat, Seat]) -> None:
    _, neighbour = seats
    for port in (OPEN_PORT, 5000):
        assert "CONNECTED" in neighbour.sh(connects(neighbour.address, port)).text
        assert "CONNECTED" in neighbour.sh(connects("127.0.0.1", port)).text


def test_nothing_that_listens_on_the_machine_answers(seats: tuple[Seat, Seat], machine: str) -> None:
    attacker, _ = seats
    wait = f"for i in $(seq 100); do {connects(machine, HOST_PORT)} && exit; sleep 0.2; done"
    there = docker("run", "--rm", "--network", "host", naming.infra_image(), "sh", "-c", wait)
    assert b"CONNECTED" in there.stdout, "the listener must be there"
    addresses = _addresses_of_the_machine()
    assert machine in addresses
    for address in addresses:
        assert "CONNECTED" not in attacker.sh(connects(address, HOST_PORT)).text, address
    for trick, options in TRICKS.items():
        assert "CONNECTED" not in attacker.nested(connects(machine, HOST_PORT), *options).text, trick


def _addresses_of_the_machine() -> list[str]:
    shown = docker(
        "run", "--rm", "--network", "host", naming.infra_image(), "ip", "-4", "-o", "addr"
    ).stdout.decode()
    found = [line.split()[3].split("/")[0] for line in shown.splitlines()]
    return [address for address in found if not address.startswith("127.")]


def test_the_clouds_metadata_are_out_of_reach(seats: tuple[Seat, Seat]) -> None:
    attacker, _ = seats
    for port in (80, 443):
        said = attacker.sh(f"nc -v -w 4 169.254.169.254 {port} </dev/null")
        assert "refused" in said.text, said.text
    assert "CONNECTED" not in attacker.nested(connects("169.254.169.254", 80), "--network", "host").text


def test_the_engines_socket_is_nowhere(seats: tuple[Seat, Seat]) -> None:
    """What there is in the way of sockets leads to the seat's own daemon."""
    attacker, _ = seats
    assert "/docker.sock" not in attacker.sh("find / -xdev -name 'docker*.sock' 2>/dev/null").text
    mounts = ("-v", "/:/daemon", "--network", "host", "--pid", "host", "--cap-add", "ALL")
    found = attacker.nested(
        "find /daemon -name 'docker*.sock' -not -path '*/proc/*' 2>/dev/null; "
        "cat /daemon/proc/net/unix 2>/dev/null | grep -o '/[^ ]*docker[^ ]*sock$'",
        *mounts,
    ).text.split()
    own = attacker.sh("docker info -f '{{.ID}}'").text.strip()
    assert own
    assert own != docker("info", "-f", "{{.ID}}").stdout.decode().strip()
    assert all("/user/1000/" in path for path in found), found


def test_the_shell_has_no_rights_and_no_raw_sockets(seats: tuple[Seat, Seat]) -> None:
    attacker, _ = seats
    status = attacker.sh("grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status").text.split()
    assert dict(zip(status[::2], status[1::2], strict=True)) == {
        "CapEff:": "0" * 16, "CapBnd:": "0" * 16, "NoNewPrivs:": "1", "Seccomp:": "2",
    }  # fmt: skip
    assert attacker.sh("touch /etc/mine").code != 0
    assert attacker.sh("unshare -Urm true").code != 0


def test_a_nested_container_never_gets_the_pods_own_interface(seats: tuple[Seat, Seat]) -> None:
    """Without it no frame can be forged: what it may do to ARP, it does to its own slirp."""
    attacker, _ = seats
    mac = inspected(
        f"podlab-{attacker.name}-infra", "{{range .NetworkSettings.Networks}}{{.MacAddress}}{{end}}"
    )
    for trick, options in TRICKS.items():
        assert mac not in attacker.nested("cat /sys/class/net/*/address; ip link", *options).text, trick
    assert mac in attacker.sh("cat /sys/class/net/*/address").text


def test_privileged_is_refused_below_the_level_privileged(seats: tuple[Seat, Seat]) -> None:
    attacker, _ = seats
    said = attacker.nested("true", "--privileged")
    assert said.code != 0
    assert "not permitted" in said.text


WRITES = {
    "core pattern": "echo x >/daemon/proc/sys/kernel/core_pattern",
    "sysrq": "echo b >/daemon/proc/sysrq-trigger",
    "caches": "echo 1 >/daemon/proc/sys/vm/drop_caches",
    "uevent helper": "echo x >/sys/kernel/uevent_helper || echo x >/daemon/sys/kernel/uevent_helper",
    "memory": "mknod /tmp/mem c 1 1 && dd if=/tmp/mem bs=1 count=1",
    "disks": """for n in 0 1 16; do for m in 7 8 252 253 254 259; do
        mknod /tmp/d$m-$n b $m $n && dd if=/tmp/d$m-$n bs=512 count=1 && exit 0; done; done; exit 1""",
    "mount of a disk": "mount -t ext4 /dev/vda /mnt || mount -t ext4 /dev/sda1 /mnt",
    "own memory limit": """cd /daemon/sys/fs/cgroup; for f in memory/memory.limit_in_bytes memory.max; do
        [ -e $f ] && echo 99999999999 >$f && exit 0; done; exit 1""",
    "own limit of processes": """cd /daemon/sys/fs/cgroup; for f in pids/pids.max pids.max; do
        [ -e $f ] && echo max >$f && exit 0; done; exit 1""",
    "control groups": "mkdir /tmp/c && { mount -t cgroup -o memory none /tmp/c || mount -t cgroup2 none /tmp/c; }",
    "remount of the daemon's root": "nsenter -t 1 -m -n -p -- mount -o remount,rw /",
}


@pytest.mark.parametrize("what", WRITES)
def test_nothing_of_the_machine_can_be_written_by_nested_root(seats: tuple[Seat, Seat], what: str) -> None:
    attacker, _ = seats
    said = attacker.nested(
        WRITES[what], "--pid", "host", "-v", "/:/daemon", "--cap-add", "ALL", "--security-opt", "seccomp=unconfined",
        "--security-opt", "systempaths=unconfined",
    )  # fmt: skip
    assert said.code != 0, said.text


def test_the_limits_are_what_they_were(seats: tuple[Seat, Seat]) -> None:
    """After all of the above, as the engine's own kernel has them."""
    attacker, _ = seats
    assert inspected(f"podlab-{attacker.name}-dind", "{{.HostConfig.PidsLimit}}") == "1000"
    limits = """cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory.max 2>/dev/null
        cat pids/pids.max pids.max 2>/dev/null"""
    assert attacker.sh(limits, container="dind").text.split() == [str(2**30), "1000"]


def test_with_raw_sockets_a_pod_still_gets_no_frame_to_a_neighbour(
    seats: tuple[Seat, Seat], pod_name: str, docker_host: str
) -> None:
    """For a level where the pod's interface can be had: the bridge carries no ARP from one pod to another."""
    from podlab.model import ISOLATED, Capabilities, Container, Metadata, Pod, PodSpec, SecurityContext

    raw = SecurityContext(capabilities=Capabilities(add=("NET_RAW", "NET_ADMIN")))
    app = Container(name="app", image=naming.infra_image(), command=("sleep", "1000"), security_context=raw)
    pod = Pod(
        metadata=Metadata(name=pod_name, annotations={ISOLATED: "true"}), spec=PodSpec(containers=(app,))
    )

    async def attack() -> tuple[str, str]:
        engine = await DockerEngine.connect(docker_host)
        await engine.close_machine()  # whoever else is on this engine
        await engine.apply(pod)
        try:
            spy = Seat(pod_name)
            gateway = inspected(naming.ISOLATED_NETWORK, "{{(index .IPAM.Config 0).Gateway}}")
            there = spy.sh(f"arping -c 3 -w 4 -I eth0 {gateway}", container="app").text
            neighbour = spy.sh(f"arping -c 3 -w 4 -I eth0 {seats[1].address}", container="app").text
            return there, neighbour
        finally:
            await engine.delete(pod_name, grace_s=0)

    there, neighbour = asyncio.run(attack())
    assert "reply from" in there, "raw sockets must work for the check to mean something"
    assert "reply from" not in neighbour
