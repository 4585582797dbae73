"""Looking into a pod."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

from podlab.engines.base import NAMESPACES, Engine, Sharing
from podlab.testing.contract.case import (
    SOON_S,
    Case,
    everything,
    member,
    output,
    pod_of,
)


class Inside(Case):
    async def test_the_network_is_shared_and_processes_are_not(
        self, engine: Engine, image: str, name: str
    ) -> None:
        async with self.running(engine, pod_of(name, member("app", image), member("side", image))):
            rows = {row.container: row for row in await engine.namespaces(name)}
            assert {"app", "side"} <= set(rows)
            for container in ("app", "side"):
                assert set(rows[container].sharing) == set(NAMESPACES)
                assert rows[container].sharing["net"] is Sharing.POD
                assert rows[container].sharing["ipc"] is Sharing.POD
                assert rows[container].sharing["pid"] is Sharing.OWN
                assert rows[container].sharing["mnt"] is Sharing.OWN

    async def test_all_containers_have_the_pods_host_name(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = pod_of(name, member("app", image), member("side", image), hostname="web-1")
        async with self.running(engine, pod):
            for container in ("app", "side"):
                for file in ("/etc/hostname", "/proc/sys/kernel/hostname"):
                    done = await output(await engine.exec(name, container, ["cat", file]))
                    assert done == (b"web-1\n", b"", 0)

    async def test_processes_are_shared_on_demand(self, engine: Engine, image: str, name: str) -> None:
        pod = pod_of(name, member("app", image), member("side", image), share_process_namespace=True)
        async with self.running(engine, pod):
            rows = {row.container: row.sharing["pid"] for row in await engine.namespaces(name)}
            assert (rows["app"], rows["side"]) == (Sharing.POD, Sharing.POD)

    async def test_what_is_the_machines_is_told(self, engine: Engine, image: str, name: str) -> None:
        pod = pod_of(name, member("app", image), host_network=True, host_pid=True, host_ipc=True)
        async with self.running(engine, pod):
            [app] = [row.sharing for row in await engine.namespaces(name) if row.container == "app"]
            assert (app["pid"], app["ipc"]) == (Sharing.HOST, Sharing.HOST)
            assert app["net"] in (Sharing.HOST, Sharing.POD), "from afar a member is seen to join its pod's"
            assert app["mnt"] is Sharing.OWN
            assert await engine.plan(pod) == []

    async def test_processes_are_listed(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            titles, rows = await engine.processes(name, "app")
            assert "PID" in titles
            assert any("sleep" in cell for row in rows for cell in row)
            assert all(len(row) == len(titles) for row in rows)

    async def test_use_is_read_once_or_again_and_again(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            once = await everything(engine.usage(name, "app", follow=False))
            assert len(once) == 1
            assert once[0].container == "app"
            assert once[0].memory_bytes > 0
            readings = []
            async with asyncio.timeout(SOON_S):
                async for reading in engine.usage(name, "app"):
                    readings.append(reading)
                    if len(readings) == 2:
                        break
            assert readings[0].at < readings[1].at
            assert readings[0].cpu_ns <= readings[1].cpu_ns

    async def test_the_engine_tells_its_version(self, engine: Engine) -> None:
        assert (await engine.version())[0].isdigit()
        assert await engine.product()

    async def test_isolated_pods_share_an_address(self, engine: Engine) -> None:
        address = await engine.isolated_gateway()
        assert ip_address(address).version == 4
        assert await engine.isolated_gateway() == address
