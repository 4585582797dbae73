"""set image, set env and set resources."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from podlab.model import Container, Pod
from podlab.testing.fake import FakeEngine
from tests.cli.conftest import Podlab

Make = Callable[..., Pod]


def container(engine: FakeEngine, name: str = "app") -> Container:
    found = asyncio.run(engine.spec("web")).container(name)
    assert found is not None
    return found


def test_another_image_makes_only_that_container_anew(podlab: Podlab, make: Make, engine: FakeEngine) -> None:
    make("web", "sleep 100", "sleep 100")
    before = {each.name: each.container_id for each in asyncio.run(engine.get("web")).containers}
    assert podlab("set", "image", "web", "app=alpine").out == "pod/web changed: app\n"
    now = {each.name: each.container_id for each in asyncio.run(engine.get("web")).containers}
    assert now["side"] == before["side"]
    assert now["app"] != before["app"]
    assert podlab("set", "image", "web", "*=alpine").out == "pod/web changed: side\n"
    assert podlab("set", "image", "web", "*=alpine").out == "pod/web unchanged\n"
    assert (
        podlab("set", "image", "web", "app=busybox", "-o", "json").json["containers"][0]["image"] == "busybox"
    )


def test_variables_are_set_and_removed(podlab: Podlab, make: Make, engine: FakeEngine) -> None:
    make("web", "sleep 100", "sleep 100")
    assert podlab("set", "env", "web", "A=1", "B=x=y").out == "pod/web changed: app, side\n"
    assert podlab("set", "env", "web", "app", "A=2", "B-", "C=").out == "pod/web changed: app\n"
    assert podlab("set", "env", "web", "--list").out == "# app\nA=2\nC=\n# side\nA=1\nB=x=y\n"
    assert podlab("set", "env", "web", "--list", "side", "-o", "json").json == {
        "side": [{"name": "A", "value": "1"}, {"name": "B", "value": "x=y"}]
    }


def test_bounds_are_set_and_taken_away(podlab: Podlab, make: Make, engine: FakeEngine) -> None:
    make("web", "sleep 100")
    words = ["--limits", "cpu=500m,memory=64Mi", "--requests", "cpu=100m"]
    assert podlab("set", "resources", "web", *words).out == "pod/web changed: app\n"
    podlab("set", "resources", "web", "app", "--limits", "memory-,cpu=1")
    found = container(engine).resources
    assert found is not None
    assert (found.limits, found.requests) == ({"cpu": "1"}, {"cpu": "100m"})


def test_what_was_stopped_stays_so(podlab: Podlab, make: Make, engine: FakeEngine) -> None:
    make("web", "sleep 100", "sleep 100")
    podlab("stop", "web", "-c", "side")
    done = podlab("set", "env", "web", "app", "A=1")
    assert "not waiting: side did not run before" in done.err
    assert asyncio.run(engine.get("web")).running == 1


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["image", "nope", "app=alpine"], 3, "no pod 'nope'"),
        (["image", "web", "nope=alpine"], 3, "no container 'nope'"),
        (["image", "web", "app"], 2, "'app' is not CONTAINER=IMAGE"),
        (["image", "web", "app=not an image"], 1, "cannot be made like this"),
        (["image", "web", "app=missing"], 3, "missing"),
        (["env", "web"], 2, "say which variables"),
        (["env", "web", "nope", "A=1"], 3, "no container 'nope'"),
        (["env", "web", "app", "A"], 2, "'A' is not NAME=VALUE"),
        (["resources", "web", "app"], 2, "say which bounds"),
        (["resources", "web", "--limits", "cpu=1"], 2, "has several containers"),
        (["resources", "web", "app", "--limits", "cpu=many"], 1, "cannot be made like this"),
    ],
)
def test_what_cannot_be_set_is_told(
    podlab: Podlab, make: Make, engine: FakeEngine, words: list[str], code: int, told: str
) -> None:
    pod = make("web", "sleep 100", "sleep 100")
    done = podlab("set", *words)
    assert done.code == code
    assert told in done.err
    assert asyncio.run(engine.spec("web")) == pod
