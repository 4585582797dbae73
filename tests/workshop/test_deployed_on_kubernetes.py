"""A portal inside of a real cluster: it gives seats with the rights of its own account, and has no others."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from podlab.deploy.portal import NAME
from podlab.engines.docker.engine import DockerEngine
from podlab.engines.kubernetes.lab.ground import namespace_of
from podlab.images import portal
from podlab.naming import PYTHON_IMAGE
from podlab.workshop.bundle.wheels import installed
from tests.conftest import kubectl

pytestmark = [pytest.mark.kubernetes, pytest.mark.long, pytest.mark.timeout(600)]

LONG_S = 240
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def image(kubeconfig: str, docker_host: str) -> str:
    """The portal's, made of this very podlab, and brought to the node."""
    podlab("images", "prepare", PYTHON_IMAGE)
    asyncio.run(_make(docker_host))
    name = portal.reference("test")
    subprocess.run([ROOT / "scripts" / "test-cluster", "load", cluster_of(kubeconfig), name], check=True)
    return name


async def _make(docker_host: str) -> None:
    engine = await DockerEngine.connect(docker_host)
    try:
        await portal.make(engine.image_store, installed("podlab", "kubernetes_asyncio"), "test")
    finally:
        await engine.close()


@pytest.fixture
def folder(kubeconfig: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The tutorial under a name of its own, of which nothing is left."""
    monkeypatch.setenv("KUBECONFIG", kubeconfig)
    name = f"t{uuid.uuid4().hex[:8]}"
    made = tmp_path / name
    shutil.copytree(ROOT / "examples" / "docker-pods", made)
    file = made / "podlab.yaml"
    file.write_text(file.read_text().replace("  name: docker-pods\n", f"  name: {name}\n", 1))
    yield made
    for namespace in (namespace_of(name), namespace_of(f"{name}-portal")):
        at_once = ("--all", "--force", "--grace-period=0", "--wait=false")
        kubectl(kubeconfig, "-n", namespace, "delete", "deployments,pods", *at_once)
        kubectl(kubeconfig, "delete", "namespace", namespace, "--wait=false")


def test_it_gives_seats_with_the_rights_that_it_has(
    kubeconfig: str, classroom_images: None, image: str, folder: Path
) -> None:
    seats, own = namespace_of(folder.name), namespace_of(f"{folder.name}-portal")
    podlab(
        "deploy", "kubernetes", str(folder), "--engine", "kubernetes", "--level", "privileged", "--seats", "1",
        "--image", image, "--no-wait",
    )  # fmt: skip
    let_everybody_write(kubeconfig, own)
    said = until(lambda: log(kubeconfig, own), "Ctrl-C ends the portal")
    assert "1 of 1 seats are ready" in said
    assert re.search(r"code +\S{4}-\S{4}", said)
    pods = kubectl(kubeconfig, "-n", seats, "get", "pods", "-l", "podlab.io/seat", "-o", "name").stdout
    assert pods.decode().split() == [f"pod/{folder.name}-01"]

    inside = ["-n", own, "exec", f"deployment/{NAME}", "--", "python3", "-m", "podlab.cli"]
    engine = ("--engine", f"kubernetes/{seats}")
    echoed = kubectl(
        kubeconfig, *inside, "exec", *engine, f"{folder.name}-01", "-c", "work", "--", "echo", "hi"
    )
    assert echoed.stdout == b"hi\n", echoed.stderr
    beyond = kubectl(kubeconfig, *inside, "ps", "--engine", "kubernetes/default")
    assert b"the cluster forbids it" in beyond.stderr
    account = f"system:serviceaccount:{own}:{NAME}"
    for what in (
        ["get", "secrets"],
        ["patch", "networkpolicies.networking.k8s.io"],
        ["create", "deployments.apps"],
    ):
        may = kubectl(kubeconfig, "-n", seats, "auth", "can-i", *what, "--as", account)
        assert may.stdout.strip() == b"no", what


def let_everybody_write(kubeconfig: str, namespace: str) -> None:
    """The test cluster's volumes are root's folders of the node; those of real ones follow a pod's fsGroup."""
    volume = until(
        lambda: text(kubeconfig, "-n", namespace, "get", "pvc", NAME, "-o", "jsonpath={.spec.volumeName}"),
        "pvc",
    )
    path = text(kubeconfig, "get", "pv", volume, "-o", "jsonpath={.spec.hostPath.path}")
    enter = [str(ROOT / "scripts" / "test-cluster"), "enter", cluster_of(kubeconfig)]
    subprocess.run([*enter, "chmod", "0777", path], check=True)


def log(kubeconfig: str, namespace: str) -> str:
    return text(kubeconfig, "-n", namespace, "logs", f"deployment/{NAME}")


def text(kubeconfig: str, *words: str) -> str:
    return kubectl(kubeconfig, *words).stdout.decode()


def until(look: Callable[[], str], part: str) -> str:
    end = time.monotonic() + LONG_S
    while part not in (said := look()):
        assert time.monotonic() < end, said
        time.sleep(1)
    return said


def cluster_of(kubeconfig: str) -> str:
    return Path(kubeconfig).parent.name.removeprefix("cluster-")


def podlab(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", "podlab.cli", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
