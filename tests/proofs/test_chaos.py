"""Whatever happens to pods behind podlab's back, its agent undoes.

Here each sort of accident happens once, and how long it takes is only printed: a machine that runs other tests beside
is no measure. `scripts/soak` is the long form, and holds pods to five seconds.
"""

from __future__ import annotations

import uuid

import pytest

from podlab.engines.docker.daemon import place, start, stop
from podlab.engines.docker.engine import DockerEngine
from podlab.naming import infra_image
from tests.conftest import docker
from tests.proofs.accidents import AgentProcess, Machine
from tests.proofs.chaos import Chaos, pods_of, table

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

EACH_ONCE = 15


async def test_three_pods_survive_every_accident(image: str) -> None:
    where = place(f"t{uuid.uuid4().hex[:6]}")
    try:
        agent = AgentProcess((await start(where, own_network=True)).address)
        loaded = docker("--host", agent.host, "load", stdin=docker("save", image, infra_image()).stdout)
        assert loaded.returncode == 0, loaded.stderr.decode()
        engine = await DockerEngine.connect(agent.host)
        machine = Machine(where, agent)
        chaos = Chaos(engine, agent, pods_of("t-chaos", 3, image), seed=20261122, machine=machine)
        await chaos.run(EACH_ONCE)
        print("\n".join(table(chaos.took_s)))
        assert len({accident.kind for _, accident in chaos.took_s}) == EACH_ONCE
    finally:
        await stop(where, purge=True)
