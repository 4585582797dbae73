"""What is other about streams on a real cluster: logs of restarted containers, attaching, looking beside a pod, and
who stops whom where nobody reads."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from podlab.engines.base import ExecOptions
from podlab.engines.kubernetes.streams import debug
from podlab.errors import Conflict, Invalid, NotFound, Unavailable, Unsupported
from podlab.model import EmptyDir, Volume, VolumeMount
from podlab.status import State
from podlab.testing.contract.case import SOON_S, Case, collect, member, output, pod_of, until
from tests.conftest import kubectl
from tests.engines.kubernetes.case import OnKubernetes

if TYPE_CHECKING:
    from podlab.engines.base import Engine


async def has_ended(engine: Engine, name: str) -> bool:
    app = (await engine.get(name)).container("app")
    return app is not None and app.state is State.TERMINATED


def memory_kb() -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


class TestStreams(OnKubernetes, Case):
    async def test_a_log_has_long_lines_whole_and_needs_no_last_end(
        self, engine: Engine, image: str, name: str
    ) -> None:
        script = "head -c 40000 /dev/zero | tr '\\0' x; echo; printf last"
        pod = pod_of(name, member("app", image, ["sh", "-c", script]), restart_policy="Never")
        async with self.running(engine, pod):
            assert await collect(engine.logs(name, "app", follow=True)) == [b"x" * 40_000, b"last"]

    async def test_a_log_begins_before_the_last_restart(self, engine: Engine, image: str, name: str) -> None:
        script = (
            "echo one; echo two; if [ -e /data/again ]; then sleep 1000; fi; touch /data/again; echo three"
        )
        app = member(
            "app", image, ["sh", "-c", script], volume_mounts=(VolumeMount(name="data", mount_path="/data"),)
        )
        pod = pod_of(name, app, volumes=(Volume(name="data", empty_dir=EmptyDir()),), restart_policy="Always")
        async with self.running(engine, pod):
            whole = [b"one", b"two", b"three", b"one", b"two"]

            async def is_whole() -> bool:
                return await collect(engine.logs(name, "app")) == whole

            await until(is_whole)
            assert await collect(engine.logs(name, "app", tail=3)) == whole[2:]
            assert await collect(engine.logs(name, "app", tail=2)) == whole[3:]

    async def test_the_input_of_an_attached_container_ends_with_who_typed(
        self, engine: Engine, image: str, name: str
    ) -> None:
        script = "while read -r line; do echo got $line; done; echo end; sleep 0.5; exit 4"
        app = member("app", image, ["sh", "-c", script], stdin=True, stdin_once=True)
        async with self.running(engine, pod_of(name, app, restart_policy="Never")):
            async with await engine.attach(name, "app", stdin=True) as process, asyncio.timeout(SOON_S):
                await process.write(b"one\ntwo\n")
                seen = b""
                while seen != b"got one\ngot two\n":
                    piece = await process.read()
                    assert piece is not None, seen
                    seen += piece[1]
                with pytest.raises(Unsupported):  # from Kubernetes 1.30 on it could
                    await process.write_eof()
            assert await engine.wait(name, "app") == 4
            assert (await collect(engine.logs(name, "app")))[-1] == b"end"
            with pytest.raises(Conflict):
                await engine.attach(name, "app")

    async def test_who_only_listens_leaves_the_input_to_others(
        self, engine: Engine, image: str, name: str
    ) -> None:
        app = member("app", image, ["sh", "-c", "read -r line; echo got $line; exit 4"], stdin=True)
        async with self.running(engine, pod_of(name, app, restart_policy="Never")):
            listening = await engine.attach(name, "app")
            async with await engine.attach(name, "app", stdin=True) as typing:
                await listening.write(b"lost")
                await typing.write(b"one\n")
                assert await output(listening) == (b"got one\n", b"", 4)

    async def test_an_attached_container_gets_signals_also_among_shared_processes(
        self, engine: Engine, image: str, name: str
    ) -> None:
        app = member(
            "app", image, ["sh", "-c", "trap 'echo caught; exit 3' HUP; while :; do sleep 0.1; done"]
        )
        pod = pod_of(name, app, member("side", image), restart_policy="Never", share_process_namespace=True)
        async with self.running(engine, pod):
            process = await engine.attach(name, "app")
            await process.signal("HUP")
            assert await output(process) == (b"caught\n", b"", 3)
            await process.signal("HUP")  # it has ended: no error
            with pytest.raises(Invalid):
                await engine.attach(name, "side", stdin=True)

    async def test_a_pod_is_looked_at_from_beside(
        self, engine: Engine, image: str, name: str, kubeconfig: str, room: str
    ) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            before = await engine.get(name)
            script = ["sh", "-c", "cat; echo oh >&2; exit 3"]
            async with engine.debug(name, image, script, options=ExecOptions(stdin=True)) as process:
                assert [each.name for each in await engine.list() if each.name.startswith(name)] == [name]
                await process.write(b"hello")
                await process.write_eof()
                assert await output(process) == (b"hello", b"oh\n", 3)
            assert await engine.get(name) == before
            for wrong in (
                engine.debug(name, "podlab-test/none"),
                engine.debug(name, image, ["no-such-program"]),
            ):
                with pytest.raises(NotFound):
                    await wrong.__aenter__()
            with pytest.raises(Unsupported, match="no debug containers"):
                await engine.debug(name, image, target="app").__aenter__()
            pods = kubectl(kubeconfig, "--namespace", room, "get", "pods", "-o", "name").stdout.decode()
            assert f"{name}-debug" not in pods

    async def test_what_an_image_runs_by_itself_is_heard_from_its_start(
        self, engine: Engine, image: str, name: str
    ) -> None:
        options, seen = ExecOptions(stdin=True, tty=True), b""
        async with (
            self.running(engine, pod_of(name, member("app", image))),
            engine.debug(name, image, options=options) as process,
            asyncio.timeout(SOON_S),
        ):
            await process.write(b"echo he''llo\n")
            while b"hello" not in seen:
                piece = await process.read()
                assert piece is not None, seen
                seen += piece[1]

    async def test_what_ends_a_debug_container_ends_no_other(
        self, engine: Engine, image: str, name: str
    ) -> None:
        """This cluster has no debug containers: an ordinary one among shared processes is as good."""
        pod = pod_of(name, member("app", image), member("side", image), restart_policy="Never")
        pod = replace(pod, spec=replace(pod.spec, share_process_namespace=True))
        async with self.running(engine, pod):
            await output(await engine.exec(name, "app", ["sh", "-c", debug._END]))
            await until(lambda: has_ended(engine, name))
            assert (await engine.get(name)).running == 1

    async def test_who_does_not_read_stops_the_command(self, engine: Engine, image: str, name: str) -> None:
        """Nothing is kept but some socket buffers on the way: the command itself waits, and podlab does not grow."""
        async with self.running(engine, pod_of(name, member("app", image))):
            script = "while head -c 1000000 /dev/zero; do echo . >>/tmp/count; done"
            process = await engine.exec(name, "app", ["sh", "-c", script])
            async with process, asyncio.timeout(2 * SOON_S):
                assert await process.read() is not None

                async def megabytes() -> int:
                    return (await self.run(engine, name, "cat", "/tmp/count"))[0].count(b".")

                before, now = -1, await megabytes()
                memory = memory_kb()
                while now != before:
                    await asyncio.sleep(1)
                    before, now = now, await megabytes()
                assert now < 64
                assert memory_kb() - memory < 1024
                for _ in range(2000):
                    assert await process.read() is not None  # and it goes on
                await until(lambda: self._grows(megabytes, now))
                await process.signal("KILL")

    async def _grows(self, count: object, beyond: int) -> bool:
        return bool(await count() > beyond)  # type: ignore[operator]

    async def test_a_connection_that_breaks_is_told(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            process = await engine.exec(name, "app", ["sh", "-c", "echo here; exec sleep 1000"])
            async with process, asyncio.timeout(SOON_S):
                assert await process.read() == (1, b"here\n")
                await engine.delete(name, grace_s=0)
                try:
                    assert await process.read() is None
                    assert await process.wait() != 0
                except Unavailable:
                    pass  # whichever the node tells first
