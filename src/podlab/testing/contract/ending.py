"""How containers end that have hooks, and pods that have sidecars."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from podlab.engines.base import Engine
from podlab.model import ExecAction, Lifecycle, LifecycleHandler, SleepAction
from podlab.status import State
from podlab.testing.contract.case import SLEEP, SOON_S, Case, member, pod_of, started_of, state_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from podlab.model import Container, Pod


def hooked(name: str, image: str, *command: str, sleep_s: int = 0, **settings: Any) -> Container:
    """A container that ends at once when it is told to, and its preStop hook."""
    handler = LifecycleHandler(
        exec=ExecAction(command=command) if command else None,
        sleep=None if command else SleepAction(seconds=sleep_s),
    )
    return member(name, image, lifecycle=Lifecycle(pre_stop=handler), **settings)


LOG, FALLBACK = "/dev/termination-log", "FallbackToLogsOnError"


def numbers(last: int, first: int = 1) -> str:
    return "".join(f"{n}\n" for n in range(first, last + 1))


class Ending(Case):
    @pytest.mark.parametrize("what", ["stop", "stop one", "restart", "restart one", "delete"])
    async def test_a_hook_is_over_before_its_container_is_stopped(
        self, engine: Engine, image: str, name: str, what: str
    ) -> None:
        pod = pod_of(
            name,
            hooked("app", image, "sleep", "1"),
            member("side", image),
            termination_grace_period_seconds=10,
        )
        todo: dict[str, Callable[[], Awaitable[None]]] = {
            "stop": lambda: engine.stop(name),
            "stop one": lambda: engine.stop(name, "app"),
            "restart": lambda: engine.restart(name),
            "restart one": lambda: engine.restart(name, "app"),
            "delete": lambda: engine.delete(name),
        }
        async with self.running(engine, pod):
            before = await engine.get(name)
            began = asyncio.get_running_loop().time()
            async with asyncio.timeout(SOON_S):
                await todo[what]()
            assert asyncio.get_running_loop().time() - began >= 0.9
            if what == "delete":
                await self.is_gone(engine, name)
                return
            found = await engine.get(name)
            if what.startswith("stop"):
                assert state_of(found, "app") is State.TERMINATED
                assert state_of(found, "side") is (State.RUNNING if what == "stop one" else State.TERMINATED)
            else:
                assert started_of(found, "app") > started_of(before, "app")
                assert found.running == 2

    async def test_a_hook_takes_no_longer_than_the_grace_period(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = pod_of(name, hooked("app", image, *SLEEP), hooked("side", image, sleep_s=1_000_000))
        async with self.running(engine, pod):
            async with asyncio.timeout(SOON_S):
                await engine.stop(name, grace_s=2)
            assert (await engine.get(name)).running == 0

    async def test_without_a_grace_period_there_is_no_hook(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = pod_of(name, hooked("app", image, *SLEEP), termination_grace_period_seconds=1_000_000)
        async with self.running(engine, pod):
            async with asyncio.timeout(SOON_S):
                await engine.stop(name, "app", grace_s=0)
                await engine.start(name)
                await engine.stop(name, grace_s=0)
                await engine.start(name)
                await engine.delete(name, grace_s=0)
            await self.is_gone(engine, name)

    async def test_a_hook_that_fails_keeps_nothing_from_ending(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = pod_of(name, hooked("app", image, "false"), hooked("side", image, "no such program"))
        async with self.running(engine, pod):
            await engine.stop(name)
            assert (await engine.get(name)).running == 0
            await engine.stop(name)  # stopped already: no error, and no hook

    async def test_sidecars_end_last_and_the_last_one_first(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = pod_of(
            name, member("app", image), hooked("slow", image, sleep_s=2), termination_grace_period_seconds=30,
            init_containers=(
                member("first", image, restart_policy="Always"),
                hooked("second", image, "true", restart_policy="Always"),
            ),
        )  # fmt: skip
        async with self.running(engine, pod):
            await self.settled(engine, pod)
            await engine.stop(name)
            app, slow, second, first = await self.ends(engine, name, "app", "slow", "second", "first")
            assert app < slow <= second <= first
            assert (slow - app).total_seconds() >= 1

    async def test_one_sidecar_is_stopped_alone(self, engine: Engine, image: str, name: str) -> None:
        pod = pod_of(
            name, member("app", image), init_containers=(member("log", image, restart_policy="Always"),),
            termination_grace_period_seconds=1_000_000,
        )  # fmt: skip
        async with self.running(engine, pod):
            await self.settled(engine, pod)
            async with asyncio.timeout(SOON_S):
                await engine.stop(name, "log")
            found = await engine.get(name)
            assert (state_of(found, "log"), state_of(found, "app")) == (State.TERMINATED, State.RUNNING)

    @pytest.mark.parametrize(
        ("settings", "script", "message"),
        [
            ({"termination_message_path": LOG}, f"echo no disk >{LOG}; exit 3", "no disk\n"),
            ({"termination_message_path": LOG}, f"echo bye >{LOG}", "bye\n"),
            ({"termination_message_path": "/etc/end"}, "echo no disk >/etc/end; exit 3", "no disk\n"),
            ({"termination_message_policy": "File"}, f"seq 3000 >{LOG}", numbers(3000)[-4096:]),
            ({"termination_message_policy": "File"}, "echo no disk; exit 3", ""),
            ({"termination_message_policy": FALLBACK}, f"echo out; echo words >{LOG}; exit 3", "words\n"),
            ({"termination_message_policy": FALLBACK}, "echo no disk; exit 3", "no disk\n"),
            ({"termination_message_policy": FALLBACK}, "echo fine", ""),
            ({"termination_message_policy": FALLBACK}, "seq 3000; exit 1", numbers(3000, 2921)),
            ({}, "echo no disk; exit 3", ""),
        ],
    )
    async def test_last_words_are_kept(
        self, engine: Engine, image: str, name: str, settings: dict[str, str], script: str, message: str
    ) -> None:
        app = member("app", image, ["sh", "-c", script], **settings)
        async with self.running(engine, pod_of(name, app, restart_policy="Never")):
            async with asyncio.timeout(SOON_S):
                await engine.wait(name, "app")
            found = (await engine.get(name)).container("app")
            assert found is not None
            assert found.message == message

    async def settled(self, engine: Engine, pod: Pod) -> None:
        """Every container runs. Whoever brings a pod up applies it again when an init container is done."""
        async with asyncio.timeout(SOON_S):
            while (await engine.get(pod.name)).running < len(pod.members):
                await asyncio.sleep(0.05)
                await engine.apply(pod)

    async def ends(self, engine: Engine, name: str, *containers: str) -> Sequence[datetime]:
        found = await engine.get(name)
        ends = [each.finished_at for c in containers if (each := found.container(c))]
        assert all(ends)
        return [at for at in ends if at]
