"""How containers are started again on a Docker Engine: by whom, and with what files."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from podlab.engines.docker import translate
from podlab.engines.docker.contents.start_error import said
from podlab.engines.docker.found import FoundPod
from podlab.engines.docker.plan import Verb, plan
from podlab.model import CLEAN_RESTARTS, Container, Metadata, Pod, PodSpec
from podlab.status import ContainerStatus, State
from podlab.wire import encode
from tests.conftest import docker
from tests.engines.docker.test_plan import T0, World, found_container

if TYPE_CHECKING:
    from podlab.engines.docker.engine import DockerEngine


def pod_of(name: str, image: str, *command: str, clean: bool = False, **spec: object) -> Pod:
    app = Container(name="app", image=image, command=command)
    notes = {CLEAN_RESTARTS: "true"} if clean else {}
    made = PodSpec(containers=(app,), termination_grace_period_seconds=0, **spec)  # type: ignore[arg-type]
    return Pod(metadata=Metadata(name=name, annotations=notes), spec=made)


async def app_of(engine: DockerEngine, name: str) -> ContainerStatus:
    found = (await engine.get(name)).container("app")
    assert found is not None
    return found


def test_only_the_inits_own_line_about_that_command_counts() -> None:
    line = "[FATAL tini (7)] exec /not/there failed: No such file or directory"
    assert said(line + "\r\n", "/not/there").endswith('exec: "/not/there": no such file or directory')
    assert said(line, "/other") == ""
    podmans = "ERROR (catatonit:7): failed to exec pid1: Permission denied"
    assert said(podmans, "/x").endswith('exec: "/x": permission denied')
    assert said(f"said: {line}", "/not/there") == ""
    assert said("sh: /not/there: not found", "/not/there") == ""


def test_a_pod_whose_restarts_are_clean_is_never_restarted_by_the_engine() -> None:
    for policy in ("Always", "OnFailure", "Never", None):
        pod = pod_of("web", "busybox", clean=True, restart_policy=policy)
        assert translate.restarts(pod, "app") == {"Name": "no"}
    plain = pod_of("web", "busybox")
    assert translate.member_hash(plain, plain.spec.containers[0]) != translate.member_hash(
        pod, pod.spec.containers[0]
    )


@pytest.mark.engine
class TestOnEngine:
    @pytest.fixture
    async def name(self, engine: DockerEngine, pod_name: str) -> AsyncIterator[str]:
        yield pod_name
        await engine.delete(pod_name, grace_s=0)

    async def said(self, engine: DockerEngine, name: str) -> list[bytes]:
        """Its log, once the container has said `run`."""
        async for line in engine.logs(name, "app", follow=True):
            if line.text == b"run":
                break
        return [line.text async for line in engine.logs(name, "app")]

    @pytest.mark.parametrize(
        ("command", "message"),
        [(("/not/there", "x"), "no such file or directory"), (("/etc/passwd",), "permission denied")],
    )
    async def test_a_command_that_cannot_be_started_is_a_start_error(
        self, engine: DockerEngine, name: str, image: str, command: tuple[str, ...], message: str
    ) -> None:
        await engine.apply(pod_of(name, image, *command, restart_policy="Never"))
        await engine.wait(name, "app")
        found = await app_of(engine, name)
        assert (found.state, found.exit_code, found.reason) == (State.TERMINATED, 128, "StartError")
        assert message in found.message

    async def test_a_command_that_ends_so_by_itself_is_none(
        self, engine: DockerEngine, name: str, image: str
    ) -> None:
        await engine.apply(pod_of(name, image, "sh", "-c", "nosuch; exit 127", restart_policy="Never"))
        await engine.wait(name, "app")
        found = await app_of(engine, name)
        assert (found.exit_code, found.reason, found.message) == (127, "Error", "")

    async def test_what_is_restarted_cleanly_begins_with_its_images_files_and_the_former_is_kept(
        self, engine: DockerEngine, name: str, image: str
    ) -> None:
        script = "ls /mark 2>&1; touch /mark; echo run; exec sleep 1000"
        pod = pod_of(name, image, "sh", "-c", script, clean=True)
        await engine.apply(pod)
        for _ in range(2):
            said = await self.said(engine, name)
            assert said == [b"ls: /mark: No such file or directory", b"run"]
            before = await app_of(engine, name)
            await engine.kill(name, "app")
            await engine.wait(name, "app")
            await asyncio.sleep(0.3)
            assert (await app_of(engine, name)).state is State.TERMINATED  # the engine leaves it
            assert [each.verb for each in await engine.plan(pod)] == ["set aside", "create", "start"]
            await engine.apply(pod)
            now = await app_of(engine, name)
            assert now.state is State.RUNNING
            assert now.container_id != before.container_id
            kept = docker("ps", "-aq", "--no-trunc", "--filter", f"name=podlab-{name}-app.former").stdout
            assert f"docker://{kept.decode().strip()}" == before.container_id
            assert [line.text async for line in engine.logs(name, "app", previous=True)] == said
        assert await engine.plan(pod) == []
        await engine.restart(name, "app", grace_s=0)  # by hand: it is the same container
        assert (await app_of(engine, name)).container_id == now.container_id
        side = dataclasses.replace(pod.spec.containers[0], name="side")
        await engine.apply(dataclasses.replace(pod, spec=dataclasses.replace(pod.spec, containers=(side,))))
        assert docker("ps", "-aq", "--filter", f"name=podlab-{name}-app").stdout == b""

    async def test_the_former_goes_with_its_pod(self, engine: DockerEngine, name: str, image: str) -> None:
        pod = pod_of(name, image, "sleep", "1000", clean=True)
        await engine.apply(pod)
        await engine.kill(name, "app")
        await engine.wait(name, "app")
        await engine.apply(pod)
        await engine.delete(name, grace_s=0)
        assert docker("ps", "-aq", "--filter", f"label=podlab.io/pod={name}").stdout == b""

    async def test_of_two_that_restart_it_at_once_neither_takes_the_new_one_for_the_old(
        self, engine: DockerEngine, name: str, image: str
    ) -> None:
        pod = pod_of(name, image, "sleep", "1000", clean=True)
        await engine.apply(pod)
        await engine.kill(name, "app")
        await engine.wait(name, "app")
        await asyncio.gather(*(engine.apply(pod) for _ in range(3)))
        assert (await app_of(engine, name)).state is State.RUNNING
        assert await engine.plan(pod) == []


def test_a_stale_member_is_made_anew_too_and_one_that_is_held_is_not() -> None:
    pod = pod_of("web", "busybox", clean=True)
    infra = found_container(translate.infra_hash(pod), "running", T0, 0, "podlab")
    digest = translate.member_hash(pod, pod.spec.containers[0])
    member = found_container(digest, "exited", T0, 1, f"container:{infra.id}")
    found = FoundPod(
        name="web", infra=infra, members={"app": member}, networks=frozenset({"podlab"}), spec=encode(pod)
    )
    assert [step.verb for step in plan(pod, found)] == [Verb.SET_ASIDE, Verb.CREATE, Verb.START]
    assert plan(pod, found, hold={"app"}) == []
    later = dataclasses.replace(infra, started_at=T0.replace(minute=5))
    stale = dataclasses.replace(
        found, infra=later, members={"app": dataclasses.replace(member, state="running")}
    )
    world = World(pod, stale)
    world.run(plan(pod, stale))
    assert plan(pod, world.found) == []
