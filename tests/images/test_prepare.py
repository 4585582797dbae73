from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from podlab.errors import Invalid, NotFound, PodlabError, Unavailable, Unsupported
from podlab.images.build import Builder, RootFS
from podlab.images.needs import needed
from podlab.images.prepare import Prepared, Progress, Source, prepare
from podlab.images.recipes import find
from podlab.images.store import PullProgress
from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.naming import BUILT_FROM, RECIPE
from podlab.testing.images import FakeImages

pytestmark = pytest.mark.virtual_time

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from pathlib import Path

    from podlab.images.logins import Login
    from podlab.images.needs import Policy
    from podlab.images.recipes import Recipe

BUILT = {BUILT_FROM: "debian bookworm 2026-01-31"}


@pytest.fixture(autouse=True)
def _no_real_builds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def build(self: object, recipe: Recipe, on_line: Callable[[str], None]) -> RootFS:
        path = tmp_path / "rootfs.tar"
        path.write_bytes(b"tar")
        on_line("fetching")
        return RootFS(recipe=recipe, path=path, built_from="debian bookworm 2026-01-31")

    monkeypatch.setattr(Builder, "build", build)


async def how(
    store: FakeImages, reference: str, policy: Policy = "IfNotPresent", source: Source = "auto"
) -> str:
    (done,) = await prepare(store, {reference: policy}, source=source)
    return done.how


async def test_an_image_that_is_there_is_used_and_nobody_is_asked() -> None:
    store = FakeImages(registry=None)
    store.add("nginx:1.27")
    assert await how(store, "nginx:1.27") == "present"
    assert store.pulls == []


async def test_a_missing_image_is_pulled_with_progress() -> None:
    seen: list[Progress] = []
    (done,) = await prepare(FakeImages(["nginx"]), {"nginx": "IfNotPresent"}, on_progress=seen.append)
    assert (done.how, done.size_bytes, done.built_from) == ("pulled", 1000, "")
    assert [p.done_bytes for p in seen if p.status == "pulling"] == [0, 500, 1000]


async def test_without_a_network_a_known_image_is_built_and_says_so() -> None:
    (done,) = await prepare(FakeImages(None), {"alpine:latest": "IfNotPresent"})
    assert (done.how, done.built_from) == ("built", "debian bookworm 2026-01-31")


async def test_a_cancelled_pull_is_let_go_of() -> None:
    store = Hanging()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await prepare(store, {"nginx": "IfNotPresent"})
    assert store.let_go


async def test_without_a_network_an_unknown_image_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(Unavailable, match=r"'nginx'.*connection refused.*no recipe") as caught:
        await how(FakeImages(None), "nginx")
    assert "images load" in caught.value.hint


async def test_a_registry_that_does_not_have_it_is_believed_and_nothing_is_built() -> None:
    with pytest.raises(NotFound, match="manifest unknown"):
        await how(FakeImages([]), "busybox")


async def test_from_hub_replaces_a_stand_in_and_never_builds() -> None:
    store = FakeImages(["busybox"])
    store.add("busybox", BUILT)
    assert await how(store, "busybox", source="hub") == "pulled"
    with pytest.raises(Unavailable, match="registry cannot be reached"):
        await how(FakeImages(None), "busybox", source="hub")


async def test_from_debian_builds_though_the_registry_is_there() -> None:
    store = FakeImages(["busybox"])
    store.add("busybox")
    assert await how(store, "busybox", source="debian") == "built"
    assert await how(store, "busybox", source="debian") == "present"
    assert store.pulls == []
    with pytest.raises(Unsupported, match="no recipe"):
        await how(store, "nginx", source="debian")


async def test_own_images_are_never_asked_for_at_a_registry() -> None:
    store = FakeImages(["podlab/work"])
    assert await how(store, "podlab/work") == "built"
    assert await how(store, "podlab/work", source="hub") == "present"
    assert store.pulls == []


async def test_own_images_are_built_anew_when_their_recipe_has_changed() -> None:
    store = FakeImages(registry=None)
    store.add("podlab/work", labels=BUILT | {RECIPE: "of an older podlab"})
    assert await how(store, "podlab/work") == "built"
    recipe = find("podlab/work")
    assert recipe is not None
    store.add("podlab/work", labels=BUILT | {RECIPE: recipe.digest()})
    assert await how(store, "podlab/work") == "present"


async def test_an_older_podlabs_image_has_to_do_where_none_can_be_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def build(*_: object) -> RootFS:
        raise Unsupported("this machine is no Debian")

    monkeypatch.setattr(Builder, "build", build)
    store = FakeImages(registry=None)
    store.add("podlab/work", labels=BUILT)
    warnings: list[str] = []
    (done,) = await prepare(store, {"podlab/work": "IfNotPresent"}, on_warning=warnings.append)
    assert done.how == "present" and "no Debian" in warnings[0]


async def test_always_pulls_again_and_fails_where_it_cannot() -> None:
    store = FakeImages(["nginx"])
    store.add("nginx")
    assert await how(store, "nginx", "Always") == "pulled"
    store.registry = None
    with pytest.raises(Unavailable):
        await how(store, "nginx", "Always")


async def test_always_keeps_what_podlab_built_and_warns_of_it() -> None:
    store, warnings = FakeImages(None), list[str]()
    store.add("busybox", BUILT)
    (done,) = await prepare(store, {"busybox": "Always"}, on_warning=warnings.append)
    assert done.how == "present"
    assert "built from debian bookworm" in warnings[0]


async def test_never_uses_what_is_there_and_asks_nobody() -> None:
    store = FakeImages(["nginx"])
    with pytest.raises(NotFound, match="Never"):
        await how(store, "nginx", "Never")
    store.add("nginx")
    assert await how(store, "nginx", "Never") == "present"
    assert store.pulls == []


async def test_one_failure_does_not_end_the_others_and_all_failures_are_told() -> None:
    store, done = FakeImages(["nginx"]), list[Prepared]()
    with pytest.raises(NotFound) as caught:
        await prepare(
            store, dict.fromkeys(["nope:1", "nginx", "nope:2"], "IfNotPresent"), on_done=done.append
        )
    assert [p.reference for p in done] == ["nginx"]
    assert "nope:1" in caught.value.message
    assert "nope:2" in caught.value.message


async def test_names_that_are_none_are_refused_before_anything_is_pulled() -> None:
    store = FakeImages(["nginx"])
    with pytest.raises(Invalid) as caught:
        await prepare(store, {"nginx": "IfNotPresent", "Up/Per": "IfNotPresent", "a b": "IfNotPresent"})
    assert len(caught.value.problems) == 2
    assert store.pulls == []


class Hanging(FakeImages):
    """A registry that stops in the middle."""

    let_go = False

    async def pull(self, reference: str, logins: Sequence[Login] = ()) -> AsyncGenerator[PullProgress, None]:
        try:
            yield PullProgress(status="Downloading", done_bytes=1, total_bytes=2)
            await asyncio.sleep(3600)
        finally:
            self.let_go = True


class Silent(FakeImages):
    """A registry behind a network that swallows everything."""

    async def pull(self, reference: str, logins: Sequence[Login] = ()) -> AsyncGenerator[PullProgress, None]:
        await asyncio.sleep(3600)
        yield PullProgress(status="", done_bytes=0, total_bytes=0)


async def test_a_silent_network_costs_one_wait_for_all_images() -> None:
    started = asyncio.get_running_loop().time()
    wanted: dict[str, Policy] = dict.fromkeys(
        ["busybox", "alpine", "registry:2", "docker:dind"], "IfNotPresent"
    )
    done = await prepare(Silent(), wanted, reach_s=0.2)
    assert [p.how for p in done] == ["built"] * 4
    assert asyncio.get_running_loop().time() - started < 0.4


class Slow(FakeImages):
    """A registry that answers at once and then sends slowly."""

    async def pull(self, reference: str, logins: Sequence[Login] = ()) -> AsyncGenerator[PullProgress, None]:
        yield PullProgress(status="Pulling", done_bytes=0, total_bytes=0)
        await asyncio.sleep(0.3)
        self.add(reference)


async def test_a_slow_registry_that_has_answered_is_waited_for() -> None:
    (done,) = await prepare(Slow(), {"busybox": "IfNotPresent"}, reach_s=0.1)
    assert done.how == "pulled"


async def test_a_full_disk_is_told_with_the_image() -> None:
    with pytest.raises(PodlabError, match=r"'busybox'.*disk of the engine is full"):
        await how(FakeImages(None, full=True), "busybox")


def test_pods_need_their_containers_images_and_the_infra_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODLAB_INFRA_IMAGE", "pause:1")
    a = Container(name="a", image="app", image_pull_policy="Never")
    b = Container(name="b", image="app", image_pull_policy="Always")
    pod = Pod(
        metadata=Metadata(name="p"), spec=PodSpec(containers=(a, b, Container(name="c", image="x:latest")))
    )
    assert needed([pod]) == {"pause:1": "IfNotPresent", "app": "Always", "x:latest": "IfNotPresent"}
