"""What only a cluster has, on a real one."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
import uuid
from typing import TYPE_CHECKING

import pytest

from podlab.engines.connect import connect
from podlab.errors import AlreadyExists, Conflict, Denied, Invalid, TimedOut, Unsupported
from podlab.model import Container, Metadata, Pod, PodSpec, Resources
from podlab.model.workloads import Deployment, DeploymentSpec, LabelSelector, PodTemplate, TemplateMetadata
from podlab.pods.ready import wait_ready
from podlab.pods.up import up
from podlab.status import Phase
from podlab.testing.contract.case import SLEEP, SOON_S, collect, until
from podlab.workloads.change import apply, delete, scale
from tests.conftest import IMAGE, kubectl

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from podlab.engines.base import Engine

pytestmark = [pytest.mark.kubernetes, pytest.mark.usefixtures("cluster_image")]


@pytest.fixture(scope="module")
def room(kubeconfig: str) -> Iterator[str]:
    """A namespace for all of these; what is in it goes with it."""
    name = f"t-{uuid.uuid4().hex[:10]}"
    assert kubectl(kubeconfig, "create", "namespace", name).returncode == 0
    yield name
    at_once = ("--all", "--force", "--grace-period=0", "--wait=false")
    kubectl(kubeconfig, "--namespace", name, "delete", "deployments,pods", *at_once)
    kubectl(kubeconfig, "delete", "namespace", name, "--wait=false")


@pytest.fixture
async def engine(kubeconfig: str, room: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Engine]:
    monkeypatch.setenv("KUBECONFIG", kubeconfig)
    engine = await connect(f"kubernetes/{room}")
    yield engine
    await engine.close()


def pod_of(name: str, *command: str, **settings: object) -> Pod:
    app = Container(name="app", image=IMAGE, command=command or SLEEP, **settings)  # type: ignore[arg-type]
    return Pod(
        metadata=Metadata(name=name), spec=PodSpec(containers=(app,), termination_grace_period_seconds=1)
    )


async def test_a_signal_arrives_where_the_program_takes_it(engine: Engine, pod_name: str) -> None:
    script = "trap 'echo got it; exit 7' TERM; echo ready; while :; do sleep 0.1; done"
    pod = pod_of(pod_name, "sh", "-c", script)
    await engine.apply(dataclasses.replace(pod, spec=dataclasses.replace(pod.spec, restart_policy="Never")))
    await until(lambda: collect(engine.logs(pod_name, "app")))
    seen: list[tuple[str, str]] = []

    async def look() -> None:
        async for event in engine.watch(pod_name):
            seen.append((event.action, event.attributes.get("exitCode", "")))
            if event.action == "die":
                return

    looking = asyncio.create_task(look())
    await asyncio.sleep(0.5)
    await engine.kill(pod_name, "app", signal="TERM")
    async with asyncio.timeout(SOON_S):
        assert await engine.wait(pod_name, "app") == 7
        await looking
    assert seen[-1] == ("die", "7")
    assert (await collect(engine.logs(pod_name, "app")))[-1] == b"got it"


async def test_a_signal_that_would_be_lost_is_refused(engine: Engine, pod_name: str) -> None:
    await engine.apply(pod_of(pod_name))
    for signal in ("TERM", "KILL"):
        with pytest.raises(Unsupported, match=f"takes no {signal}"):
            await engine.kill(pod_name, "app", signal=signal)
    for refused in (engine.stop(pod_name), engine.start(pod_name, "app"), engine.pause(pod_name)):
        with pytest.raises(Unsupported):
            await refused


async def test_what_the_version_lacks_is_refused_before_anything_is_made(
    engine: Engine, pod_name: str
) -> None:
    pod = pod_of(pod_name)
    sidecar = Container(name="log", image=IMAGE, restart_policy="Always")
    pod = dataclasses.replace(pod, spec=dataclasses.replace(pod.spec, init_containers=(sidecar,)))
    with pytest.raises(
        Invalid, match=r"is Kubernetes 1.20, and spec.initContainers\[0\].restartPolicy needs"
    ):
        await engine.apply(pod)
    assert pod_name not in [each.name for each in await engine.list()]


async def test_an_image_changes_while_the_pod_lives(engine: Engine, pod_name: str) -> None:
    await engine.apply(pod_of(pod_name))
    before = await engine.get(pod_name)
    wanted = pod_of(pod_name)
    app = dataclasses.replace(wanted.spec.containers[0], image="busybox:stable")
    wanted = dataclasses.replace(wanted, spec=dataclasses.replace(wanted.spec, containers=(app,)))
    await up(engine, [wanted], timeout_s=SOON_S)

    async def is_new() -> bool:
        found = (await engine.get(pod_name)).containers[0]
        return found.container_id != before.containers[0].container_id and found.image.endswith(
            "busybox:stable"
        )

    await until(is_new)
    assert (await engine.get(pod_name)).sandbox == before.sandbox
    assert await engine.plan(wanted) == []


async def test_a_pod_that_no_node_has_room_for_says_why(engine: Engine, pod_name: str) -> None:
    pod = pod_of(pod_name, resources=Resources(requests={"cpu": "1000"}))
    await engine.apply(pod)
    with pytest.raises(TimedOut, match="Insufficient cpu"):
        await wait_ready(engine, pod_name, timeout_s=2)
    assert (await engine.get(pod_name)).phase is Phase.PENDING


async def test_what_others_made_is_not_touched(
    engine: Engine, kubeconfig: str, room: str, pod_name: str
) -> None:
    words = ("--namespace", room, "run", pod_name, "--image", IMAGE, "--image-pull-policy=IfNotPresent")
    assert kubectl(kubeconfig, *words, "--", "sleep", "1000").returncode == 0
    assert pod_name not in [each.name for each in await engine.list()]
    with pytest.raises(AlreadyExists, match="podlab did not make"):
        await engine.apply(pod_of(pod_name))
    await engine.delete(pod_name)
    assert kubectl(kubeconfig, "--namespace", room, "get", "pod", pod_name).returncode == 0


async def test_a_preview_makes_the_same_pod(
    engine: Engine, kubeconfig: str, room: str, pod_name: str
) -> None:
    pod = pod_of(pod_name)
    text = await engine.preview(pod)
    done = kubectl(kubeconfig, "--namespace", room, "apply", "-f", "-", stdin=text.encode())
    assert done.returncode == 0, done.stderr
    assert await engine.plan(pod) == []
    assert await engine.preview(pod) == ""


async def test_the_clusters_controllers_run_workloads(
    engine: Engine, kubeconfig: str, room: str, pod_name: str
) -> None:
    labels = {"app": pod_name}
    template = PodTemplate(metadata=TemplateMetadata(labels=labels), spec=pod_of(pod_name).spec)
    spec = DeploymentSpec(replicas=2, selector=LabelSelector(match_labels=labels), template=template)
    made = Deployment(metadata=Metadata(name=pod_name), spec=spec)
    assert await apply(engine, made, timeout_s=SOON_S) == "created"

    async def pods() -> list[str]:
        return [each.name for each in await engine.list() if each.name.startswith(pod_name)]

    assert len(await pods()) == 2
    assert await apply(engine, made, timeout_s=SOON_S) == "unchanged"
    done = kubectl(kubeconfig, "--namespace", room, "scale", "deployment", pod_name, "--replicas=1")
    assert done.returncode == 0
    found = await engine.object("Deployment", pod_name)
    assert isinstance(found, Deployment)
    assert found.spec.replicas == 1, "what somebody else has changed is seen"
    await scale(engine, "Deployment", pod_name, 3, timeout_s=SOON_S)
    there = await pods()
    assert len(there) >= 3
    assert set(await delete(engine, "Deployment", pod_name)) >= set(there[:1])

    async def are_gone() -> bool:
        return not await pods()

    await until(are_gone)


async def test_rights_that_are_missing_and_logins_that_ended_are_named(
    kubeconfig: str, room: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secrets = (
        "--namespace",
        room,
        "get",
        "secrets",
        "--field-selector=type=kubernetes.io/service-account-token",
    )
    found = json.loads(kubectl(kubeconfig, *secrets, "-o", "json").stdout)["items"]
    token = base64.b64decode(found[0]["data"]["token"]).decode()
    config = json.loads(kubectl(kubeconfig, "config", "view", "--raw", "--flatten", "-o", "json").stdout)
    tokens = {"weak": token, "gone": "nonsense"}
    config["users"] = [{"name": user, "user": {"token": token}} for user, token in tokens.items()]
    of = {"cluster": config["clusters"][0]["name"], "namespace": room}
    config["contexts"] = [{"name": user, "context": {**of, "user": user}} for user in tokens]
    (tmp_path / "config").write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    for user, says in (("weak", 'cannot list resource "pods"'), ("gone", "does not accept our credentials")):
        engine = await connect(f"kubernetes:{user}")
        with pytest.raises(Denied, match=says):
            await engine.list()
        await engine.close()


async def test_a_conflict_says_what_would_have_to_change(engine: Engine, pod_name: str) -> None:
    await engine.apply(pod_of(pod_name))
    with pytest.raises(Conflict, match=r"spec.containers.app.command cannot change"):
        await engine.apply(pod_of(pod_name, "sleep", "5"))
