"""The wanted state: the one way that pods change."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from podlab.errors import Conflict, Invalid, NotFound, Overtaken, PodlabError
from podlab.model import ISOLATED, ContainerPort, EnvVar, Metadata, ResizePolicy, Resources
from podlab.pods.change import change
from podlab.status import Phase, State
from podlab.testing.contract.case import (
    Case,
    cannot_start,
    id_of,
    member,
    pod_of,
    state_of,
)
from podlab.wire import encode

if TYPE_CHECKING:
    from podlab.engines.base import Change, Engine
    from podlab.model import Container, Pod


class Wanted(Case):
    async def test_a_pod_can_be_made_found_and_removed(self, engine: Engine, image: str, name: str) -> None:
        pod = pod_of(name, member("app", image), member("side", image))
        async with self.running(engine, pod):
            found = await engine.get(name)
            assert found.phase is Phase.RUNNING
            assert found.wanted == found.running == 2
            assert [c.name for c in found.containers] == ["app", "side"]
            assert name in [each.name for each in await engine.list()]
        assert name not in [each.name for each in await engine.list()]
        with pytest.raises(NotFound):
            await engine.get(name)

    async def test_a_plan_changes_nothing_and_says_what_apply_would_do(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = pod_of(name, member("app", image))
        assert "app" in [change.container for change in await engine.plan(pod)]
        with pytest.raises(NotFound):
            await engine.get(name)
        async with self.running(engine, pod):
            assert await engine.plan(pod) == []

    async def test_apply_again_changes_nothing(self, engine: Engine, image: str, name: str) -> None:
        pod = pod_of(name, member("app", image))
        async with self.running(engine, pod):
            before = await engine.get(name)
            changes: list[Change] = []
            await engine.apply(pod, on_change=changes.append)
            assert changes == []
            assert await engine.get(name) == before

    async def test_a_change_of_what_somebody_else_has_changed_is_refused(
        self, engine: Engine, image: str, name: str
    ) -> None:
        before = pod_of(name, member("app", image))
        theirs = pod_of(name, member("app", image), member("theirs", image))
        async with self.running(engine, before):
            await engine.apply(theirs, based_on=before)
            with pytest.raises(Overtaken):
                await engine.apply(pod_of(name, member("app", image), member("mine", image)), based_on=before)
            assert await engine.spec(name) == theirs
            assert await engine.plan(theirs) == []

    async def test_changes_made_at_the_same_time_are_all_there(
        self, engine: Engine, image: str, name: str
    ) -> None:
        async def one_more(number: int) -> None:
            container = member(f"c{number}", image)
            await change(engine, name, lambda now: pod_of(name, *now.spec.containers, container))

        async with self.running(engine, pod_of(name)):
            await asyncio.gather(*map(one_more, range(4)))
            found = await engine.get(name)
            assert {c.name for c in found.containers} == {"c0", "c1", "c2", "c3"}
            assert found.running == found.wanted == 4

    async def test_only_what_differs_is_changed(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image), member("side", image))):
            before = await engine.get(name)
            changed = member("side", image, env=(EnvVar(name="A", value="1"),))
            pod = pod_of(name, member("app", image), changed, member("new", image))
            assert {c.container for c in await engine.plan(pod)} - {""} == {"side", "new"}
            await engine.apply(pod)
            after = await engine.get(name)
            assert id_of(after, "app") == id_of(before, "app")
            assert id_of(after, "side") != id_of(before, "side")
            assert after.running == 3

    async def test_what_a_container_may_use_changes_while_it_runs(
        self, engine: Engine, image: str, name: str
    ) -> None:
        def pod(memory: str, **settings: Any) -> Pod:
            resources = Resources(limits={"cpu": "500m", "memory": memory}, requests={"memory": "16Mi"})
            return pod_of(name, member("app", image, resources=resources, **settings))

        async with self.running(engine, pod("32Mi")):
            before = await engine.get(name)
            for memory in ("64Mi", "32Mi"):
                [change] = [c for c in await engine.plan(pod(memory)) if c.container]
                assert (change.verb, change.container) == ("update", "app")
                await engine.apply(pod(memory))
                assert await engine.get(name) == before
                assert await engine.spec(name) == pod(memory)
                assert await engine.plan(pod(memory)) == []

    async def test_a_container_whose_policy_says_so_is_made_anew_for_other_limits(
        self, engine: Engine, image: str, name: str
    ) -> None:
        policy = (ResizePolicy(resource_name="memory", restart_policy="RestartContainer"),)

        def pod(cpu: str, memory: str | None) -> Pod:
            limits = {"cpu": cpu} | ({"memory": memory} if memory else {})
            return pod_of(
                name, member("app", image, resources=Resources(limits=limits), resize_policy=policy)
            )

        async with self.running(engine, pod("500m", "32Mi")):
            seen = [id_of(await engine.get(name), "app")]
            for cpu, memory in (("700m", "32Mi"), ("700m", "64Mi"), ("700m", None)):
                await engine.apply(pod(cpu, memory))
                seen.append(id_of(await engine.get(name), "app"))
                assert await engine.plan(pod(cpu, memory)) == []
            assert seen[0] == seen[1]
            assert len(set(seen)) == 3

    async def test_what_a_pod_may_use_as_a_whole_changes_while_it_runs(
        self, engine: Engine, image: str, name: str
    ) -> None:
        def pod(*containers: Container, **limits: str) -> Pod:
            return pod_of(name, *containers, resources=Resources(limits=limits) if limits else None)

        app, side = member("app", image), member("side", image)
        async with self.running(engine, pod(app, memory="64Mi", cpu="500m")):
            before = await engine.get(name)
            assert await engine.plan(pod(app, memory="64Mi", cpu="500m")) == []
            larger = pod(app, side, memory="96Mi", cpu="1")
            await engine.apply(larger)
            after = await engine.get(name)
            assert after.container("app") == before.container("app")
            assert after.running == 2
            assert await engine.plan(larger) == []
            with pytest.raises(Conflict):
                await engine.apply(pod(app, side))

    @pytest.mark.parametrize("shared", ["host_network", "host_pid", "host_ipc"])
    async def test_a_pod_that_contradicts_itself_is_refused(
        self, engine: Engine, image: str, name: str, shared: str
    ) -> None:
        pod = pod_of(name, member("app", image), **{shared: True})
        isolated = dataclasses.replace(pod, metadata=Metadata(name=name, annotations={ISOLATED: "true"}))
        with pytest.raises(Invalid):
            await engine.plan(isolated)
        with pytest.raises(Invalid):
            await engine.apply(isolated)
        await self.is_gone(engine, name)

    async def test_a_container_that_is_not_wanted_any_more_is_removed(
        self, engine: Engine, image: str, name: str
    ) -> None:
        async with self.running(engine, pod_of(name, member("app", image), member("side", image))):
            await engine.apply(pod_of(name, member("app", image)))
            assert [c.name for c in (await engine.get(name)).containers] == ["app"]

    async def test_a_stopped_container_is_started_by_apply(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = pod_of(name, member("app", image))
        async with self.running(engine, pod):
            await engine.stop(name, "app")
            await engine.apply(pod)
            assert (await engine.get(name)).running == 1

    async def test_what_is_held_is_created_but_not_started(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = pod_of(name, member("app", image), member("held", image))
        try:
            await engine.apply(pod, hold=["held"])
            found = await engine.get(name)
            assert state_of(found, "app") is State.RUNNING
            assert state_of(found, "held") is State.WAITING
            await engine.start(name, "held")
            assert state_of(await engine.get(name), "held") is State.RUNNING
        finally:
            await engine.delete(name, grace_s=0)

    async def test_two_applies_at_once_end_in_one_pod(self, engine: Engine, image: str, name: str) -> None:
        pod = pod_of(name, member("app", image), member("side", image))
        try:
            done = await asyncio.gather(*(engine.apply(pod) for _ in range(3)), return_exceptions=True)
            assert done == [None, None, None]
            found = await engine.get(name)
            assert sorted(c.name for c in found.containers) == ["app", "side"]
            assert found.running == 2
            assert await engine.plan(pod) == []
        finally:
            await engine.delete(name, grace_s=0)

    async def test_an_image_that_is_not_there_is_named_and_nothing_is_left(
        self, engine: Engine, image: str, name: str
    ) -> None:
        missing = "podlab.invalid/no-such:1"
        with pytest.raises(NotFound, match=missing):
            await engine.apply(pod_of(name, member("app", image), member("bad", missing)))
        await self.is_gone(engine, name)

    async def test_a_failed_start_undoes_a_new_pod(self, engine: Engine, image: str, name: str) -> None:
        bad = cannot_start("bad", image)
        with pytest.raises(PodlabError):
            await engine.apply(pod_of(name, member("app", image), bad))
        await self.is_gone(engine, name)

    async def test_a_failed_start_leaves_what_there_was(self, engine: Engine, image: str, name: str) -> None:
        pod = pod_of(name, member("app", image))
        async with self.running(engine, pod):
            before = await engine.get(name)
            with pytest.raises(PodlabError):
                await engine.apply(pod_of(name, member("app", image), cannot_start("bad", image)))
            after = await engine.get(name)
            assert [c.container_id for c in after.containers] == [c.container_id for c in before.containers]
            assert await engine.spec(name) == pod
            assert after.running == 1

    async def test_a_failed_start_can_be_kept_to_look_at(self, engine: Engine, image: str, name: str) -> None:
        bad = cannot_start("bad", image)
        try:
            with pytest.raises(PodlabError):
                await engine.apply(pod_of(name, member("app", image), bad), keep_on_error=True)
            assert (await engine.get(name)).container("app") is not None
        finally:
            await engine.delete(name, grace_s=0)
        await self.is_gone(engine, name)

    @pytest.mark.parametrize("delay_s", [0, 0.01, 0.05, 0.1, 0.2, 0.4])
    async def test_a_cancelled_apply_leaves_a_whole_pod_or_nothing(
        self, engine: Engine, image: str, name: str, delay_s: float
    ) -> None:
        pod = pod_of(name, member("app", image), member("side", image))
        applying = asyncio.ensure_future(engine.apply(pod))
        await asyncio.sleep(delay_s)
        applying.cancel()
        await asyncio.wait([applying])
        try:
            if applying.cancelled():
                await self.is_gone(engine, name)
            else:
                assert applying.exception() is None
                assert (await engine.get(name)).running == 2
        finally:
            await engine.delete(name, grace_s=0)

    async def test_what_cannot_change_in_a_living_pod_is_a_conflict(
        self, engine: Engine, image: str, name: str
    ) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            pod = pod_of(name, member("app", image), hostname="other")
            with pytest.raises(Conflict):
                await engine.plan(pod)
            with pytest.raises(Conflict):
                await engine.apply(pod)
            assert (await engine.get(name)).running == 1

    async def test_removing_a_pod_that_is_gone_is_no_error(self, engine: Engine, name: str) -> None:
        await engine.delete(name)

    async def test_two_deletes_at_once_are_no_error(self, engine: Engine, image: str, name: str) -> None:
        await engine.apply(pod_of(name, member("app", image), member("side", image)))
        await asyncio.gather(*(engine.delete(name) for _ in range(3)))
        await self.is_gone(engine, name)

    async def test_the_wanted_state_comes_back_as_it_was_applied(
        self, engine: Engine, image: str, name: str
    ) -> None:
        first = pod_of(
            name,
            member(
                "app",
                image,
                env=(EnvVar(name="A", value="ä \n'\""),),
                ports=(ContainerPort(container_port=80),),
            ),
            restart_policy="Never",
            labels={"team": "blue"},
        )
        async with self.running(engine, first):
            assert encode(await engine.spec(name)) == encode(first)
            assert (await engine.get(name)).labels == {"team": "blue"}
            second = pod_of(
                name,
                *first.spec.containers,
                member("side", image),
                restart_policy="Never",
                labels={"team": "red"},
            )
            await engine.apply(second)
            assert encode(await engine.spec(name)) == encode(second)
            assert (await engine.get(name)).labels == {"team": "red"}
            assert [each.labels for each in await engine.list() if each.name == name] == [{"team": "red"}]

    async def test_a_pod_may_have_no_container_yet(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name)):
            found = await engine.get(name)
            assert (found.wanted, found.containers) == (0, ())
            await engine.apply(pod_of(name, member("app", image)))
            assert (await engine.get(name)).running == 1

    async def test_the_preview_names_the_pods_image(self, engine: Engine, image: str, name: str) -> None:
        assert image in await engine.preview(pod_of(name, member("app", image)))
        with pytest.raises(NotFound):
            await engine.get(name)

    async def test_ended_pods_are_pruned_and_living_ones_are_not(
        self, alone: Engine, image: str, name: str
    ) -> None:
        ended = pod_of(f"{name}-e", member("app", image, ["true"]), restart_policy="Never")
        async with self.running(alone, pod_of(name, member("app", image))), self.running(alone, ended):
            await alone.wait(ended.name, "app")
            async with asyncio.timeout(60):  # an engine tells of the end before its lists do
                while (await alone.get(ended.name)).phase is not Phase.SUCCEEDED:
                    await asyncio.sleep(0.1)
            would = await alone.prune(dry_run=True)
            assert [change.pod for change in would if change.verb == "remove"] == [ended.name]
            done = await alone.prune()
            assert [change.pod for change in done] == [ended.name]
            await self.is_gone(alone, ended.name)
            assert (await alone.get(name)).running == 1
