"""What happens once a month: an API server that forgets, is slow, refuses, goes away."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, Self

import pytest

from podlab.engines.kubernetes.watching import Watch
from podlab.errors import Denied, Invalid, NotFound, Overtaken, Unavailable
from podlab.model import ConfigMap, Container, Metadata, Pod, PodSpec
from podlab.pods.change import change
from podlab.pods.up import up
from tests.engines.kubernetes.api import FakeApi, serving
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.kubernetes.engine import KubernetesEngine
    from podlab.engines.kubernetes.watching import Seen

PODS = "/api/v1/namespaces/lab/pods"


def pod(name: str, image: str = "busybox", **labels: str) -> Pod:
    spec = PodSpec(containers=(Container(name="app", image=image),))
    return Pod(metadata=Metadata(name=name, labels=labels), spec=spec)


@pytest.fixture
async def both() -> AsyncIterator[tuple[FakeApi, KubernetesEngine]]:
    async with serving() as pair:
        yield pair


class Listener:
    """Gathers what a watch tells."""

    def __init__(self, engine: KubernetesEngine) -> None:
        self.seen: list[Seen] = []
        self._watch = Watch(engine.client, engine.client.of("pods"))
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._watch.begin()
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _listen(self) -> None:
        async for seen in self._watch.changes():
            self.seen.append(seen)

    async def names(self, count: int) -> list[tuple[str, str]]:
        """What was told, as soon as it is so much: (came, changed or gone; name)."""
        await until(lambda: len(self.seen) >= count)
        await asyncio.sleep(0.05)
        return [
            (
                "gone" if after is None else "came" if before is None else "changed",
                (after or before or {})["metadata"]["name"],
            )
            for before, after in self.seen
        ]


async def test_a_watch_that_is_too_old_lists_again_and_loses_nothing(
    both: tuple[FakeApi, KubernetesEngine],
) -> None:
    api, engine = both
    await engine.apply(pod("stays"))
    await engine.apply(pod("goes"))
    async with Listener(engine) as listener:
        await listener.names(0)
        await api.stop()
        api.tell("DELETED", f"{PODS}/goes", api.objects[f"{PODS}/goes"])
        other = api.objects[f"{PODS}/stays"] | {"kind": "Pod"}
        api.tell("MODIFIED", f"{PODS}/stays", other)
        api.forget()
        await api.start()
        await engine.apply(pod("comes"))
        told = await listener.names(3)
    assert sorted(told) == [("came", "comes"), ("changed", "stays"), ("gone", "goes")]


async def test_a_watch_goes_on_where_it_was_cut_off(both: tuple[FakeApi, KubernetesEngine]) -> None:
    api, engine = both
    async with Listener(engine) as listener:
        for number in range(4):
            await until(partial(api.has_watched, number + 1))
            await api.cut()
            await engine.apply(pod(f"p{number}"))
        assert await listener.names(4) == [("came", f"p{number}") for number in range(4)]
    assert api.watches >= 4


async def test_an_api_server_that_is_away_for_a_while_is_waited_for_by_who_follows(
    both: tuple[FakeApi, KubernetesEngine],
) -> None:
    api, engine = both
    await engine.apply(pod("web"))
    waiting = asyncio.create_task(engine.wait("web", "app"))
    await asyncio.sleep(0.1)
    await api.stop()
    await asyncio.sleep(0.5)
    assert not waiting.done()
    await api.start()
    found = api.objects[f"{PODS}/web"]
    ended = found["status"]["containerStatuses"][0]
    ended["state"] = {
        "terminated": {
            "exitCode": 7,
            "containerID": ended["containerID"],
            "finishedAt": "2026-01-01T00:00:00Z",
        }
    }
    api.tell("MODIFIED", f"{PODS}/web", found)
    async with asyncio.timeout(20):
        assert await waiting == 7


async def test_one_that_is_not_there_is_told_at_once(both: tuple[FakeApi, KubernetesEngine]) -> None:
    api, engine = both
    await api.stop()
    with pytest.raises(Unavailable, match="no API server answers at http") as caught:
        await engine.list()
    assert caught.value.hint.startswith("the test says so")


async def test_a_storm_of_conflicts_ends_with_every_change(both: tuple[FakeApi, KubernetesEngine]) -> None:
    _, engine = both
    await engine.apply(pod("web"))

    def labelled(number: int, now: Pod) -> Pod:
        return pod("web", **{**now.metadata.labels, f"l{number}": "1"})

    await asyncio.gather(*(change(engine, "web", partial(labelled, n)) for n in range(6)))
    assert (await engine.spec("web")).metadata.labels == {f"l{n}": "1" for n in range(6)}


async def test_a_change_of_what_somebody_else_changes_meanwhile_begins_anew(
    both: tuple[FakeApi, KubernetesEngine],
) -> None:
    api, engine = both
    await engine.apply(pod("web"))
    api.refusals["PATCH"] = [409, 409, 409]
    await engine.apply(pod("web", "busybox:2"))
    assert api.objects[f"{PODS}/web"]["spec"]["containers"][0]["image"] == "busybox:2"
    api.refusals["PATCH"] = [409] * 20
    with pytest.raises(Overtaken):
        await engine.apply(pod("web", "busybox:3"))


async def test_two_that_make_the_same_pod_make_one(both: tuple[FakeApi, KubernetesEngine]) -> None:
    api, engine = both
    api.delay_s = 0.05  # both look before one of them has made it
    await asyncio.gather(*(engine.apply(pod("web")) for _ in range(5)))
    assert [path for path in api.objects if path.startswith(PODS)] == [f"{PODS}/web"]
    assert [method for method, _ in api.requests].count("POST") == 5


@pytest.mark.long
async def test_a_slow_api_server_costs_time_and_nothing_else(both: tuple[FakeApi, KubernetesEngine]) -> None:
    api, engine = both
    api.delay_s = 0.5
    began = time.monotonic()
    await up(engine, [pod(f"seat-{n}") for n in range(16)], timeout_s=60)
    assert len([path for path in api.objects if path.startswith(PODS)]) == 16
    assert time.monotonic() - began < 16 * 2  # they wait side by side
    assert len(await engine.list()) == 16


async def test_a_list_has_all_pages(both: tuple[FakeApi, KubernetesEngine]) -> None:
    api, engine = both
    for number in range(7):
        await engine.apply(pod(f"p{number}"))
    api.page = 3
    assert [each.name for each in await engine.list()] == [f"p{n}" for n in range(7)]


async def test_asked_to_come_again_it_comes_again(both: tuple[FakeApi, KubernetesEngine]) -> None:
    api, engine = both
    api.refusals["GET"] = [429, 504]
    assert await engine.list() == []
    api.refusals["GET"] = [429] * 50
    with pytest.raises(Unavailable, match="busy"):
        await engine.list()


@pytest.mark.parametrize(
    ("code", "error", "says"),
    [
        (401, Denied, "does not accept our credentials"),
        (403, Denied, "forbids it"),
        (404, NotFound, "as the test wants it"),
        (422, Invalid, "refuses it"),
        (500, Unavailable, "cannot answer"),
        (503, Unavailable, "cannot answer"),
    ],
)
async def test_refusals_are_told_in_podlabs_words(
    both: tuple[FakeApi, KubernetesEngine], code: int, error: type[Exception], says: str
) -> None:
    api, engine = both
    api.refusals["GET"] = [code]
    with pytest.raises(error, match=says):
        await engine.list()


async def test_what_a_cancelled_apply_made_is_removed(both: tuple[FakeApi, KubernetesEngine]) -> None:
    api, engine = both
    api.delay_s = 0.1
    applying = asyncio.create_task(engine.apply(pod("web")))
    await until(lambda: ("POST", PODS) in api.requests)
    applying.cancel()
    await asyncio.wait([applying])
    assert applying.cancelled()
    assert api.objects == {}


async def test_objects_of_others_are_never_taken_over(both: tuple[FakeApi, KubernetesEngine]) -> None:
    api, engine = both
    theirs = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "web", "uid": "1"},
        "data": {"a": "1"},
    }
    path = "/api/v1/namespaces/lab/configmaps/web"
    api.tell("ADDED", path, theirs)
    mine = ConfigMap(metadata=Metadata(name="web"), data={"a": "2"})
    with pytest.raises(Exception, match="that podlab did not make"):
        await engine.put(mine)
    await engine.remove("ConfigMap", "web")
    assert api.objects[path]["data"] == {"a": "1"}
    with pytest.raises(NotFound):
        await engine.object("ConfigMap", "web")


async def test_a_storm_on_an_object_ends_with_the_last(both: tuple[FakeApi, KubernetesEngine]) -> None:
    _, engine = both
    made = [ConfigMap(metadata=Metadata(name="web"), data={"a": str(n)}) for n in range(5)]
    done = await asyncio.gather(*map(engine.put, made))
    assert sorted(done) == ["configured"] * 4 + ["created"]
    assert await engine.object("ConfigMap", "web") in made
