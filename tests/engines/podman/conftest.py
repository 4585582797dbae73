"""The private Podman that `scripts/test` starts; that it is missing is a failure, never a reason to skip."""

from __future__ import annotations

import fcntl
import os
import subprocess
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from podlab.errors import PodlabError
from podlab.naming import infra_image
from tests.conftest import IMAGE, busybox
from tests.engines.podman.limits import LIMITS

SERVICE = Path(__file__).parents[3] / "scripts/podman-service"

if TYPE_CHECKING:
    from collections.abc import Iterator


_FAILS = (AssertionError, TimeoutError, PodlabError)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("podman") and (
            why := LIMITS.get(getattr(item, "originalname", item.name))
        ):
            item.add_marker(pytest.mark.xfail(reason=why, strict=True, raises=_FAILS))


@pytest.fixture(scope="session")
def podman_host(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the private Podman, with the tests' image on it."""
    address = os.environ.get("PODLAB_TEST_PODMAN", "")
    if not address:
        pytest.fail("PODLAB_TEST_PODMAN is not set: run scripts/test, which starts a Podman of its own")
    with (tmp_path_factory.getbasetemp().parent / "podman.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _make_image(address)
    return address


@pytest.fixture
def private_podman(podman_host: str) -> Iterator[str]:
    """The address of a Podman that no other test uses."""
    name = f"t{uuid.uuid4().hex[:6]}"
    address = f"unix:///run/podlab/podman-{name}/podman.sock"
    try:
        started = subprocess.run([SERVICE, "start", name], capture_output=True, timeout=60)
        assert started.returncode == 0, started.stderr.decode()
        _make_image(address)
        yield address
    finally:
        subprocess.run([SERVICE, "stop", name], check=True, timeout=60)


def _make_image(address: str) -> None:
    """Short names are Docker Hub's behind Docker's API, and localhost's on Podman's own command line."""
    name = f"docker.io/{IMAGE}"
    if podman(address, "image", "exists", name).returncode:
        made = podman(address, "import", "--change", 'CMD ["sh"]', "-", name, stdin=busybox())
        assert made.returncode == 0, made.stderr.decode()
        assert podman(address, "tag", name, f"docker.io/library/{infra_image()}:latest").returncode == 0


@pytest.fixture
def image(podman_host: str) -> str:
    return IMAGE


@pytest.fixture
def pod_name(request: pytest.FixtureRequest, pod_name: str, podman_host: str) -> Iterator[str]:
    yield pod_name
    left = leftovers(podman_host, pod_name)
    for kind, each in left:
        podman(podman_host, kind, "rm", "--force", each)
    assert not left, f"the test left behind: {left}"


def leftovers(address: str, pod_name: str) -> list[tuple[str, str]]:
    """Kind and name of all that Podman has of the pods whose names begin so, by podlab's labels."""
    found = []
    for kind, everything, template in (("container", ["--all"], "{{.Names}}"), ("volume", [], "{{.Name}}")):
        words = [
            "--filter",
            "label=podlab.io/pod",
            "--format",
            '{{index .Labels "podlab.io/pod"}} ' + template,
        ]
        listed = podman(address, kind, "ls", *everything, *words)
        assert listed.returncode == 0, listed.stderr.decode()
        rows = (line.split(" ", 1) for line in listed.stdout.decode().splitlines())
        found += [(kind, name) for pod, name in rows if pod.startswith(pod_name)]
    return found


def podman(address: str, *words: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Podman's own command line: a second opinion that shares no code with podlab, nor the API that it speaks."""
    return subprocess.run(["podman", "--url", address, *words], input=stdin, capture_output=True, timeout=180)
