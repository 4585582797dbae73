"""The found state: what an engine tells about pods."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from podlab.errors import NotFound
from podlab.status import Phase, State
from podlab.testing.contract.case import (
    SOON_S,
    Case,
    collect,
    everything,
    member,
    pod_of,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from podlab.engines.base import Engine, PodEvent


class Found(Case):
    async def test_what_is_not_there_is_not_found(self, engine: Engine, image: str, name: str) -> None:
        calls: list[Callable[[], Any]] = [
            lambda: engine.get(name), lambda: engine.spec(name), lambda: engine.start(name),
            lambda: engine.stop(name), lambda: engine.restart(name), lambda: engine.kill(name),
            lambda: engine.pause(name), lambda: engine.unpause(name), lambda: engine.namespaces(name),
            lambda: engine.dial(name, 80), lambda: engine.exec(name, "app", ["true"]),
            lambda: engine.wait(name, "app"),
        ]  # fmt: skip
        for call in calls:
            with pytest.raises(NotFound):
                await call()
        async with self.running(engine, pod_of(name, member("app", image))):
            inside: list[Callable[[], Any]] = [
                lambda: engine.start(name, "nope"), lambda: engine.stop(name, "nope"),
                lambda: engine.kill(name, "nope"), lambda: engine.wait(name, "nope"),
                lambda: engine.exec(name, "nope", ["true"]), lambda: engine.attach(name, "nope"),
                lambda: collect(engine.logs(name, "nope")), lambda: engine.processes(name, "nope"),
                lambda: everything(engine.usage(name, "nope", follow=False)),
                lambda: engine.stat(name, "nope", "/"),
                lambda: everything(engine.read_archive(name, "nope", "/etc")),
                lambda: engine.stat(name, "app", "/no/such"),
                lambda: everything(engine.read_archive(name, "app", "/no/such")),
            ]  # fmt: skip
            for call in inside:
                with pytest.raises(NotFound):
                    await call()

    async def test_an_exit_is_found_with_its_code_and_times(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = pod_of(name, member("app", image, ["sh", "-c", "sleep 0.1; exit 3"]), restart_policy="Never")
        before = datetime.now(UTC) - timedelta(seconds=5)
        async with self.running(engine, pod):
            async with asyncio.timeout(SOON_S):
                assert await engine.wait(name, "app") == 3
            found = await engine.get(name)
            assert found.phase is Phase.FAILED
            app = found.container("app")
            assert app is not None
            assert (app.state, app.exit_code, app.reason) == (State.TERMINATED, 3, "Error")
            assert app.started_at is not None
            assert app.finished_at is not None
            assert before <= app.started_at <= app.finished_at

    async def test_a_crash_is_restarted_and_counted(self, engine: Engine, image: str, name: str) -> None:
        pod = pod_of(name, member("app", image, ["sh", "-c", "exit 3"]), restart_policy="Always")
        async with self.running(engine, pod):

            async def is_restarted() -> bool:
                app = (await engine.get(name)).container("app")
                return app is not None and app.restart_count >= 1

            await until(is_restarted)

    async def test_a_lifetime_ends(self, alone: Engine, image: str, name: str) -> None:
        short = pod_of(name, member("app", image), active_deadline_seconds=self.lifetime_s)
        long = pod_of(f"{name}-long", member("app", image), active_deadline_seconds=1000)
        async with self.running(alone, long), self.running(alone, short):
            found = await alone.get(long.name)
            assert found.ends_at is not None
            assert found.created_at is not None
            # by the clocks of two machines, in whole seconds
            assert abs(found.ends_at - found.created_at - timedelta(seconds=1000)) < timedelta(seconds=SOON_S)

            async def is_over() -> bool:
                return name in await alone.expired()

            await until(is_over)
            assert long.name not in await alone.expired()
        assert name not in await alone.expired()

    async def test_a_pod_without_a_lifetime_has_no_end(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            assert (await engine.get(name)).ends_at is None

    async def test_events_tell_what_happened(self, engine: Engine, image: str, name: str) -> None:
        before = datetime.now(UTC) - timedelta(seconds=1)
        pod = pod_of(name, member("app", image, ["true"]), restart_policy="Never")
        async with self.running(engine, pod):
            await engine.wait(name, "app")

            async def seen() -> list[str]:
                found = [e async for e in engine.watch(name, since=before, follow=False)]
                assert {e.pod for e in found} <= {name}
                return [e.action for e in found if e.container == "app" and e.action == "die"]

            await until(seen)
            times = [e.at async for e in engine.watch(name, since=before, follow=False)]
            assert times == sorted(times)

    @pytest.mark.parametrize("of", ["one pod", "all pods"])
    async def test_events_are_followed(self, engine: Engine, image: str, name: str, of: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            seen: list[PodEvent] = []

            async def look() -> None:
                async for event in engine.watch(name if of == "one pod" else ""):
                    assert of == "all pods" or event.pod == name
                    seen.append(event)
                    if (event.pod, event.action) == (name, "die"):
                        return

            async with asyncio.timeout(SOON_S), asyncio.TaskGroup() as group:
                group.create_task(look())
                await asyncio.sleep(0.3)
                await engine.kill(name, "app")
            assert (seen[-1].pod, seen[-1].container) == (name, "app")
