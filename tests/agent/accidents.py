"""A fake engine on which accidents happen, and an agent on it; time passes only when told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from podlab.agent import Action, Agent, Owner
from podlab.agent.exits import ExitPolicy
from podlab.agent.known import SETTLE_S
from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.status import State
from podlab.testing.fake import FakeEngine
from tests.clock import ManualClock


class Accidents(FakeEngine):
    """An engine on which things happen behind podlab's back."""

    def strike(self, pod: str, container: str) -> None:
        """Killed as by `docker kill`, whose victims the engine does not start again; nobody calls it a stop."""
        found = self._pods[pod].containers[container]
        found.is_wanted = False
        self._happened(pod, container, "kill")
        self._runner.signal(found, "KILL")

    def lose(self, pod: str, container: str) -> None:
        """As by `docker rm -f`."""
        self.strike(pod, container)
        del self._pods[pod].containers[container]
        self._happened(pod, container, "destroy")


def pod_of(name: str = "web", **spec: object) -> Pod:
    containers = tuple(
        Container(name=each, image="busybox", command=("sleep", "100000")) for each in ("app", "side")
    )
    return Pod(metadata=Metadata(name=name), spec=PodSpec(containers=containers, **spec))  # type: ignore[arg-type]


@asynccontextmanager
async def running(
    engine: FakeEngine,
    clock: ManualClock,
    owner: Owner | None = None,
    tends: Callable[[str], bool] = lambda name: True,
    exit_policy: ExitPolicy = "all",
) -> AsyncIterator[list[Action]]:
    actions: list[Action] = []
    agent = Agent(engine, clock, owner=owner, tends=tends, exit_policy=exit_policy, on_action=actions.append)
    task = asyncio.create_task(agent.run())
    await clock.pass_(SETTLE_S)
    try:
        yield actions
    finally:
        if task.done():
            task.result()
        task.cancel()
        await asyncio.wait([task])


async def state(engine: FakeEngine, container: str) -> State:
    found = (await engine.get("web")).container(container)
    assert found
    return found.state
