"""A removal takes as long as the slowest container, and whoever keeps the pod leaves it alone meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from podlab.agent import Agent
from podlab.agent.agent import Action
from podlab.engines.docker.delete import delete
from podlab.engines.docker.engine import DockerEngine
from podlab.errors import NotFound, Overtaken
from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.node.conditions import summary
from podlab.pods.up import up
from podlab.status import Phase
from tests.clock import ManualClock
from tests.conftest import leftovers

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
SLOW = "trap 'sleep 4; exit 0' TERM; while :; do sleep 0.1; done"
QUICK = "trap 'exit 0' TERM; while :; do sleep 0.1; done"


@pytest.fixture
def pod(pod_name: str, image: str) -> Pod:
    containers = tuple(
        Container(name=name, image=image, command=("sh", "-c", script))
        for name, script in (("quick", QUICK), ("slow", SLOW))
    )
    return Pod(metadata=Metadata(name=pod_name), spec=PodSpec(containers=containers))


async def until_begun(engine: DockerEngine, name: str) -> None:
    """Until the quick container has gone, and the slow one has not."""
    async with asyncio.timeout(60):
        while (await engine.get(name)).container("quick") is not None:  # noqa: ASYNC110 - an engine has no event for us
            await asyncio.sleep(0.05)


async def test_an_agent_makes_nothing_anew_while_a_pod_is_removed(engine: DockerEngine, pod: Pod) -> None:
    actions: list[Action] = []
    agent = asyncio.create_task(
        Agent(engine, tends=lambda name: name == pod.name, on_action=actions.append).run()
    )
    try:
        await up(engine, [pod])
        await asyncio.sleep(2)  # the agent has seen it whole
        removal = asyncio.create_task(engine.delete(pod.name))
        await until_begun(engine, pod.name)
        assert summary(await engine.get(pod.name)) == "Terminating"
        with pytest.raises(Overtaken):
            await engine.apply(pod, based_on=pod)
        await removal
        await asyncio.sleep(4)
        assert [action.verb for action in actions if action.verb != "failed"] == []
        assert not leftovers(pod.name)
    finally:
        agent.cancel()
        await asyncio.wait([agent])
        await engine.delete(pod.name, grace_s=0)


async def test_who_wants_it_again_gets_it(engine: DockerEngine, pod: Pod) -> None:
    try:
        await up(engine, [pod])
        removal = asyncio.create_task(engine.delete(pod.name))
        await until_begun(engine, pod.name)
        removal.cancel()
        await asyncio.wait([removal])
        await up(engine, [pod])
        status = await engine.get(pod.name)
        assert (status.phase, status.running, status.removed_since) == (Phase.RUNNING, 2, None)
    finally:
        await engine.delete(pod.name, grace_s=0)


async def test_a_removal_that_was_cut_off_is_brought_to_its_end(engine: DockerEngine, pod: Pod) -> None:
    clock = ManualClock()
    actions: list[Action] = []
    try:
        await up(engine, [pod])
        removal = asyncio.create_task(delete(engine.client, pod.name, grace_s=None))
        await until_begun(engine, pod.name)
        removal.cancel()
        await asyncio.wait([removal])
        began = (await engine.get(pod.name)).removed_since
        assert began is not None
        await clock.pass_(began.timestamp() + 3600 - clock.now())
        agent = asyncio.create_task(
            Agent(engine, clock, tends=lambda name: name == pod.name, on_action=actions.append).run()
        )
        async with asyncio.timeout(60):
            while not actions:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        agent.cancel()
        await asyncio.wait([agent])
        assert [(action.verb, action.message) for action in actions] == [
            ("removed", "its removal had been cut off")
        ]
        with pytest.raises(NotFound):
            await engine.get(pod.name)
        assert not leftovers(pod.name)
    finally:
        await engine.delete(pod.name, grace_s=0)
