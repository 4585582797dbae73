"""One pod made in three ways — from a file, step by step, and by hand with the printed docker commands — is three
times the same: the same namespaces shared, the same listeners."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]
DAEMON = ["dockerd", "--host=unix:///var/run/docker.sock", "--host=tcp://127.0.0.1:2375"]
LISTENERS = {":::5000", "127.0.0.1:2375"}


def podlab(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "podlab.cli", *words], capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, f"podlab {' '.join(words)}: {done.stderr}"
    return done.stdout


def manifest(name: str) -> str:
    return json.dumps({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 5,
            "containers": [
                {"name": "registry", "image": "registry:2"},
                {
                    "name": "dind", "image": "docker:dind", "args": DAEMON, "securityContext": {"privileged": True},
                    "volumeMounts": [{"name": "docker", "mountPath": "/var/lib/docker"}],
                },
                {
                    "name": "work", "image": "podlab/work", "command": ["sleep", "infinity"],
                    "env": [{"name": "DOCKER_HOST", "value": "tcp://localhost:2375"}],
                },
            ],
            "volumes": [{"name": "docker", "emptyDir": {}}],
        },
    })  # fmt: skip


def from_a_file(name: str, file: Path) -> None:
    podlab("up", str(file))


def step_by_step(name: str, file: Path) -> None:
    podlab("create", name)
    podlab("run", "-d", "--pod", name, "--name", "registry", "registry:2")
    podlab(
        "run", "-d", "--pod", name, "--name", "dind", "--privileged", "-v", "docker:/var/lib/docker",
        "docker:dind", *DAEMON,
    )  # fmt: skip
    podlab(
        "run", "-d", "--pod", name, "--name", "work", "-e", "DOCKER_HOST=tcp://localhost:2375",
        "podlab/work", "sleep", "infinity",
    )  # fmt: skip


def by_hand(name: str, file: Path) -> None:
    script = podlab("up", "--dry-run", str(file))
    done = subprocess.run(["sh", "-eu"], input=script, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, f"{done.stderr}\n{script}"


def what_is_shared(name: str) -> dict[str, dict[str, str]]:
    rows = json.loads(podlab("ns", "-o", "json", name))
    return {row["container"]: row["sharing"] for row in rows}


def listeners(name: str) -> set[str]:
    """Local addresses of listening TCP sockets, once registry and daemon answer."""
    deadline = time.monotonic() + 90
    while True:
        lines = podlab("exec", name, "-c", "work", "--", "netstat", "-ltn").splitlines()
        found = {line.split()[3] for line in lines if line.startswith("tcp")}
        ours = {address for address in found if not address.startswith("127.0.0.11:")}  # the engine's DNS
        if len(ours) >= len(LISTENERS) or time.monotonic() > deadline:
            return ours
        time.sleep(0.2)


def test_three_ways_end_in_three_equal_pods(docker_host: str, pod_name: str, tmp_path: Path) -> None:
    found = {}
    for way in (from_a_file, step_by_step, by_hand):
        name = f"{pod_name}-{way.__name__.replace('_', '-')}"
        file = tmp_path / f"{name}.json"
        file.write_text(manifest(name))
        try:
            way(name, file)
            found[way.__name__] = (what_is_shared(name), listeners(name))
        finally:
            podlab("down", "--ignore-not-found", name)
    shared, ports = found["from_a_file"]
    assert ports == LISTENERS
    assert {shared[c]["net"] for c in ("infra", "registry", "dind", "work")} == {"pod"}
    assert {shared[c]["pid"] for c in ("registry", "dind", "work")} == {"own"}
    assert found["step_by_step"] == found["from_a_file"]
    assert found["by_hand"] == found["from_a_file"]
