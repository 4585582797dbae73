"""A lab on a real cluster: what it stands on is there, is looked after, bounds it, and goes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from podlab.engines.kubernetes.engine import KubernetesEngine
from podlab.engines.kubernetes.lab.ground import namespace_of
from podlab.errors import Conflict, Denied, NotFound
from podlab.manifest.workshop import Workshop
from podlab.model import Container, Metadata, Pod, PodSpec, PullSecret
from podlab.workshop.lab import set_up as lab
from tests.conftest import kubectl
from tests.workshop.conftest import workshop_of

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(300)]

KINDS = "networkpolicies,resourcequotas,limitranges,serviceaccounts"


@pytest.fixture
def cluster(kubeconfig: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("KUBECONFIG", kubeconfig)
    return kubeconfig


@pytest.fixture
def workshop(cluster: str, cluster_image: str) -> Iterator[Workshop]:
    made = workshop_of(f"t{uuid.uuid4().hex[:8]}", image=cluster_image)
    yield made
    kubectl(cluster, "delete", "namespace", namespace_of(made.metadata.name), "--wait=false")


@pytest.fixture
async def engine(workshop: Workshop) -> AsyncIterator[KubernetesEngine]:
    """Where the workshop's pods are made."""
    connected = await KubernetesEngine.connect()
    made = lab.at_lab(connected, workshop)
    assert isinstance(made, KubernetesEngine)
    yield made
    await connected.close()


async def _no_images(workshop: Workshop) -> None:
    pass


def there(cluster: str, namespace: str, kinds: str = KINDS) -> dict[str, dict[str, Any]]:
    found = json.loads(
        kubectl(cluster, "-n", namespace, "get", kinds, "-l", "podlab.io/lab", "-o", "json").stdout
    )
    return {f"{each['kind']}/{each['metadata']['name']}": each for each in found["items"]}


async def test_all_is_laid_once_looked_after_and_taken_away(
    cluster: str, engine: KubernetesEngine, workshop: Workshop
) -> None:
    name, namespace = workshop.metadata.name, namespace_of(workshop.metadata.name)
    assert engine.client.namespace == namespace
    ready = await lab.set_up(engine, workshop, _no_images, seats=2)
    assert ready.guarded
    found = there(cluster, namespace)
    assert set(found) == {
        f"NetworkPolicy/podlab-{name}", f"ResourceQuota/podlab-{name}", f"LimitRange/podlab-{name}",
        "ServiceAccount/podlab-seats",
    }  # fmt: skip
    versions = {key: each["metadata"]["resourceVersion"] for key, each in found.items() if "Quota" not in key}
    again = await lab.set_up(engine, workshop, _no_images, seats=2)
    assert again.guarded == ready.guarded
    now = there(cluster, namespace)
    assert {key: now[key]["metadata"]["resourceVersion"] for key in versions} == versions, (
        "nothing is done twice"
    )

    kubectl(cluster, "-n", namespace, "delete", "networkpolicy", f"podlab-{name}")
    assert await engine.ground() not in ("", ready.guarded), "that it is open is seen"
    assert await engine.lay_ground(replace(ready.ground, seats=9)) == await engine.ground()
    hard = there(cluster, namespace)[f"ResourceQuota/podlab-{name}"]["spec"]["hard"]
    assert hard["pods"] == "11", "the class has grown"

    await lab.take_down(engine, workshop)
    phase = kubectl(cluster, "get", "namespace", namespace, "-o", "jsonpath={.status.phase}")
    assert phase.stdout in (b"", b"Terminating")


async def test_a_namespace_of_others_is_left_as_it_is(
    cluster: str, namespace: str, workshop: Workshop
) -> None:
    connected = await KubernetesEngine.connect(f"kubernetes/{namespace}")
    try:
        engine = lab.at_lab(connected, workshop)
        before = kubectl(cluster, "get", "namespace", namespace, "-o", "jsonpath={.metadata.labels}").stdout
        await lab.set_up(engine, workshop, _no_images, seats=2)
        kinds = {key.partition("/")[0] for key in there(cluster, namespace)}
        assert kinds == {"NetworkPolicy", "ServiceAccount"}, "nothing bounds what others do there"
        await lab.take_down(engine, workshop)
        assert there(cluster, namespace) == {}
        after = kubectl(cluster, "get", "namespace", namespace, "-o", "jsonpath={.metadata.labels}").stdout
        assert after == before
    finally:
        await connected.close()


async def test_a_policy_of_somebody_elses_is_not_taken_over(
    cluster: str, engine: KubernetesEngine, workshop: Workshop
) -> None:
    await lab.set_up(engine, workshop, _no_images, seats=1)
    name, namespace = f"podlab-{workshop.metadata.name}", namespace_of(workshop.metadata.name)
    kubectl(cluster, "-n", namespace, "label", "networkpolicy", name, "podlab.io/lab-")
    with pytest.raises(Conflict, match="not this workshop's"):
        await lab.set_up(engine, workshop, _no_images, seats=1)


async def test_more_than_the_class_is_refused_by_the_cluster(
    engine: KubernetesEngine, workshop: Workshop, cluster_image: str
) -> None:
    await lab.set_up(engine, workshop, _no_images, seats=1)

    def pod(name: str) -> Pod:
        shell = Container(name="app", image=cluster_image, command=("sleep", "1000"))
        spec = PodSpec(containers=(shell,), termination_grace_period_seconds=0)
        return Pod(metadata=Metadata(name=name), spec=spec)

    with pytest.raises(Denied, match="exceeded quota") as refused:
        for number in range(5):
            await engine.apply(pod(f"more-{number}"))
    assert "kubectl describe quota" in refused.value.hint


async def test_a_registrys_login_comes_along(
    cluster: str, engine: KubernetesEngine, workshop: Workshop
) -> None:
    template = workshop.spec.pod
    spec = replace(template.spec, image_pull_secrets=(PullSecret(name=workshop.metadata.name),))
    wanted = replace(workshop, spec=replace(workshop.spec, pod=replace(template, spec=spec)))
    with pytest.raises(NotFound, match="no registry login") as refused:
        await lab.set_up(engine, wanted, _no_images, seats=1)
    assert "kubectl create secret docker-registry" in refused.value.hint
    login = ["secret", "docker-registry", workshop.metadata.name]
    kubectl(cluster, "create", *login, "--docker-server=r", "--docker-username=u", "--docker-password=p")
    try:
        await lab.set_up(engine, wanted, _no_images, seats=1)
        copied = kubectl(cluster, "-n", engine.client.namespace, "get", *login[::2], "-o", "jsonpath={.type}")
        assert copied.stdout == b"kubernetes.io/dockerconfigjson"
    finally:
        kubectl(cluster, "delete", *login[::2])


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_tutorials_whole_round_trip_in_a_seat(cluster: str, classroom_images: None) -> None:
    """Images are built, pushed, pruned, pulled back and run by a daemon in a pod of the cluster; the lab's mirror is a
    Deployment behind a Service."""
    done = podlab("rehearse", "examples/docker-pods", "--level", "privileged", "-o", "json", timeout_s=500)
    assert done.returncode == 0, done.stderr + done.stdout
    report = json.loads(done.stdout)
    assert report["hasPassed"]
    assert len(report["seats"][0]["results"]) == 29


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_doctor_tells_that_this_network_enforces_nothing(cluster: str, classroom_images: None) -> None:
    """The test cluster's network is a plain bridge: policies are objects there, and nothing more."""
    done = podlab("doctor", "-o", "json", timeout_s=200)
    found = {each["id"]: each for each in json.loads(done.stdout)["findings"]}
    assert found["isolation.network"]["level"] == "warning"
    assert "passes over them; tried" in found["isolation.network"]["found"]
    assert found["isolation.pod-security"]["level"] == "note", "there is none before 1.22"
    assert found["rights.pods"]["level"] == found["rights.classes"]["level"] == "ok"
    assert found["storage.class"]["level"] == "ok"
    assert json.loads(done.stdout)["seats"]["fits"] > 0
    left = kubectl(cluster, "get", "namespace", "-l", "podlab.io/probe", "-o", "json")
    phases = [each["status"]["phase"] for each in json.loads(left.stdout)["items"]]
    assert set(phases) <= {"Terminating"}


def podlab(*words: str, timeout_s: float) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "podlab.cli", *words, "--engine", "kubernetes"]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s)


@pytest.fixture
def own_workshop(cluster: str, tmp_path: Path) -> Iterator[Path]:
    """The tutorial under a name of its own."""

    name = f"t{uuid.uuid4().hex[:8]}"
    folder = tmp_path / name
    shutil.copytree("examples/docker-pods", folder)
    file = folder / "podlab.yaml"
    file.write_text(file.read_text().replace("  name: docker-pods\n", f"  name: {name}\n", 1))
    yield folder
    for namespace in (namespace_of(name), namespace_of(f"{name}-portal")):
        at_once = ("--all", "--force", "--grace-period=0", "--wait=false")
        kubectl(cluster, "-n", namespace, "delete", "deployments,pods", *at_once)
        kubectl(cluster, "delete", "namespace", namespace, "--wait=false")


def test_what_is_written_the_server_takes(cluster: str, own_workshop: Path, tmp_path: Path) -> None:
    """Each manifest, with validation by kubectl and by the server."""
    out = tmp_path / "manifests"
    done = podlab(
        "deploy", "kubernetes", str(own_workshop), "--level", "privileged", "--seats", "2", "-o", str(out),
        "--public-url", "https://lab.example.org", "--preview-names", "https://*.previews.example.org",
        timeout_s=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    files = sorted(out.iterdir())
    applied = partial(kubectl, cluster, "apply", "--server-side", "-f")
    for file in files[:2]:
        assert applied(str(file)).returncode == 0
    for file in files[2:]:
        made = applied(str(file), "--dry-run=server")
        assert made.returncode == 0, f"{file.name}: {made.stderr.decode()}"
    kinds = {file.name.split("-")[1] for file in files}
    assert kinds >= {"ingress", "role", "rolebinding", "deployment", "configmap", "persistentvolumeclaim"}
