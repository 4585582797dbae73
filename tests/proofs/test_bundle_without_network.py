"""A workshop goes in one file to a machine that has nothing but an engine: no image, no podlab, no network."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import venv
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from podlab.engines.docker.daemon import place, start, stop
from tests.conftest import docker
from tests.ports import free_port

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]
WORKSHOP = Path(__file__).parents[2] / "examples" / "docker-pods"
SEAT = "docker-pods-01"


@pytest.fixture(scope="module")
def bundle(docker_host: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Written on the tests' engine, which has the images. With one level there is one daemon's image to carry."""
    folder = tmp_path_factory.mktemp("bundle")
    file = folder / "lab.podlab.zip"
    shutil.copytree(WORKSHOP, folder / "lab")
    whole = (WORKSHOP / "podlab.yaml").read_text()
    assert "level: auto" in whole
    (folder / "lab/podlab.yaml").write_text(whole.replace("level: auto", "level: rootless"))
    podlab([sys.executable, "-m", "podlab.cli"], docker_host, "bundle", f"{folder}/lab", "-o", str(file))
    return file


@pytest.fixture(scope="module")
def installed(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """podlab of the bundle's wheels, in an environment that has nothing else. No index is asked for anything."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith("wheels/")])
    venv.create(folder / "podlab", with_pip=True)
    python = str(folder / "podlab/bin/python")
    run([python, "-m", "pip", "install", "-q", "--no-index", "--find-links", f"{folder}/wheels", "podlab"])
    return [python, "-m", "podlab.cli"]


@pytest.fixture
async def elsewhere() -> AsyncIterator[str]:
    """The address of a fresh engine in a network of its own, from which no other is reached."""
    other = place(f"t{secrets.token_hex(3)}")
    try:
        await start(other, own_network=True)
        yield f"unix://{other.socket}"
    finally:
        await stop(other, purge=True)


async def test_a_bundle_is_all_that_a_machine_without_network_needs(
    bundle: Path, installed: list[str], elsewhere: str, tmp_path: Path
) -> None:
    assert docker("-H", elsewhere, "images", "-q").stdout == b""
    with served(installed, elsewhere, bundle, tmp_path) as said:
        assert "1 of 1 seats are ready" in said
        assert re.search(r"^image alpine:latest is loaded$", told(tmp_path), re.MULTILINE)
        shell = (*installed, "exec", SEAT, "-c", "work", "--")
        assert "Downloaded newer image" in podlab(list(shell), elsewhere, "docker", "pull", "alpine")
        hello = podlab(list(shell), elsewhere, "docker", "run", "--rm", "alpine", "echo", "hello")
        assert hello == "hello\n"
        assert "docker-pods-mirror" in podlab(installed, elsewhere, "ps")
    assert podlab(installed, elsewhere, "ps", "-o", "name") == "", "--rm leaves neither seat nor mirror"


@contextmanager
def served(program: list[str], host: str, bundle: Path, folder: Path) -> Iterator[str]:
    """`podlab serve` while the block lasts; what it printed up to the trainer's link."""
    options = (
        "--seats",
        "1",
        "--listen",
        f"127.0.0.1:{free_port()}",
        "--state",
        str(folder / "state"),
        "--rm",
    )
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*program, "serve", str(bundle), *options],
            env=environment(host), stdout=subprocess.PIPE, stderr=log, text=True, cwd=folder,
        )  # fmt: skip
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "trainer" in line:
                break
        assert process.poll() is None, told(folder)
        yield said
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)


def told(folder: Path) -> str:
    return (folder / "log").read_text().replace("podlab: ", "")


def podlab(program: list[str], host: str, *words: str) -> str:
    return run([*program, *words], host)


def run(command: list[str], host: str = "") -> str:
    done = subprocess.run(command, env=environment(host), capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def environment(host: str) -> dict[str, str]:
    """Of whoever types there: an index that cannot be reached is none that was forgotten to be asked."""
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("PODLAB_", "PIP_", "COV_"))
    }
    return {**kept, "DOCKER_HOST": host} if host else kept
