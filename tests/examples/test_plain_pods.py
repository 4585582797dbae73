"""The small pods in `examples/`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

import pytest

from tests.conftest import docker
from tests.examples.conftest import EXAMPLES

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

Up = Callable[..., str]
Sh = Callable[[str, str, str], str]


def test_web_serves_what_the_other_container_writes(up: Up, sh: Sh) -> None:
    pod = up("web.yaml")
    assert "UTC" in sh(pod, "clock", "wget -q -O - http://localhost:8000")


def test_shared_pid_shows_the_others_processes(up: Up, sh: Sh) -> None:
    pod = up("shared-pid.yaml")
    sh(
        pod,
        "watch",
        "for n in $(seq 300); do ps | grep '[h]ttpd -f -p 8000' && exit; sleep 0.2; done; exit 1",
    )


def test_lifetime_ends_the_pod(
    private_engine: str, monkeypatch: pytest.MonkeyPatch, up: Up, podlab: Callable[..., str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", private_engine)
    pod = up("lifetime.yaml", "--lifetime", "10s")
    infra = docker("wait", f"podlab-{pod}-infra")
    assert infra.stdout == b"0\n", infra.stderr
    [found] = json.loads(docker("inspect", f"podlab-{pod}-infra").stdout)
    ended = datetime.fromisoformat(found["State"]["FinishedAt"][:19] + "+00:00").timestamp()
    assert ended >= int(found["Config"]["Labels"]["podlab.io/deadline"])
    assert pod not in podlab("ps", "-q").split()
    assert docker("ps", "-aq").stdout == b"", "any command removes what has ended"


def test_every_example_is_valid(podlab: Callable[..., str]) -> None:
    for file in sorted(EXAMPLES.rglob("*.yaml")):
        podlab("up", "--dry-run", file)
