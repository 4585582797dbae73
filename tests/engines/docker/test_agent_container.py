"""The agent in a container of the engine that it looks after: it comes up, repairs, and leaves nothing."""

from __future__ import annotations

import asyncio

import pytest

from podlab.engines.docker.agent_container import NAME
from podlab.engines.docker.engine import DockerEngine
from podlab.errors import PodlabError
from podlab.images.prepare import prepare
from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.naming import PYTHON_IMAGE
from podlab.testing.contract.case import until
from podlab.workshop.bundle.wheels import files_of
from tests.conftest import docker

pytestmark = [pytest.mark.engine, pytest.mark.long]


@pytest.fixture
async def alone(private_engine: str) -> DockerEngine:
    """An engine whose pods nobody else's agent looks after."""
    engine = await DockerEngine.connect(private_engine)
    await prepare(engine.image_store, {PYTHON_IMAGE: "IfNotPresent"})
    return engine


async def test_it_repairs_pods_and_goes_without_a_trace(
    alone: DockerEngine, private_engine: str, image: str
) -> None:
    assert await alone.installed_agent() is None
    made = await alone.install_agent(files_of(), "0.0.test")
    assert (made.name, made.version, made.is_running) == (NAME, "0.0.test", True)
    app = Container(name="app", image=image, command=("sleep", "1000"))
    await alone.apply(Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=(app,))))
    await asyncio.sleep(2)  # what is down when an agent first sees it, it leaves so
    docker("--host", private_engine, "kill", "podlab-web-app")

    async def runs() -> bool:
        return (await alone.get("web")).running == 1

    await until(runs)
    again = await alone.install_agent(files_of(), "0.0.test2")
    assert again.version == "0.0.test2"
    assert await alone.uninstall_agent()
    assert not await alone.uninstall_agent()
    assert (await alone.get("web")).running == 1
    left = docker("--host", private_engine, "ps", "-aq", "--filter", f"name={NAME}").stdout
    assert left == b""


async def test_one_that_cannot_reach_the_engine_is_told_and_not_left(alone: DockerEngine) -> None:
    with pytest.raises(PodlabError, match="the agent does not come up"):
        await alone.install_agent(files_of(), "0.0.test", socket="/run/nothing-here/docker.sock")
    assert await alone.installed_agent() is None
