"""A real cluster in trouble: its API server killed and started again, its container runtime restarted."""

from __future__ import annotations

import asyncio
import subprocess
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from podlab.agent import Agent
from podlab.engines.connect import connect
from podlab.errors import PodlabError
from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.pods.up import up
from podlab.status import Phase
from podlab.testing.contract.case import output, until
from tests.conftest import IMAGE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from podlab.engines.base import Engine

SCRIPT = Path(__file__).parents[3] / "scripts/test-cluster"
SOON_S = 120


def seat(number: int) -> Pod:
    app = Container(name="app", image=IMAGE, command=("sleep", "1000000"))
    return Pod(metadata=Metadata(name=f"seat-{number}"), spec=PodSpec(containers=(app,)))


class Seats:
    """Three that have to be there."""

    def owns(self, name: str) -> bool:
        return name.startswith("seat-")

    def wanted(self) -> Mapping[str, Pod]:
        return {f"seat-{n}": seat(n) for n in range(3)}


class Cluster:
    def __init__(self, kubeconfig: str, engine: Engine) -> None:
        self.name = Path(kubeconfig).parent.name.removeprefix("cluster-")
        self.engine = engine

    async def program(self, does: str, what: str) -> None:
        words = [str(SCRIPT), "enter", self.name, "/var/lib/cluster/program", does, what]
        done = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    async def restart(self, what: str, *, away_s: float = 1.0) -> None:
        await self.program("stop", what)
        await asyncio.sleep(away_s)
        await self.program("start", what)

    async def uids(self) -> dict[str, str]:
        """Of the pods that run; all of them, however long it takes to be told."""
        while True:
            try:
                return {
                    each.name: each.sandbox
                    for each in await self.engine.list()
                    if each.phase is Phase.RUNNING
                }
            except PodlabError:
                await asyncio.sleep(0.5)

    async def until_seats(self, count: int) -> dict[str, str]:
        async def found() -> dict[str, str] | None:
            seats = await self.uids()
            return seats if len(seats) == count else None

        return dict(await until(found, SOON_S))


@pytest.fixture
async def cluster(
    private_cluster: str, image: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Cluster]:
    monkeypatch.setenv("KUBECONFIG", private_cluster)
    engine = await connect("kubernetes/default")
    made = Cluster(private_cluster, engine)
    words = [str(SCRIPT), "load", made.name, image]
    loaded = await asyncio.to_thread(subprocess.run, words, capture_output=True)
    assert loaded.returncode == 0, loaded.stderr
    yield made
    await engine.close()


async def patiently(act: Callable[[], Awaitable[None]]) -> None:
    """Again, as whoever is told to try again later does."""
    async with asyncio.timeout(SOON_S):
        while True:
            try:
                return await act()
            except PodlabError:
                await asyncio.sleep(0.5)


@asynccontextmanager
async def running(agent: Agent) -> AsyncIterator[None]:
    task = asyncio.create_task(agent.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.mark.kubernetes
@pytest.mark.long
@pytest.mark.timeout(600)
async def test_nothing_is_lost_and_nothing_is_there_twice(cluster: Cluster) -> None:
    engine = cluster.engine
    names = {f"seat-{n}" for n in range(3)}
    actions: list[str] = []
    agent = Agent(
        engine, owner=Seats(), tends=Seats().owns, on_action=lambda action: actions.append(action.verb)
    )
    async with running(agent):
        before = await cluster.until_seats(3)
        assert before.keys() == names

        await cluster.restart("apiserver", away_s=3)
        assert await cluster.until_seats(3) == before, "a restart of the API server touches no seat"

        await engine.delete("seat-1", grace_s=0)

        async def is_back() -> dict[str, str] | None:
            seats = await cluster.uids()
            return seats if seats.get("seat-1") not in (None, before["seat-1"]) else None

        now = await until(is_back, SOON_S)
        assert now.keys() == names
        assert {now[n] for n in ("seat-0", "seat-2")} == {before[n] for n in ("seat-0", "seat-2")}
        assert "lost" in actions and "found" in actions

    making = asyncio.create_task(up(engine, [seat(n) for n in range(3, 7)], timeout_s=SOON_S))
    await asyncio.sleep(0.3)
    await cluster.restart("apiserver")
    await asyncio.wait([making])
    await patiently(lambda: up(engine, [seat(n) for n in range(7)], timeout_s=SOON_S))
    found = await cluster.until_seats(7)
    assert found.keys() == {f"seat-{n}" for n in range(7)}

    await cluster.restart("containerd")

    async def answers() -> None:
        done = await output(await engine.exec("seat-0", "app", ["echo", "here"]))
        assert done == (b"here\n", b"", 0)

    await patiently(answers)
    assert await cluster.until_seats(7) == found, "a restart of the runtime touches no seat"
