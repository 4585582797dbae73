"""The portal's image: what is installed here, on a Python that is the same."""

from __future__ import annotations

import io
import json
import sys
import tarfile
from pathlib import Path

import pytest

from podlab.errors import Unsupported
from podlab.images import portal, registry_layout


def base(file: Path, python: str) -> Path:
    """As `docker save` writes an image of one layer."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as files:
        registry_layout.add_file(files, f"./usr/bin/python{python}", io.BytesIO(b"ELF"))
    config = {"config": {"Env": ["PATH=/bin"], "Labels": {"a": "b"}}, "rootfs": {"diff_ids": ["sha256:1"]}}
    manifest = [{"Config": "c.json", "RepoTags": ["podlab/python:latest"], "Layers": ["l.tar"]}]
    with tarfile.open(file, "w") as out:
        registry_layout.add_file(out, "l.tar", layer)
        registry_layout.add_file(out, "c.json", io.BytesIO(json.dumps(config).encode()))
        registry_layout.add_file(out, "manifest.json", io.BytesIO(json.dumps(manifest).encode()))
    return file


def test_the_program_lies_on_top_and_runs_as_nobody_of_note(tmp_path: Path) -> None:
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    made = tmp_path / "made.tar"
    portal.write_image(
        base(tmp_path / "base.tar", ours), made, {"podlab/__init__.py": b"x"}, "podlab/portal:1"
    )
    with tarfile.open(made) as archive:
        [image] = registry_layout.read_json(archive, "manifest.json")
        config = registry_layout.read_json(archive, image["Config"])
        top = archive.extractfile(image["Layers"][-1])
        assert top
        with tarfile.open(fileobj=top) as layer:
            assert layer.getnames() == ["opt/podlab/podlab/__init__.py"]
    assert image["RepoTags"] == ["podlab/portal:1"]
    assert config["config"]["User"] == "1000:1000"
    assert config["config"]["Env"][:2] == ["PATH=/bin", "PYTHONPATH=/opt/podlab"]
    assert len(config["rootfs"]["diff_ids"]) == len(image["Layers"]) == 2


def test_another_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match=r"has Python 3\.2"):
        portal.write_image(base(tmp_path / "base.tar", "3.2"), tmp_path / "made.tar", {}, "podlab/portal:1")


@pytest.mark.parametrize(
    ("version", "tag"), [("1.2.3", "1.2.3"), ("1.2.3+dev", "1.2.3-dev"), ("unknown", "unknown")]
)
def test_its_tag_is_the_version(version: str, tag: str) -> None:
    assert portal.reference(version) == f"podlab/portal:{tag}"
