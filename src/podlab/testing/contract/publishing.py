"""Ports that a pod publishes: when it is made, and later."""

from __future__ import annotations

import dataclasses
import random
from typing import TYPE_CHECKING

import pytest

from podlab.errors import AlreadyExists, Conflict, Unsupported
from podlab.model import ISOLATED, PUBLISH, ContainerPort, Pod
from podlab.testing.contract.case import Case, id_of, member, pod_of, started_of, until

if TYPE_CHECKING:
    from podlab.engines.base import Engine


def with_ports(pod: Pod, *ports: str) -> Pod:
    metadata = dataclasses.replace(pod.metadata, annotations={PUBLISH: ",".join(ports)} if ports else {})
    return dataclasses.replace(pod, metadata=metadata)


class Publishing(Case):
    @pytest.fixture
    def port(self) -> int:
        """One of the engine's machine, below those that it gives to connections, and the next one."""
        return random.randrange(20_000, 32_000)  # noqa: S311

    async def published(self, engine: Engine, name: str) -> set[tuple[int, int]]:
        return {(each.host_port, each.container_port) for each in (await engine.get(name)).ports}

    async def test_a_port_comes_and_goes_without_a_container_being_touched(
        self, engine: Engine, image: str, name: str, port: int
    ) -> None:
        pod = pod_of(name, member("app", image))
        async with self.running(engine, pod):
            before = await engine.get(name)
            more = with_ports(pod, f"{port}:80", f"127.0.0.1:{port + 1}:81")
            assert [change.verb for change in await engine.plan(more)].count("publish") == 2
            await engine.apply(more)
            assert await self.published(engine, name) == {(port, 80), (port + 1, 81)}
            assert await engine.plan(more) == []
            await engine.apply(with_ports(pod, f"127.0.0.1:{port + 1}:81"))
            assert await self.published(engine, name) == {(port + 1, 81)}
            await engine.apply(pod)
            now = await engine.get(name)
            assert now.ports == ()
            assert id_of(now, "app") == id_of(before, "app")
            assert started_of(now, "app") == started_of(before, "app")

    async def test_a_port_that_came_later_is_there_again_after_a_stop(
        self, engine: Engine, image: str, name: str, port: int
    ) -> None:
        pod = pod_of(name, member("app", image))
        async with self.running(engine, pod):
            await engine.apply(with_ports(pod, f"{port}:80"))
            await engine.stop(name, grace_s=0)
            await engine.start(name)

            async def is_back() -> bool:
                return await self.published(engine, name) == {(port, 80)}

            await until(is_back)
        await self.is_gone(engine, name)

    async def test_a_port_that_is_taken_leaves_the_pod_as_it_was(
        self, engine: Engine, image: str, name: str, port: int
    ) -> None:
        taken = ContainerPort(container_port=80, host_port=port)
        other = pod_of(f"{name}-2", member("app", image, ports=(taken,)))
        pod = pod_of(name, member("app", image))
        async with self.running(engine, other), self.running(engine, pod):
            with pytest.raises(AlreadyExists):
                await engine.apply(with_ports(pod, f"{port}:80"))
            assert await self.published(engine, name) == set()
            assert await engine.plan(pod) == []

    async def test_a_port_of_the_first_day_cannot_be_taken_back(
        self, engine: Engine, image: str, name: str, port: int
    ) -> None:
        pod = with_ports(pod_of(name, member("app", image)), f"{port}:80")
        async with self.running(engine, pod):
            with pytest.raises(Conflict):
                await engine.plan(with_ports(pod))
            assert await self.published(engine, name) == {(port, 80)}

    async def test_what_cannot_be_passed_on_is_refused(
        self, engine: Engine, image: str, name: str, port: int
    ) -> None:
        pod = pod_of(name, member("app", image))
        async with self.running(engine, pod):
            with pytest.raises(Unsupported):
                await engine.apply(with_ports(pod, f"{port}:53/sctp"))

    async def test_a_port_that_comes_to_an_isolated_pod_is_refused(
        self, engine: Engine, image: str, name: str, port: int
    ) -> None:
        pod = pod_of(name, member("app", image))
        metadata = dataclasses.replace(pod.metadata, annotations={ISOLATED: "true"})
        isolated = dataclasses.replace(pod, metadata=metadata)
        async with self.running(engine, isolated):
            annotations = {**isolated.metadata.annotations, PUBLISH: f"{port}:80"}
            more = dataclasses.replace(metadata, annotations=annotations)
            with pytest.raises(Unsupported):
                await engine.apply(dataclasses.replace(isolated, metadata=more))
