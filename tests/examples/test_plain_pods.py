"""The small pods in `examples/`."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.conftest import docker
from tests.examples.conftest import EXAMPLES

pytestmark = pytest.mark.engine

Up = Callable[..., str]
Sh = Callable[[str, str, str], str]


def test_web_serves_what_the_other_container_writes(up: Up, sh: Sh) -> None:
    pod = up("web.yaml")
    assert "UTC" in sh(pod, "clock", "wget -q -O - http://localhost:8000")


def test_shared_pid_shows_the_others_processes(up: Up, sh: Sh) -> None:
    pod = up("shared-pid.yaml")
    assert "httpd -f -p 8000" in sh(pod, "watch", "ps")


def test_lifetime_ends_the_pod(up: Up, podlab: Callable[..., str]) -> None:
    pod = up("lifetime.yaml", "--lifetime", "3s")
    assert pod in podlab("ps", "-q")
    deadline = time.monotonic() + 20
    while (
        "Running"
        in docker("ps", "--filter", f"name=podlab-{pod}-infra", "--format", "{{.State}}")
        .stdout.decode()
        .title()
    ):
        assert time.monotonic() < deadline, "the infra container outlives the pod's lifetime"
        time.sleep(0.2)
    assert pod not in podlab("ps", "-q")


def test_every_example_is_valid(podlab: Callable[..., str]) -> None:
    for file in sorted(EXAMPLES.rglob("*.yaml")):
        podlab("up", "--dry-run", file)
