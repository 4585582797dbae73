"""Termination messages on a real Docker Engine: for whom there is a file, of which run it tells, and what is left."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from podlab.engines.docker.contents.last_words import _MOST_READ_BYTES
from podlab.model import Container, Metadata, Pod, PodSpec, SecurityContext
from tests.conftest import docker

if TYPE_CHECKING:
    from podlab.engines.docker.engine import DockerEngine

pytestmark = pytest.mark.engine
LOG = "/dev/termination-log"


def pod_of(name: str, image: str, script: str, **settings: Any) -> Pod:
    policy = settings.pop("restart_policy", "Never")
    app = Container(
        name="app", image=image, command=("sh", "-c", script), termination_message_path=LOG, **settings
    )
    return Pod(metadata=Metadata(name=name), spec=PodSpec(containers=(app,), restart_policy=policy))


async def message(engine: DockerEngine, name: str) -> str:
    found = (await engine.get(name)).container("app")
    assert found is not None
    return found.message


async def test_any_user_may_write_also_where_nothing_else_can_be_written(
    engine: DockerEngine, pod_name: str, image: str
) -> None:
    security = SecurityContext(run_as_user=1000, read_only_root_filesystem=True)
    await engine.apply(pod_of(pod_name, image, f"id -u >{LOG}; exit 1", security_context=security))
    await engine.wait(pod_name, "app")
    assert await message(engine, pod_name) == "1000\n"
    await engine.delete(pod_name, grace_s=0)


async def test_only_the_last_run_is_told_of(engine: DockerEngine, pod_name: str, image: str) -> None:
    script = f"[ ! -e /tmp/once ] || exit 0; touch /tmp/once; echo first >{LOG}; sleep 1; exit 3"
    await engine.apply(pod_of(pod_name, image, script, restart_policy="OnFailure"))
    async with asyncio.timeout(60):
        while (app := (await engine.get(pod_name)).container("app")) and not (  # noqa: ASYNC110
            app.restart_count and app.exit_code == 0
        ):
            await asyncio.sleep(0.1)
    assert await message(engine, pod_name) == ""
    await engine.delete(pod_name, grace_s=0)


async def test_a_file_without_measure_is_not_read_to_its_end(
    engine: DockerEngine, pod_name: str, image: str
) -> None:
    script = f"echo begin >{LOG}; dd if=/dev/zero bs=1M count=64 2>/dev/null >>{LOG}"
    await engine.apply(pod_of(pod_name, image, script))
    await engine.wait(pod_name, "app")
    said = await message(engine, pod_name)
    assert said.startswith("begin\n")
    assert len(said) == 4096 < _MOST_READ_BYTES
    await engine.delete(pod_name, grace_s=0)


async def test_the_file_goes_with_its_container(engine: DockerEngine, pod_name: str, image: str) -> None:
    pod = pod_of(pod_name, image, "exec sleep 1000")
    await engine.apply(pod)
    side = Container(name="side", image=image, command=("sleep", "1000"))
    await engine.apply(Pod(metadata=pod.metadata, spec=PodSpec(containers=(side,), restart_policy="Never")))
    left = docker("volume", "ls", "-q", "--filter", f"label=podlab.io/pod={pod_name}").stdout.decode()
    await engine.delete(pod_name, grace_s=0)
    assert "last-words" not in left


async def test_what_is_shown_instead_of_done_makes_the_file_too(
    engine: DockerEngine, pod_name: str, image: str
) -> None:
    shown = await engine.preview(pod_of(pod_name, image, f"echo bye >{LOG}"))
    volume = f"podlab-{pod_name}-app.last-words"
    assert f"--name podlab-{pod_name}-app" not in shown or volume in shown
    lines = [line for line in shown.splitlines() if volume in line]
    assert len(lines) == 3
    assert "volume-subpath=message" in lines[-1]
