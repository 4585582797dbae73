"""Wheels made of what is installed: podlab runs from them alone."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from podlab.errors import NotFound
from podlab.workshop.bundle.wheels import needed, unpackable, wheels

pytestmark = pytest.mark.long

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return dict(wheels())


def test_podlab_and_what_it_needs_are_there(made: dict[str, bytes]) -> None:
    names = {name.partition("-")[0] for name in made}
    project = tomllib.loads(PROJECT.read_text())["project"]
    wanted = {re.split(r"[^\w.-]", line)[0] for line in project["dependencies"]}
    assert {re.sub(r"[-_.]+", "_", each) for each in wanted} <= names, "is podlab installed as it is now?"
    assert {"podlab", "markupsafe", "yarl"} <= names, "and what those need"
    assert not {"pytest", "mypy", "ruff"} & names
    assert unpackable() == []
    assert all(re.fullmatch(r"[\w.]+-[\w.!+]+-[\w.]+-[\w.]+-[\w.]+\.whl", name) for name in made)


def test_a_package_that_is_missing_is_told_before_it_is_missed_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_up = metadata.distribution

    def without_jinja(name: str) -> metadata.Distribution:
        if name.lower() == "jinja2":
            raise metadata.PackageNotFoundError(name)
        return looked_up(name)

    monkeypatch.setattr(metadata, "distribution", without_jinja)
    with pytest.raises(NotFound, match="jinja2"):
        needed("podlab")


def test_each_has_a_record_of_all_its_files(made: dict[str, bytes]) -> None:
    for name, content in made.items():
        with zipfile.ZipFile(io.BytesIO(content)) as wheel:
            [record] = [n for n in wheel.namelist() if n.endswith(".dist-info/RECORD")]
            assert record.split("-")[0] == name.split("-")[0]
            rows = {row[0]: row[1] for row in csv.reader(io.StringIO(wheel.read(record).decode()))}
            assert rows.keys() == set(wheel.namelist())
            for path, digest in rows.items():
                raw = base64.urlsafe_b64encode(hashlib.sha256(wheel.read(path)).digest()).rstrip(b"=")
                assert path == record or digest == f"sha256={raw.decode()}"


def test_podlab_runs_from_the_wheels_alone(made: dict[str, bytes], tmp_path: Path) -> None:
    for content in made.values():
        with zipfile.ZipFile(io.BytesIO(content)) as wheel:
            wheel.extractall(tmp_path / "site")
    program = (
        "import sys; sys.path.append('site'); from podlab.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, "schema"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert '"$schema"' in done.stdout


@pytest.mark.long
def test_equal_installations_give_equal_wheels(made: dict[str, bytes]) -> None:
    assert dict(wheels()) == made
