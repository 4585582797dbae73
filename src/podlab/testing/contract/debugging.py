"""A container for a moment in a pod, and containers made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from podlab.engines.base import ExecOptions
from podlab.errors import Conflict, NotFound
from podlab.testing.contract.case import Case, id_of, member, output, pod_of, started_of

if TYPE_CHECKING:
    from podlab.engines.base import Engine


class Debugging(Case):
    async def test_a_debug_container_is_no_part_of_the_pod(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = pod_of(name, member("app", image))
        async with self.running(engine, pod):
            before = await engine.get(name)
            async with engine.debug(name, image, ["cat"], options=ExecOptions(stdin=True)) as process:
                assert (await engine.get(name)).containers == before.containers
                assert await engine.plan(pod) == []
                await process.write(b"hello")
                await process.write_eof()
                assert await output(process) == (b"hello", b"", 0)
            assert await engine.get(name) == before
        await self.is_gone(engine, name)

    async def test_its_exit_code_and_errors_are_told(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            script = ["sh", "-c", "echo oh >&2; exit 3"]
            async with engine.debug(name, image, script, target="app") as process:
                assert await output(process) == (b"", b"oh\n", 3)

    async def test_what_cannot_be_debugged_is_told(self, engine: Engine, image: str, name: str) -> None:
        pod = pod_of(name, member("app", image), member("side", image))
        with pytest.raises(NotFound):
            await engine.debug(name, image).__aenter__()
        async with self.running(engine, pod):
            for wrong in (
                engine.debug(name, "podlab-test/none"),
                engine.debug(name, image, target="nope"),
                engine.debug(name, image, ["no-such-program"]),
            ):
                with pytest.raises((NotFound, Conflict)):
                    await wrong.__aenter__()
            await engine.stop(name, "side", grace_s=0)
            with pytest.raises(Conflict):
                await engine.debug(name, image, target="side").__aenter__()
            await engine.stop(name, grace_s=0)
            with pytest.raises(Conflict):
                await engine.debug(name, image).__aenter__()

    async def test_one_container_is_made_anew_and_the_others_go_on(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = pod_of(name, member("app", image), member("side", image), member("down", image))
        async with self.running(engine, pod):
            await engine.stop(name, "down", grace_s=0)
            before = await engine.get(name)
            await engine.renew(name, "app", grace_s=0)
            now = await engine.get(name)
            assert id_of(now, "app") != id_of(before, "app")
            assert started_of(now, "side") == started_of(before, "side")
            assert now.running == 2
            assert await engine.spec(name) == pod
            with pytest.raises(NotFound):
                await engine.renew(name, "nope")
