"""rename, history and scale."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from podlab.model import Pod
from podlab.record import EventRecord, Record
from podlab.testing.fake import FakeEngine
from tests.cli.conftest import Podlab

Make = Callable[..., Pod]

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: app, image: busybox, command: [sleep, "600"]}]
"""


def names(engine: FakeEngine) -> list[str]:
    return [each.name for each in asyncio.run(engine.list())]


def test_a_pod_gets_another_name(podlab: Podlab, make: Make, engine: FakeEngine) -> None:
    make("web", "sleep 100", "sleep 100")
    podlab("publish", "web", "8080:80")
    assert podlab("rename", "--force", "web", "shop").out == "pod/web renamed: pod/shop\n"
    assert names(engine) == ["shop"]
    found = asyncio.run(engine.get("shop"))
    assert found.running == 2
    assert [each.host_port for each in found.ports] == [8080]
    assert podlab("rename", "-f", "shop", "web", "-o", "json").json["name"] == "web"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["nope", "new", "-f"], 3, "no pod 'nope'"),
        (["web", "api", "-f"], 1, "there is a pod 'api' already"),
        (["web", "Web", "-f"], 1, "cannot be named 'Web'"),
        (["web", "new"], 2, "--force"),
    ],
)
def test_a_name_that_cannot_be_is_told(
    podlab: Podlab, make: Make, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch,
    words: list[str], code: int, told: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    make("web", "sleep 100")
    make("api", "sleep 100")
    done = podlab("rename", *words)
    assert done.code == code
    assert told in done.err
    assert names(engine) == ["api", "web"]
    assert asyncio.run(engine.get("web")).running == 1


def test_history_tells_what_was_noted(podlab: Podlab, make: Make, engine: FakeEngine) -> None:
    make("web", "sleep 100")
    now = time.time()
    record = Record(
        events=(
            EventRecord(at=now - 200, reason="Started", container="app"),
            EventRecord(
                at=now - 5, reason="Unhealthy", container="app", message="no", is_warning=True, count=3
            ),
            EventRecord(at=now - 60, reason="Repaired"),
        )
    )
    asyncio.run(engine.write_record("web", record, based_on=0))
    head, *lines = [each.split() for each in podlab("history", "web").out.splitlines()]
    assert head[-3:] == ["REASON", "CONTAINER", "MESSAGE"]
    assert lines[0][:4] == ["3m20s", "Normal", "Started", "app"]
    assert lines[1][1:4] == ["Normal", "Repaired", "-"]
    assert "(x3)" in lines[2]
    assert [each[2:4] for each in lines[3:]] == [["Created", "app"], ["Started", "app"]]  # the engine's own
    (warning,) = podlab("history", "web", "--warnings", "-o", "json").json
    assert (warning["type"], warning["reason"], warning["container"]) == ("Warning", "Unhealthy", "app")
    assert (warning["message"], warning["count"]) == ("no", 3)


def test_what_is_noted_is_not_told_twice(podlab: Podlab, make: Make, engine: FakeEngine) -> None:
    make("web", "sleep 100")
    noted = Record(events=(EventRecord(at=time.time(), reason="Started", container="app"),))
    asyncio.run(engine.write_record("web", noted, based_on=0))
    reasons = [each["reason"] for each in podlab("history", "web", "-o", "json").json]
    assert sorted(reasons) == ["Created", "Started"]


def test_history_without_anything(podlab: Podlab, make: Make, engine: FakeEngine) -> None:
    make("web", "sleep 100")
    done = podlab("history", "web", "--warnings")
    assert (done.code, done.out) == (0, "")
    assert "nobody remembers anything" in done.err
    assert podlab("history", "web", "--warnings", "-o", "json").json == []
    assert podlab("history", "nope").code == 3


def test_scale_gives_another_number_of_pods(podlab: Podlab, engine: FakeEngine, tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    file.write_text(DEPLOYMENT)
    assert podlab("apply", str(file)).code == 0
    assert podlab("scale", "deployment/web", "--replicas", "3").out == "deployment/web scaled: 3 pods ready\n"
    assert len(names(engine)) == 3
    (found,) = podlab("scale", "deployment/web", "--replicas", "0", "-o", "json").json
    assert found["spec"]["replicas"] == 0
    assert names(engine) == []


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["web", "--replicas", "1"], 2, "'web' is not KIND/NAME"),
        (["pod/web", "--replicas", "1"], 2, "'pod/web' is not KIND/NAME"),
        (["deployment/nope", "--replicas", "1"], 3, "nope"),
        (["deployment/web"], 2, "--replicas"),
        (["deployment/web", "--replicas", "-1"], 2, "-1"),
    ],
)
def test_what_cannot_be_scaled_is_told(podlab: Podlab, words: list[str], code: int, told: str) -> None:
    done = podlab("scale", *words)
    assert done.code == code
    assert told in done.err
