"""The machine closed to isolated pods. The machine is an engine of the test's own: others would miss its listeners."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from ipaddress import IPv4Network

import pytest

from podlab import naming
from podlab.engines.docker import firewall
from podlab.engines.docker.engine import DockerEngine
from podlab.engines.docker.firewall import Bridge
from podlab.engines.guards import Guards
from podlab.engines.labs import Ground
from podlab.errors import NotFound
from podlab.model import ISOLATED, Container, Metadata, Pod, PodSpec
from podlab.pods.library import Completed, RunningPod
from podlab.workshop.lab import guarding
from tests.conftest import docker

PORT = 18080
BRIDGE = Bridge(id="x", name="br-0123456789ab", gateway="10.1.0.1", subnet=IPv4Network("10.1.0.0/24"))


def test_the_table_is_its_bridges_alone_and_replaces_itself() -> None:
    text = firewall.rules(BRIDGE, closes_lan=False)
    assert text.startswith("table inet podlab-br-0123456789ab\ndelete table inet podlab-br-0123456789ab\n")
    assert text.count('"br-0123456789ab"') == 3
    assert "192.168.0.0/16" not in text
    assert "ip daddr 10.1.0.1 tcp dport 25001-25016 accept" in text


def test_the_lan_is_closed_but_for_name_servers() -> None:
    text = firewall.rules(BRIDGE, closes_lan=True)
    assert "192.168.0.0/16" in text
    assert "dport != 53 reject" in text


@pytest.fixture
async def machine(private_engine: str) -> AsyncIterator[DockerEngine]:
    """An engine with the firewall's image, on whose machine something listens on every address."""
    saved = docker("save", naming.FIREWALL_IMAGE)
    assert saved.returncode == 0, "scripts/test prepares it: podlab images prepare"
    assert docker("--host", private_engine, "load", stdin=saved.stdout).returncode == 0
    listener = docker(
        "--host", private_engine, "run", "-d", "--init", "--network", "host", naming.infra_image(),
        "httpd", "-f", "-p", str(PORT), "-h", "/etc",
    )  # fmt: skip
    assert listener.returncode == 0, listener.stderr.decode()
    yield await DockerEngine.connect(private_engine)


async def up(engine: DockerEngine, name: str, annotations: dict[str, str]) -> RunningPod:
    app = Container(name="app", image=naming.infra_image(), command=("sleep", "1000"))
    await engine.apply(
        Pod(metadata=Metadata(name=name, annotations=annotations), spec=PodSpec(containers=(app,)))
    )
    return RunningPod(engine, name)


async def reaches(pod: RunningPod, address: str, port: int = PORT) -> bool:
    ask = f"printf 'GET /passwd HTTP/1.0\\r\\n\\r\\n' | nc -w 5 {address} {port}"
    done: Completed = await pod.exec("app", ["sh", "-c", ask])
    return b"200 OK" in done.stdout


async def in_time(pod: RunningPod, address: str, port: int = PORT) -> bool:
    """Whoever listens there may have been started just now."""
    for _ in range(100):
        if await reaches(pod, address, port):
            return True
        await asyncio.sleep(0.2)
    return False


@pytest.mark.engine
@pytest.mark.timeout(300)
async def test_what_listens_on_the_machine_is_out_of_reach_for_isolated_pods_alone(
    machine: DockerEngine,
) -> None:
    assert isinstance(machine, Guards)
    seat = await up(machine, "seat", {ISOLATED: "true"})
    plain = await up(machine, "plain", {})
    gateway = await machine.isolated_gateway()
    assert await in_time(seat, gateway), "the hole that the rules close"

    network = await machine.close_machine()
    assert network == await machine.guarded_network()
    assert not await reaches(seat, gateway)
    assert await reaches(plain, gateway), "nothing but isolated pods is concerned"
    assert await machine.close_machine() == network, "closed already is as good"
    assert not await reaches(seat, gateway)

    await machine.open_machine()
    await machine.open_machine()
    assert await reaches(seat, gateway)


@pytest.mark.engine
@pytest.mark.timeout(300)
async def test_shared_ports_of_the_gateway_stay_open(machine: DockerEngine) -> None:
    gateway, port = await machine.isolated_gateway(), naming.SHARED_PORTS[0]
    host = machine.client.address
    web = docker(
        "--host", str(host), "run", "-d", "--init", "-p", f"{gateway}:{port}:80", naming.infra_image(),
        "httpd", "-f", "-p", "80", "-h", "/etc",
    )  # fmt: skip
    assert web.returncode == 0, web.stderr.decode()
    await machine.close_machine()
    seat = await up(machine, "seat", {ISOLATED: "true"})
    assert await in_time(seat, gateway, port)
    assert not await reaches(seat, gateway)


@pytest.mark.engine
@pytest.mark.timeout(300)
async def test_a_network_that_was_made_anew_is_closed_again_and_old_rules_go(machine: DockerEngine) -> None:
    ground = Ground(lab="class", seat=Pod(metadata=Metadata(name="seat"), spec=PodSpec()), seats=1)
    first = await guarding.close(machine, ground)
    told: list[str] = []
    keeper = asyncio.create_task(
        guarding.keep(machine, lambda: ground, first, on_warning=told.append, look_s=0.1)
    )
    try:
        assert (
            docker("--host", str(machine.client.address), "network", "rm", naming.ISOLATED_NETWORK).returncode
            == 0
        )
        seat = await up(machine, "seat", {ISOLATED: "true"})
        gateway = await machine.isolated_gateway()
        async with asyncio.timeout(60):
            while await reaches(seat, gateway):  # noqa: ASYNC110 - the engine is looked at from outside
                await asyncio.sleep(0.2)
    finally:
        keeper.cancel()
    tables = docker(
        "--host", str(machine.client.address), "run", "--rm", "--network", "host", "--cap-add", "NET_ADMIN",
        naming.FIREWALL_IMAGE, "nft", "list", "tables",
    ).stdout.decode()  # fmt: skip
    assert tables.count("table inet podlab-") == 1, tables
    assert told == []


@pytest.mark.engine
async def test_without_its_image_it_says_how_to_get_it(private_engine: str) -> None:
    engine = await DockerEngine.connect(private_engine)
    with pytest.raises(NotFound, match="podlab/firewall") as caught:
        await engine.close_machine()
    assert caught.value.hint == "podlab images prepare"
