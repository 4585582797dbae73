"""Pods that earlier versions made, as an engine tells of them: this version sees them and finds nothing to change.

`upgrade/record.py` records them; a version that is released gets a recording of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from podlab.engines.docker.api import Client
from podlab.engines.docker.api.features import Features
from podlab.engines.docker.engine import DockerEngine
from podlab.errors import NotFound
from podlab.manifest import load
from podlab.model import Pod
from podlab.status import Phase

FOLDER = Path(__file__).parent / "upgrade"
PODS: dict[str, Pod] = {file.stem: load([file]).pods[0] for file in sorted((FOLDER / "pods").glob("*.yaml"))}
RECORDINGS = sorted(FOLDER.glob("*.json"))


class Recording(Client):
    """Answers what was recorded, and nothing that would change anything."""

    def __init__(self, file: Path) -> None:
        self.recorded: dict[str, Any] = json.loads(file.read_text())
        self.features = Features()

    async def json(self, method: str, path: str, **said: Any) -> Any:
        assert method == "GET", f"{method} {path}"
        labels: list[str] = (said.get("query") or {}).get("filters", {}).get("label", [])
        match path.strip("/").split("/"):
            case ["containers", "json"]:
                return [each for each in self.recorded["listed"] if has(each["Labels"], labels)]
            case ["containers", id, "json"]:
                return self.recorded["inspected"][id]
            case ["volumes"]:
                return {"Volumes": [each for each in self.recorded["volumes"] if has(each["Labels"], labels)]}
            case ["networks"]:
                return [each for each in self.recorded["networks"] if has(each["Labels"], labels)]
            case ["info"]:
                return {"Runtimes": {"runc": {}}, "CgroupDriver": "cgroupfs", "SecurityOptions": []}
        raise NotFound(f"nothing was recorded of {path}")


def has(labels: Mapping[str, str], wanted: list[str]) -> bool:
    found = {*labels, *(f"{key}={value}" for key, value in labels.items())}
    return set(wanted) <= found


@pytest.fixture(params=RECORDINGS, ids=lambda file: file.stem)
def engine(request: pytest.FixtureRequest) -> DockerEngine:
    return DockerEngine(Recording(request.param))


def test_there_is_a_recording_and_there_are_pods() -> None:
    assert RECORDINGS and len(PODS) >= 5


@pytest.mark.parametrize("name", PODS)
async def test_there_is_nothing_to_do_for_a_pod_of_an_earlier_version(
    engine: DockerEngine, name: str
) -> None:
    pod = PODS[name]
    assert await engine.plan(pod) == []
    assert await engine.spec(pod.name) == pod


async def test_pods_of_an_earlier_version_are_listed_as_they_are(engine: DockerEngine) -> None:
    found = {status.name: status for status in await engine.list()}
    assert found.keys() == {pod.name for pod in PODS.values()}
    for name, status in found.items():
        exact = await engine.get(name)
        assert exact.phase == status.phase
        assert exact.phase is (Phase.FAILED if name == "u-ended" else Phase.RUNNING), name
        assert len(exact.containers) == exact.wanted
    assert found["u-everything"].ends_at is not None
    assert found["u-web"].ports[0].host_port == 18080
    assert {c.name: c.exit_code for c in (await engine.get("u-ended")).containers} == {"good": 0, "bad": 3}
