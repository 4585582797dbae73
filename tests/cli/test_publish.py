"""publish, unpublish and clone."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable

import pytest

from podlab.model import PUBLISH, ContainerPort, Pod
from podlab.testing.fake import FakeEngine
from tests.cli.conftest import Podlab, pod_of

Make = Callable[..., Pod]


def ports(engine: FakeEngine, pod: str = "web") -> list[tuple[int, int]]:
    return sorted((p.host_port, p.container_port) for p in asyncio.run(engine.get(pod)).ports)


def with_host_port(engine: FakeEngine) -> None:
    """Pod `web`, which was made with port 9000."""
    pod = pod_of("web", "sleep 100")
    (app,) = pod.spec.containers
    app = dataclasses.replace(app, ports=(ContainerPort(container_port=90, host_port=9000),))
    spec = dataclasses.replace(pod.spec, containers=(app,))
    asyncio.run(engine.apply(dataclasses.replace(pod, spec=spec)))


def test_publish_and_unpublish(podlab: Podlab, make: Make, engine: FakeEngine) -> None:
    make("web", "sleep 100")
    assert podlab("publish", "web", "8080:80", "127.0.0.1:5432:5432").out == (
        "0.0.0.0:8080 -> web:80\n127.0.0.1:5432 -> web:5432\n"
    )
    assert "0.0.0.0:8080->80/tcp" in podlab("ps").out
    assert asyncio.run(engine.spec("web")).metadata.annotations == {PUBLISH: "8080:80,127.0.0.1:5432:5432"}
    assert podlab("unpublish", "web", "5432").out == "127.0.0.1:5432:5432/tcp\n"
    (left,) = podlab("publish", "web", "8080:80", "-o", "json").json
    assert (left["hostPort"], left["containerPort"], left["protocol"]) == (8080, 80, "TCP")
    assert podlab("unpublish", "web", "8080:80", "-o", "json").json == []


def test_a_stopped_container_is_not_started_by_it(podlab: Podlab, make: Make, engine: FakeEngine) -> None:
    make("web", "sleep 100", "sleep 100")
    podlab("stop", "web", "-c", "app")
    podlab("publish", "web", "8080:80")
    assert asyncio.run(engine.get("web")).running == 1


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["publish", "web", "80"], 2, "'80' is not [IP:]HOST_PORT:PORT"),
        (["publish", "nope", "8080:80"], 3, "no pod 'nope'"),
        (["publish", "web", "9000:80"], 1, "publishes 9000:90/tcp already"),
        (["publish", "web", "53:53/sctp"], 1, "53:53/sctp"),
        (["unpublish", "web", "1234"], 3, "does not publish 1234"),
        (["unpublish", "web", "9000"], 3, "hostPort of one of its containers"),
    ],
)
def test_what_cannot_be_is_told(
    podlab: Podlab, engine: FakeEngine, words: list[str], code: int, told: str
) -> None:
    with_host_port(engine)
    done = podlab(*words)
    assert done.code == code
    assert told in done.err
    assert ports(engine) == [(9000, 90)]


def test_a_clone_begins_anew_and_publishes_nothing(podlab: Podlab, engine: FakeEngine) -> None:
    with_host_port(engine)
    assert podlab("clone", "web", "web-2").out == "pod/web-2 created, ready\n"
    assert ports(engine, "web-2") == []
    assert asyncio.run(engine.spec("web-2")).spec.containers[0].ports[0].container_port == 90


def test_clones_may_have_ports_of_their_own(podlab: Podlab, engine: FakeEngine) -> None:
    with_host_port(engine)
    podlab("publish", "web", "8000:80")
    assert podlab("clone", "web", "one", "-p", "9100:90", "-o", "name").out == "one\n"
    assert ports(engine, "one") == [(9100, 90)]
    assert podlab("clone", "web", "test", "-n", "2", "--shift-ports", "10", "--no-wait").out == (
        "pod/test-0 created\npod/test-1 created\n"
    )
    assert ports(engine, "test-0") == [(8010, 80), (9010, 90)]
    assert ports(engine, "test-1") == [(8020, 80), (9020, 90)]
    assert [each["name"] for each in podlab("clone", "web", "x", "-o", "json").json] == ["x"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["nope", "new"], 3, "no pod 'nope'"),
        (["web", "web"], 1, "there is a pod 'web' already"),
        (["web", "New"], 1, "cannot be named 'New'"),
        (["web", "new", "-n", "2", "-p", "1:2"], 2, "--shift-ports"),
        (["web", "new", "-p", "x"], 2, "'x' is not"),
        (["web", "new", "--shift-ports", "60000"], 1, "ports end at 65535"),
    ],
)
def test_a_clone_that_cannot_be_is_told(
    podlab: Podlab, engine: FakeEngine, words: list[str], code: int, told: str
) -> None:
    with_host_port(engine)
    done = podlab("clone", *words)
    assert done.code == code
    assert told in done.err
    assert [each.name for each in asyncio.run(engine.list())] == ["web"]
