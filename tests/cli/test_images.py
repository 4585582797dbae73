"""`podlab images prepare` on a real engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from podlab.cli.main import main

pytestmark = pytest.mark.engine

POD = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: app, image: IMAGE}]}
"""


def test_images_are_named_or_those_of_a_file(
    docker_host: str, image: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "pod.yaml"
    file.write_text(POD.replace("IMAGE", image))
    assert main(["images", "prepare", image, "-o", "json"]) == 0
    assert [each["reference"] for each in json.loads(capfd.readouterr().out)] == [image]
    assert main(["images", "prepare", str(file), image, "-o", "json"]) == 0
    assert image in [each["reference"] for each in json.loads(capfd.readouterr().out)]


def test_a_file_that_is_missing_is_not_looked_for_in_a_registry(
    docker_host: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["images", "prepare", "gone.yaml"]) != 0
    assert "gone.yaml" in capfd.readouterr().err
