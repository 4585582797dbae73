"""The verbs for living with a pod, on the real engine: what they say, and what becomes of the containers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from podlab.cli.main import main
from tests.conftest import docker
from tests.ports import free_port

pytestmark = pytest.mark.engine

Podlab = Callable[..., str]


@pytest.fixture
def podlab(docker_host: str, capfd: pytest.CaptureFixture[str]) -> Podlab:
    """Types a command line that is to succeed; what it prints."""

    def run(*words: str, code: int = 0) -> str:
        capfd.readouterr()
        ended = main(list(words))
        out, err = capfd.readouterr()
        assert ended == code, err
        return out

    return run


@pytest.fixture
def file(tmp_path: Path, pod_name: str, image: str) -> Path:
    file = tmp_path / "pod.yaml"
    file.write_text(
        f"""\
apiVersion: v1
kind: Pod
metadata: {{name: {pod_name}}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {{name: app, image: "{image}", command: [sleep, "1000"], resources: {{limits: {{memory: 64Mi}}}}}}
  - {{name: side, image: "{image}", command: [sleep, "1000"]}}
"""
    )
    return file


def inspect(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docker("inspect", name).stdout)[0]
    return found


def test_a_pod_is_changed_a_word_at_a_time(podlab: Podlab, file: Path, pod_name: str) -> None:
    app, side = f"podlab-{pod_name}-app", f"podlab-{pod_name}-side"
    try:
        assert f"pod/{pod_name}: " in podlab("apply", "--diff", "--dry-run", str(file))
        assert f"pod/{pod_name} created, ready" in podlab("apply", str(file))
        first = inspect(app)["Id"], inspect(side)["Id"], inspect(f"podlab-{pod_name}-infra")["Id"]

        assert "changed: app" in podlab("set", "resources", pod_name, "app", "--limits", "memory=96Mi")
        now = inspect(app)
        assert (now["Id"], now["HostConfig"]["Memory"]) == (first[0], 96 << 20)

        assert "changed: app" in podlab("set", "env", pod_name, "app", "GREETING=hello")
        assert "GREETING=hello" in inspect(app)["Config"]["Env"]
        assert inspect(app)["Id"] != first[0]

        assert "memory: 64Mi" in podlab("apply", "--diff", str(file))
        assert "GREETING=hello" not in (inspect(app)["Config"]["Env"] or [])
        assert inspect(side)["Id"] == first[1]
        assert inspect(f"podlab-{pod_name}-infra")["Id"] == first[2]

        assert podlab("wait", pod_name, "--for", "condition=Ready", "--timeout", "1m") == ""
        assert podlab("wait", pod_name, "--for", "jsonpath={.status.phase}=Running") == ""
        assert podlab("wait", pod_name, "--for", "delete", "--timeout", "1s", code=4) == ""
        told = json.loads(podlab("history", pod_name, "-c", "app", "-o", "json"))
        assert [each["reason"] for each in told].count("Started") == 3
    finally:
        podlab("down", "--ignore-not-found", pod_name)
    assert podlab("wait", pod_name, "--for", "delete") == ""


def test_another_image_and_a_clone(podlab: Podlab, file: Path, pod_name: str, image: str) -> None:
    port = free_port()
    other = f"podlab-test/{pod_name}:latest"
    docker("tag", image, other)
    try:
        podlab("apply", str(file))
        assert "changed: side" in podlab("set", "image", pod_name, f"side={other}")
        assert inspect(f"podlab-{pod_name}-side")["Config"]["Image"] == other
        podlab("publish", pod_name, f"127.0.0.1:{port}:80")
        assert f"127.0.0.1:{port}->80/tcp" in podlab("ps")
        assert f"pod/{pod_name}-2 created, ready" in podlab("clone", pod_name, f"{pod_name}-2")
        assert json.loads(podlab("inspect", f"{pod_name}-2"))["found"]["ports"] == []
        assert podlab("unpublish", pod_name, str(port)) == f"127.0.0.1:{port}:80/tcp\n"
    finally:
        podlab("down", "--ignore-not-found", pod_name, f"{pod_name}-2")
        docker("rmi", other)


def test_a_deployment_is_scaled(podlab: Podlab, tmp_path: Path, pod_name: str, image: str) -> None:
    file = tmp_path / "web.yaml"
    file.write_text(
        f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {pod_name}}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: {pod_name}}}}}
  template:
    metadata: {{labels: {{app: {pod_name}}}}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{{name: app, image: "{image}", command: [sleep, "1000"]}}]
"""
    )
    try:
        podlab("apply", str(file))
        assert podlab("scale", f"deployment/{pod_name}", "--replicas", "2").endswith("2 pods ready\n")
        assert len(podlab("ps", "-q", "-l", f"app={pod_name}").split()) == 2
        podlab("scale", f"deployment/{pod_name}", "--replicas", "0")
        assert podlab("ps", "-aq", "-l", f"app={pod_name}") == ""
    finally:
        podlab("down", str(file))
