"""Record what an engine tells of the pods that another version of podlab makes of pods/*.yaml.

git worktree add /tmp/old COMMIT
DOCKER_HOST=… python tests/engines/docker/upgrade/record.py /tmp/old > tests/engines/docker/upgrade/COMMIT.json
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PODS = sorted((Path(__file__).parent / "pods").glob("*.yaml"))
KEPT = (
    "Id",
    "Name",
    "Created",
    "State",
    "RestartCount",
    "Image",
    "Config",
    "HostConfig",
    "NetworkSettings",
    "Mounts",
)
"""Of what the engine tells of one container."""


def main(worktree: Path) -> None:
    commit = output("git", "-C", str(worktree), "rev-parse", "--short", "HEAD").strip()
    podlab = [sys.executable, "-m", "podlab.cli"]
    environment = {**os.environ, "PYTHONPATH": str(worktree / "src")}
    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / "first.yaml"
        text = next(file for file in PODS if file.stem == "changed").read_text()
        first.write_text(text.replace('version: "2"', 'version: "1"').replace('"2000"', '"1000"'))
        subprocess.run(
            [*podlab, "up", "--no-wait", str(first)], env=environment, check=True, stdout=sys.stderr
        )
    files = [str(file) for file in PODS]
    subprocess.run([*podlab, "up", "--no-wait", *files], env=environment, check=True, stdout=sys.stderr)
    try:
        print(json.dumps({"commit": commit, **recorded()}, indent=1, sort_keys=True))
    finally:
        subprocess.run([*podlab, "down", *files], env=environment, check=True, stdout=sys.stderr)


def recorded() -> dict[str, Any]:
    """What `GET` of these paths answers."""
    host = os.environ["DOCKER_HOST"].removeprefix("unix://")

    def get(path: str) -> Any:
        return json.loads(output("curl", "-sS", "--unix-socket", host, f"http://engine/v1.43{path}"))

    listed = [each for each in get("/containers/json?all=true") if "podlab.io/pod" in each["Labels"]]
    inspected = [get(f"/containers/{each['Id']}/json") for each in listed]
    return {
        "listed": listed,
        "inspected": {each["Id"]: {key: each[key] for key in KEPT} for each in inspected},
        "volumes": [v for v in get("/volumes")["Volumes"] or () if "podlab.io/pod" in (v["Labels"] or {})],
        "networks": [n for n in get("/networks") if "podlab.io/role" in n["Labels"]],
    }


def output(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]))
