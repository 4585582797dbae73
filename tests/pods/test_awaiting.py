"""wait: what one may wait for, and how it is read."""

from __future__ import annotations

import asyncio

import pytest

from podlab.errors import NotFound, TimedOut, Usage
from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.pods import jsonpath
from podlab.pods.awaiting import Wish, wait_until, wish
from podlab.testing.fake import FakeEngine

DATA = {
    "status": {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True"}, {"type": "Initialized", "status": "False"}],
    },
    "spec": {"containers": [{"name": "app", "image": "a"}, {"name": "b", "image": "b"}], "hostIPC": True},
    "metadata": {"labels": {"app.kubernetes.io/name": "web"}},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("{.status.phase}", ["Running"]),
        ("$.status.phase", ["Running"]),
        ("{.spec.containers[*].image}", ["a", "b"]),
        ("{.spec.containers[-1].name}", ["b"]),
        ("{.spec.containers[7].name}", []),
        ('{.status.conditions[?(@.type=="Initialized")].status}', ["False"]),
        ("{.metadata.labels['app.kubernetes.io/name']}", ["web"]),
        ("{.status.nothing.here}", []),
    ],
)
def test_a_path_names_values(path: str, found: list[object]) -> None:
    assert jsonpath.values(path, DATA) == found


def test_values_are_written_as_kubectl_does() -> None:
    assert [jsonpath.text(each) for each in jsonpath.values(".spec.hostIPC", DATA)] == ["true"]


@pytest.mark.parametrize("path", ["{.a..b}", "{.a[b]}", "{range .items[*]}", "{.a b}"])
def test_what_is_no_path_is_told(path: str) -> None:
    with pytest.raises(Usage, match="no path that podlab reads"):
        jsonpath.values(path, DATA)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("ready", Wish("ready")),
        ("condition=ready", Wish("condition", "Ready", "true")),
        ("condition=Initialized=False", Wish("condition", "Initialized", "false")),
        ("jsonpath={.status.phase}=Running", Wish("jsonpath", "{.status.phase}", "Running")),
        ("jsonpath='{.status.phase}'=Running", Wish("jsonpath", "{.status.phase}", "Running")),
        ("jsonpath={.status.podIP}", Wish("jsonpath", "{.status.podIP}", "")),
    ],
)
def test_words_of_kubectl_are_read(text: str, read: Wish) -> None:
    assert wish(text) == read


@pytest.mark.parametrize("text", ["", "redy", "condition", "condition=Happy", "ready=1", "jsonpath={.a..b}"])
def test_what_cannot_be_waited_for_is_told(text: str) -> None:
    with pytest.raises(Usage):
        wish(text)


async def test_it_returns_when_it_is_so() -> None:
    engine = FakeEngine()
    app = Container(name="app", image="busybox", command=("sleep", "100"))
    pod = Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=(app,)))
    with pytest.raises(NotFound):
        await wait_until(engine, "web", wish("condition=Ready"), timeout_s=5)
    coming = asyncio.create_task(wait_until(engine, "web", wish("create"), timeout_s=5))
    await asyncio.sleep(0)
    await engine.apply(pod)
    assert (found := await coming) is not None
    assert found.name == "web"
    assert await wait_until(engine, "web", wish("jsonpath={.status.phase}=Running"), timeout_s=5)
    assert await wait_until(engine, "web", wish("condition=Initialized"), timeout_s=5)
    with pytest.raises(TimedOut, match="it is still there"):
        await wait_until(engine, "web", wish("delete"), timeout_s=0.2)
    with pytest.raises(TimedOut, match="is Running"):
        await wait_until(engine, "web", wish("jsonpath={.status.phase}=Failed"), timeout_s=0.2)
    going = asyncio.create_task(wait_until(engine, "web", wish("delete"), timeout_s=5))
    await asyncio.sleep(0)
    await engine.delete("web")
    assert await going is None
