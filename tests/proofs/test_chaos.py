"""Whatever happens to pods behind podlab's back, its agent undoes; `scripts/soak` is the long form."""

from __future__ import annotations

import uuid

import pytest

from podlab.engines.docker.daemon import place, start, stop
from podlab.engines.docker.engine import DockerEngine
from podlab.naming import infra_image
from tests.conftest import docker
from tests.proofs.chaos import Chaos, pods_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]


async def test_three_pods_survive_ten_accidents(image: str, docker_host: str) -> None:
    where = place(f"t{uuid.uuid4().hex[:6]}")
    try:
        host = (await start(where, own_network=True)).address
        loaded = docker("--host", host, "load", stdin=docker("save", image, infra_image()).stdout)
        assert loaded.returncode == 0, loaded.stderr.decode()
        engine = await DockerEngine.connect(host)
        chaos = Chaos(engine, host, pods_of("t-chaos", 3, image), seed=20261122, where=where)
        await chaos.run(10)
        for took_s, cause in chaos.took_s:
            print(f"{took_s:.1f} s: {cause}")
        for what in (("ps", "-aq"), ("volume", "ls", "-q")):
            left = docker("--host", host, *what, "--filter", "label=podlab.io/pod")
            assert left.stdout == b""
    finally:
        await stop(where, purge=True)
