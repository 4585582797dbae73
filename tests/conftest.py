"""Fixtures for every test. Those for a real engine ask for the private one that `scripts/test` starts; that
it is missing is a failure, never a reason to skip."""

from __future__ import annotations

import asyncio
import fcntl
import io
import os
import subprocess
import sys
import tarfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from podlab.engines.docker.daemon import place, start, stop
from podlab.engines.docker.engine import DockerEngine
from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.naming import infra_image
from tests.virtual_time import VirtualTimeLoop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

pytest.register_assert_rewrite("podlab.testing.contract")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """https://pytest-asyncio.readthedocs.io/en/stable/reference/hooks.html"""
    is_virtual = item.get_closest_marker("virtual_time") is not None
    return {"virtual": VirtualTimeLoop} if is_virtual else {"real": asyncio.new_event_loop}


IMAGE = "podlab-test/busybox:latest"


@pytest.fixture(scope="session", autouse=True)
def _secrets_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Secrets of tests are sealed with a key of their own, not with that of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PODLAB_SECRETS_KEY", str(tmp_path_factory.mktemp("key") / "secrets.key"))
        yield


@pytest.fixture(scope="session")
def docker_host() -> str:
    """The address of the private engine."""
    address = os.environ.get("DOCKER_HOST", "")
    if not address:
        pytest.fail("DOCKER_HOST is not set: run scripts/test, which starts a private Docker Engine")
    found = docker("version", "--format", "{{.Server.Version}}")
    if found.returncode:
        pytest.fail(f"no engine answers at DOCKER_HOST={address}: {found.stderr.decode()}")
    return address


@pytest.fixture(scope="session")
def image(docker_host: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The reference of an image on the engine with Debian's static busybox, made in a second. Infra containers
    take it, too."""
    # xdist's workers have folders side by side; made by two of them, the image would change under a test
    with (tmp_path_factory.getbasetemp().parent / "image.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if docker("image", "inspect", IMAGE).returncode:
            made = docker("import", "-c", 'CMD ["sh"]', "-", IMAGE, stdin=busybox())
            assert made.returncode == 0, made.stderr.decode()
        if docker("image", "inspect", infra_image()).returncode:
            docker("tag", IMAGE, infra_image())
    return IMAGE


@pytest.fixture(scope="session")
def kubeconfig() -> str:
    """The kubeconfig of the test cluster; who needs it tells it to what it runs, as `KUBECONFIG`."""
    path = os.environ.get("PODLAB_TEST_KUBECONFIG", "")
    if not path:
        pytest.fail(
            "PODLAB_TEST_KUBECONFIG is not set: run scripts/test, which starts a Kubernetes, or "
            "scripts/test-cluster up, and set it to /run/podlab/cluster-test/kubeconfig"
        )
    found = kubectl(path, "get", "--raw", "/readyz")
    if found.returncode:
        pytest.fail(f"no cluster answers by {path}: {found.stderr.decode()}")
    return path


@pytest.fixture(scope="session")
def cluster_image(kubeconfig: str, image: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image of `image`, on the cluster's node, where its name is also busybox:stable."""
    script = Path(__file__).parent.parent / "scripts" / "test-cluster"
    cluster = Path(kubeconfig).parent.name.removeprefix("cluster-")
    images = [str(script), "enter", cluster, "ctr", "--namespace", "k8s.io", "images"]
    name = f"docker.io/{IMAGE}"
    with (tmp_path_factory.getbasetemp().parent / "cluster-image.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        listed = subprocess.run([*images, "list", "--quiet"], capture_output=True, check=True, text=True)
        if name not in listed.stdout.split():
            subprocess.run([script, "load", cluster, IMAGE], check=True)
        subprocess.run([*images, "tag", "--force", name, "docker.io/library/busybox:stable"], check=True)
    return IMAGE


@pytest.fixture(scope="session")
def classroom_images(kubeconfig: str, docker_host: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What seats of examples/docker-pods are made of is on the cluster's node, brought from the engine."""
    script = Path(__file__).parent.parent / "scripts" / "test-cluster"
    cluster = Path(kubeconfig).parent.name.removeprefix("cluster-")
    wanted = {
        "docker:dind": "library/docker:dind", "registry:2": "library/registry:2",
        "busybox:latest": "library/busybox:latest", "podlab/work:latest": "podlab/work:latest",
        "podlab/mirror:latest": "podlab/mirror:latest",
    }  # fmt: skip
    with (tmp_path_factory.getbasetemp().parent / "classroom-images.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [str(script), "enter", cluster, "ctr", "--namespace", "k8s.io", "images", "list", "--quiet"]
        there = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
        missing = [name for name, path in wanted.items() if f"docker.io/{path}" not in there]
        if missing:
            subprocess.run([sys.executable, "-m", "podlab.cli", "images", "prepare", *missing], check=True)
            subprocess.run([script, "load", cluster, *missing], check=True)


@pytest.fixture
def namespace(kubeconfig: str) -> Iterator[str]:
    """A namespace of the test cluster that no other test uses; what is in it goes with it."""
    name = f"t-{uuid.uuid4().hex[:10]}"
    made = kubectl(kubeconfig, "create", "namespace", name)
    assert made.returncode == 0, made.stderr.decode()
    # without it no pod is taken
    while kubectl(kubeconfig, "--namespace", name, "get", "serviceaccount", "default").returncode:
        time.sleep(0.1)
    yield name
    at_once = ("--all", "--force", "--grace-period=0", "--wait=false")
    kubectl(kubeconfig, "--namespace", name, "delete", "deployments,statefulsets,jobs,cronjobs", *at_once)
    kubectl(kubeconfig, "--namespace", name, "delete", "pods", *at_once)
    kubectl(kubeconfig, "delete", "namespace", name, "--wait=false")


@pytest.fixture
def private_cluster(kubeconfig: str) -> Iterator[str]:
    """The kubeconfig of a cluster that no other test uses, for what concerns all of it. It takes some 15 s."""
    name = f"t{uuid.uuid4().hex[:6]}"
    script = Path(__file__).parent.parent / "scripts" / "test-cluster"
    try:
        started = subprocess.run([script, "up", name], capture_output=True, text=True)
        assert started.returncode == 0, started.stdout + started.stderr
        yield f"/run/podlab/cluster-{name}/kubeconfig"
    finally:
        subprocess.run([script, "down", name], check=True)


@pytest.fixture
async def private_engine(image: str) -> AsyncIterator[str]:
    """The address of an engine that no other test uses, for what concerns all pods of an engine. Pods whose
    lifetime ends belong there, since any command removes them, and says so."""
    where = place(f"t{uuid.uuid4().hex[:6]}")
    try:
        address = (await start(where, own_network=True)).address
        loaded = docker("--host", address, "load", stdin=docker("save", image, infra_image()).stdout)
        assert loaded.returncode == 0, loaded.stderr.decode()
        yield address
    finally:
        await stop(where, purge=True)


@pytest.fixture
def pod_name(request: pytest.FixtureRequest) -> Iterator[str]:
    """A name that no other test uses; names that begin with it are the test's, too.

    Where the test had an engine, nothing with such a name may be left on it afterwards.
    """
    name = f"t-{uuid.uuid4().hex[:10]}"
    yield name
    if "docker_host" in request.fixturenames:
        left = leftovers(name)
        for kind, each in left:
            docker(kind, "rm", "-f", each)
        assert not left, f"the test left behind: {left}"


@pytest.fixture
async def engine(docker_host: str) -> AsyncIterator[DockerEngine]:
    """The private engine."""
    engine = await DockerEngine.connect(docker_host)
    yield engine
    await engine.close()


@pytest.fixture
async def pod(engine: DockerEngine, pod_name: str, image: str) -> AsyncIterator[str]:
    """The name of a pod whose container `app` sleeps."""
    app = Container(name="app", image=image, command=("sleep", "1000"))
    await engine.apply(
        Pod(metadata=Metadata(name=pod_name), spec=PodSpec(containers=(app,), restart_policy="Never"))
    )
    yield pod_name
    await engine.delete(pod_name, grace_s=0)


def leftovers(pod_name: str) -> list[tuple[str, str]]:
    """Kind and name of all that the engine has of the pods whose names begin so, by podlab's labels."""
    asked = {"container": ("-a", "{{.Names}}"), "volume": ("", "{{.Name}}"), "network": ("", "{{.Name}}")}
    found = []
    for kind, (everything, template) in asked.items():
        words = ["--filter", "label=podlab.io/pod", "--format", '{{.Label "podlab.io/pod"}} ' + template]
        listed = docker(kind, "ls", *filter(None, [everything]), *words)
        assert listed.returncode == 0, listed.stderr.decode()
        rows = (line.split(" ", 1) for line in listed.stdout.decode().splitlines())
        found += [(kind, name) for pod, name in rows if pod.startswith(pod_name)]
    return found


def docker(*words: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """The docker CLI: a second opinion that shares no code with podlab."""
    return subprocess.run(["docker", *words], input=stdin, capture_output=True, timeout=180)


def kubectl(kubeconfig: str, *words: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """The kubectl CLI: a second opinion that shares no code with podlab."""
    command = ["kubectl", "--kubeconfig", kubeconfig, "--request-timeout", "30s", *words]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=180)


def busybox() -> bytes:
    program = Path("/bin/busybox")
    if not program.exists():
        pytest.fail("no /bin/busybox to make a test image from: apt-get install busybox-static")
    names = subprocess.run([program, "--list"], capture_output=True, check=True, text=True).stdout.split()
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for folder in ("bin", "etc", "tmp"):
            info = tarfile.TarInfo(folder)
            info.type, info.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(info)
        tar.add(program, "bin/busybox")
        for name in names:
            if name != "busybox":
                link = tarfile.TarInfo(f"bin/{name}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                tar.addfile(link)
        passwd = b"root:x:0:0:root:/:/bin/sh\n"
        info = tarfile.TarInfo("etc/passwd")
        info.size, info.mode = len(passwd), 0o644
        tar.addfile(info, io.BytesIO(passwd))
    return target.getvalue()
