"""The wheel outside the checkout: built, installed into an empty environment, run from another folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*command: str | Path, cwd: Path) -> str:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
    }
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}{done.stderr}"
    return done.stdout


pytestmark = pytest.mark.timeout(900)  # pip fetches what it needs to build and to run


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("podlab-*.whl")
    return built


@pytest.fixture(scope="module")
def podlab(wheel: Path) -> Path:
    """The command in an environment that holds nothing but the wheel and what it asks for."""
    run(sys.executable, "-m", "venv", "venv", cwd=wheel.parent)
    bin_ = wheel.parent / "venv/bin"
    run(bin_ / "python", "-m", "pip", "install", "--quiet", wheel, cwd=wheel.parent)
    return bin_ / "podlab"


def test_the_wheel_holds_every_file_of_the_package_and_no_tests(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = run("git", "ls-files", "src/podlab", cwd=ROOT).splitlines()
    assert tracked, "not a git clone"
    assert {name.removeprefix("src/") for name in tracked if (ROOT / name).exists()} <= names
    assert not [name for name in names if name.startswith(("tests/", "bench/"))]
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_holds_the_built_front_end(wheel: Path) -> None:
    static = "podlab/portal/static/"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        assert f"{static}manifest.json" in names, "scripts/install-web builds it"
        manifest = json.loads(archive.read(f"{static}manifest.json"))
    assert {"src/page.ts", "src/seat.ts"} <= manifest.keys()
    for chunk in manifest.values():
        assert {static + file for file in [chunk["file"], *chunk.get("css", [])]} <= names


def test_every_command_loads_without_what_only_developers_have(podlab: Path, tmp_path: Path) -> None:
    from podlab.cli.main import COMMANDS

    assert run(podlab, "--version", cwd=tmp_path).startswith("podlab ")
    for name in (name for group in COMMANDS.values() for name in group):
        assert "Usage: podlab " in run(podlab, name, "--help", cwd=tmp_path)


def test_the_library_is_imported_from_the_wheel_alone(podlab: Path, tmp_path: Path) -> None:
    found = run(podlab.with_name("python"), "-c", "import podlab; print(podlab.__file__)", cwd=tmp_path)
    assert found.startswith(str(podlab.parents[1]))


@pytest.mark.engine
def test_a_pod_file_from_another_folder_comes_up(
    podlab: Path, tmp_path: Path, image: str, pod_name: str
) -> None:
    (tmp_path / "pod.yaml").write_text(f"""\
apiVersion: v1
kind: Pod
metadata: {{name: {pod_name}}}
spec:
  containers:
  - {{name: app, image: "{image}", command: [sleep, "1000"]}}
""")
    run(podlab, "up", "pod.yaml", cwd=tmp_path)
    try:
        assert (
            run(podlab, "exec", pod_name, "--", "echo", "from the wheel", cwd=tmp_path) == "from the wheel\n"
        )
    finally:
        run(podlab, "down", pod_name, cwd=tmp_path)
