"""Terminals on a real engine."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from podlab.engines.base import ExecOptions
from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.portal.terminals import Access, Registry, Session
from podlab.portal.terminals.pace import UNSENT_BYTES
from podlab.portal.terminals.protocol import WINDOW_BYTES
from podlab.portal.terminals.viewer import Viewer
from tests.conftest import docker
from tests.portal.terminals.shell_process import Browser

if TYPE_CHECKING:
    from podlab.engines.docker.engine import DockerEngine

pytestmark = pytest.mark.engine
# ruff: noqa: ASYNC110 - a screen is looked at, as people do


class Screen(Browser):
    """A browser that acknowledges what it draws, unless it `is_stopped`."""

    def __init__(self, session: Session, access: Access = Access.OWN) -> None:
        super().__init__()
        self.session = session
        self.is_stopped = False
        self._shown = asyncio.Event()
        self.viewer: Viewer | None = None
        self.viewer = session.join(self, access, self.done)

    def __call__(self, frame: bytes) -> None:
        super().__call__(frame)
        self._shown.set()
        if frame[:1] == b"o" and not self.is_stopped:
            asyncio.get_running_loop().call_soon(self._acknowledge, len(frame) - 1)

    def _acknowledge(self, size_bytes: int) -> None:
        if self.viewer and self.viewer in self.session.viewers and not self.is_stopped:
            self.session.acknowledge(self.viewer, size_bytes)

    async def type(self, text: str) -> None:
        assert self.viewer
        await self.session.type(self.viewer, text.encode())

    async def until(self, pattern: str, timeout_s: float = 90) -> re.Match[str]:
        try:
            async with asyncio.timeout(timeout_s):
                while not (found := re.search(pattern, self.screen.decode(errors="replace"))):
                    self._shown.clear()
                    await self._shown.wait()
                return found
        except TimeoutError:
            raise AssertionError(f"no {pattern!r} on the screen: {self.screen[-2000:]!r}") from None

    def since(self, frame: int) -> bytes:
        return b"".join(each[1:] for each in self.frames[frame:] if each[:1] == b"o")

    def leave(self) -> None:
        assert self.viewer
        self.session.leave(self.viewer)


async def printed(engine: DockerEngine, pod: str, script: str) -> str:
    out = b""
    async with await engine.exec(pod, "app", ["sh", "-c", script], ExecOptions()) as process:
        while piece := await process.read():
            out += piece[1]
    return out.decode()


async def runs(pod: str, command: str) -> None:
    """Returns when the command has begun: what is typed is shown before. Busybox's own keep the shell's arguments."""
    async with asyncio.timeout(60):
        while True:
            top = await asyncio.to_thread(docker, "top", f"podlab-{pod}-app", "-eo", "pid,comm,args")
            rows = [line.split(maxsplit=2) for line in top.stdout.decode().splitlines()]
            if [row for row in rows if row[1] == command or row[2] == command]:
                return
            await asyncio.sleep(0.1)


async def test_a_session_outlives_whoever_looks(engine: DockerEngine, pod: str) -> None:
    async with Registry(engine) as registry:
        session = await registry.open(pod, "app", "shell", size=(101, 33))
        first = Screen(session)
        await first.type("stty size; sleep 0.3; echo la''ter\r")
        await first.until(r"33 101\r\n")
        first.leave()
        second = Screen(await registry.open(pod, "app", "shell"))
        await second.until(r"33 101\r\n[^$]*later\r\n")
        assert second.viewer
        await session.resize(second.viewer, 90, 20)
        await second.type("stty size\r")
        await second.until(r"20 90\r\n")


async def test_the_exit_code_ends_the_session(engine: DockerEngine, pod: str) -> None:
    async with Registry(engine) as registry:
        screen = Screen(await registry.open(pod, "app", "shell"))
        await screen.type("exit 7\r")
        async with asyncio.timeout(60):
            while not screen.is_done:
                await asyncio.sleep(0.02)
        assert screen.session.exit_code == 7
        assert registry.get(pod, "shell") is None


async def test_an_unread_flood_stops_at_the_window_and_ctrl_c_ends_it(engine: DockerEngine, pod: str) -> None:
    async with Registry(engine) as registry:
        screen = Screen(await registry.open(pod, "app", "shell"))
        await screen.until(r"[#$] ")
        await screen.type("yes\r")
        await screen.until("y\r\ny\r\n")
        screen.is_stopped = True
        assert screen.viewer
        async with asyncio.timeout(60):
            while screen.session.ring.end - screen.viewer.cursor < UNSENT_BYTES:
                await asyncio.sleep(0.05)
        before, after = -1, screen.session.ring.end
        async with asyncio.timeout(60):
            while before != after:
                await asyncio.sleep(0.5)
                before, after = after, screen.session.ring.end
        assert after - screen.viewer.cursor <= 2 * UNSENT_BYTES
        assert screen.viewer.unacked <= WINDOW_BYTES
        frames, drawn = len(screen.frames), screen.received_bytes
        await screen.type("\x03")
        async with asyncio.timeout(60):
            while not re.search(rb"[#$] (\x1b\[6n)?\Z", screen.since(frames)):
                await asyncio.sleep(0.005)
        assert screen.received_bytes - drawn <= WINDOW_BYTES, "the prompt came after what was not drawn"
        assert screen.skipped_bytes > 0


@pytest.mark.parametrize(
    "script",
    [
        "yes",
        "yes >/dev/null &",
        "trap '' HUP; yes >/dev/null",
        "(trap '' HUP; exec sleep 900) >/dev/null 2>&1 &",
    ],
)
async def test_nothing_is_left_of_a_session_that_was_ended(
    engine: DockerEngine, pod: str, script: str
) -> None:
    async with Registry(engine) as registry:
        screen = Screen(await registry.open(pod, "app", "shell"))
        await screen.type(f"{script}\r")
        await runs(pod, "sleep 900" if "900" in script else "yes")
        await registry.end(pod, "shell")
        _, rows = await engine.processes(pod, "app")
        assert [row[-1] for row in rows if "sleep 1000" not in row[-1] and "init" not in row[-1]] == []


async def test_leaving_the_registry_leaves_no_shell_behind(engine: DockerEngine, pod: str) -> None:
    async with Registry(engine) as registry:
        await registry.open(pod, "app", "one")
        await registry.open(pod, "app", "two")
        await asyncio.sleep(0.3)
    _, rows = await engine.processes(pod, "app")
    assert [row[-1] for row in rows if "sleep 1000" not in row[-1] and "init" not in row[-1]] == []


async def test_a_removed_pod_ends_its_sessions(engine: DockerEngine, pod: str) -> None:
    async with Registry(engine) as registry:
        screen = Screen(await registry.open(pod, "app", "shell"))
        await engine.delete(pod, grace_s=0)
        async with asyncio.timeout(60):
            while not screen.is_done:
                await asyncio.sleep(0.02)
        assert screen.session.ended


async def test_a_pod_can_be_removed_while_a_flood_is_not_read(engine: DockerEngine, pod: str) -> None:
    async with Registry(engine) as registry:
        screen = Screen(await registry.open(pod, "app", "shell"))
        await screen.type("yes\r")
        await screen.until("y\r\ny\r\n")
        screen.is_stopped = True
        await asyncio.sleep(0.3)
        async with asyncio.timeout(60):
            await engine.delete(pod, grace_s=0)


@asynccontextmanager
async def work_pod(engine: DockerEngine, name: str) -> AsyncIterator[str]:
    """With tmux, as workshop seats have it."""
    app = Container(name="app", image="podlab/work:latest", command=("sleep", "1000"))
    await engine.apply(Pod(metadata=Metadata(name=name), spec=PodSpec(containers=(app,))))
    try:
        yield name
    finally:
        await engine.delete(name, grace_s=0)


async def test_with_tmux_a_session_survives_the_portal(
    engine: DockerEngine, pod_name: str, image: str
) -> None:
    async with work_pod(engine, pod_name) as pod:
        async with Registry(engine) as registry:
            screen = Screen(await registry.open(pod, "app", "shell"))
            await screen.until(r"[#$] ")
            await screen.type(
                "seq 1 200; for i in 1 2 3 4 5 6 7 8; do sleep 0.5; echo tick-$i; done; cd /usr\r"
            )
            await screen.until(r"tick-1\b")
        async with Registry(engine) as registry:
            screen = Screen(await registry.open(pod, "app", "shell"))
            await screen.until(r"tick-8\b")
            assert re.search(r"\b17\r?\n", screen.screen.decode())  # scrollback
            await screen.type("echo in-$PWD-$TMUX-\r")
            await screen.until(r"in-/usr--")
            await screen.type("yes >/dev/null & (trap '' HUP; sleep 900) & \r")
            await runs(pod, "sleep 900")
            await registry.end(pod, "shell")
        assert "yes" not in await printed(engine, pod, "ps -eo args")
        assert "sleep 900" not in await printed(engine, pod, "ps -eo args")


async def test_with_tmux_a_portal_that_was_killed_leaves_no_ghost(
    engine: DockerEngine, pod_name: str, image: str
) -> None:
    """Its connection is dropped without a word, and the next one takes over."""
    async with work_pod(engine, pod_name) as pod:
        for _ in range(3):
            registry = Registry(engine)
            async with registry:
                screen = Screen(await registry.open(pod, "app", "shell"))
                await screen.until(r"[#$] ")
                for each in list(registry._open.values()):  # as SIGKILL does: no HUP
                    await registry._stopped(each)
        async with Registry(engine) as registry:
            screen = Screen(await registry.open(pod, "app", "shell"))
            await screen.until(r"[#$] ")
            async with asyncio.timeout(60):
                while (await printed(engine, pod, "tmux -L podlab list-clients | wc -l")).strip() != "1":
                    await asyncio.sleep(0.2)
