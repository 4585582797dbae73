"""The closed machine among rules of others, and pods that publish. On an engine of the test's own, since it concerns
all isolated pods of an engine; tests/engines/docker/test_firewall.py has the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from podlab.doctor.finding import Finding, Level
from podlab.doctor.gather import gather
from podlab.doctor.report import report
from podlab.engines.docker.engine import DockerEngine
from podlab.naming import FIREWALL_IMAGE, ISOLATED_NETWORK, SHARED_PORTS
from tests.conftest import docker
from tests.proofs.room import answered, attempts

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

PORT = 30080
SHARED = SHARED_PORTS.start


@dataclass(frozen=True, slots=True)
class Lone:
    """An engine with a listener on its machine and a container in the isolated network."""

    engine: DockerEngine
    address: str
    image: str

    def docker(self, *words: str) -> str:
        done = docker("--host", self.address, *words)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def on_machine(self, line: str) -> str:
        return self.docker("exec", "machine", "sh", "-c", line)

    async def seat_reaches(self) -> set[int]:
        """Which of the machine's listeners a container in the isolated network of now reaches."""
        gateway = await self.engine.isolated_gateway()
        line = attempts(f"{gateway}:{port}" for port in (PORT, SHARED))
        said = self.docker("run", "--rm", "--network", ISOLATED_NETWORK, self.image, "sh", "-c", line)
        return {int(each.rpartition(":")[2]) for each in answered(said)}


@pytest.fixture
async def lone(private_engine: str, image: str) -> AsyncIterator[Lone]:
    saved = docker("save", FIREWALL_IMAGE)
    assert saved.returncode == 0, "scripts/test prepares podlab's images"
    assert docker("--host", private_engine, "load", stdin=saved.stdout).returncode == 0
    engine = await DockerEngine.connect(private_engine)
    await engine.isolated_gateway()  # the network is there
    made = Lone(engine, private_engine, image)
    listen = f"httpd -p {PORT}; httpd -p {SHARED}; sleep 100000"
    made.docker(
        "run", "-d", "--init", "--name", "machine", "--network", "host", "--cap-add", "NET_ADMIN", FIREWALL_IMAGE,
        "sh", "-c", listen,
    )  # fmt: skip
    yield made
    await engine.close()


async def test_rules_of_others_stay_and_count(lone: Lone) -> None:
    """The user's own table refuses what ours lets through, and ours refuses what theirs lets through."""
    mine = (
        "table inet mine { chain input { type filter hook input priority filter; "
        f"tcp dport {SHARED} drop; tcp dport {PORT} accept; }}; }}"
    )
    lone.on_machine(f"printf %s '{mine}' | nft -f -")
    before = lone.on_machine("nft list table inet mine")
    await lone.engine.close_machine()
    assert lone.on_machine("nft list table inet mine") == before
    assert await lone.seat_reaches() == set()
    await lone.engine.open_machine()
    assert lone.on_machine("nft list table inet mine") == before
    assert await lone.seat_reaches() == {PORT}


async def test_who_publishes_a_port_from_an_isolated_pod_is_reached_from_outside_only(lone: Lone) -> None:
    lone.docker(
        "run", "-d", "--init", "--name", "pub", "--network", ISOLATED_NETWORK, "--publish", f"{PORT + 1}:80",
        lone.image, "httpd", "-f", "-p", "80",
    )  # fmt: skip
    await lone.engine.close_machine()
    gateway = await lone.engine.isolated_gateway()
    own = lone.on_machine("ip -4 -o addr show scope global").split()[3].partition("/")[0]
    line = attempts({f"{each}:{PORT + 1}" for each in (gateway, own)})
    said = lone.docker("run", "--rm", "--network", ISOLATED_NETWORK, lone.image, "sh", "-c", line)
    assert answered(said) == set(), "no neighbour"
    said = lone.docker("run", "--rm", lone.image, "sh", "-c", line)
    assert answered(said) != set(), "a container of another bridge, as anybody outside"


async def test_doctor_tries_from_inside_and_tells_open_from_closed(lone: Lone) -> None:
    found = await closed(lone)
    assert found.level is Level.WARNING
    assert await lone.engine.isolated_gateway() in found.found
    assert found.fix == "podlab firewall"
    await lone.engine.close_machine()
    found = await closed(lone)
    assert found.level is Level.OK
    assert "tried from inside" in found.found
    assert await lone.engine.isolated_gateway() in found.found
    left = lone.docker("ps", "--all", "--quiet", "--filter", "label=podlab.io/role=probe")
    assert left == "", "the listener and the probes are gone"


async def closed(lone: Lone) -> Finding:
    facts = await gather(lone.engine, nested=False)
    return next(each for each in report(facts).findings if each.id == "network.closed")
