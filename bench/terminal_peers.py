"""Servers of terminals, and of each a client that does what its page does."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import aiohttp

from bench.ground import free_port
from bench.rounds import TICKS_PER_S
from bench.terminal_server import ORIGIN
from bench.terminal_wire import Wire

PROMPT = b"# "
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_ACK_BYTES = 1 << 14
_TTYD_GREETING = json.dumps({"AuthToken": "", "columns": 80, "rows": 24}).encode()


class Terminal(Protocol):
    async def read(self) -> bytes:
        """Output that has been drawn; empty for what is none."""
        ...

    async def type(self, data: bytes) -> None: ...

    async def close(self) -> None:
        """As a browser's tab is closed."""
        ...


async def until(terminal: Terminal, wanted: bytes, timeout_s: float = 60) -> None:
    """`wanted` is a regular expression for at most 64 bytes."""
    tail = b""
    async with asyncio.timeout(timeout_s):
        while not re.search(wanted, tail):
            tail = tail[-64:] + await terminal.read()


class Server:
    """`command` serves on `port`; what it costs is that of all of its processes."""

    name = ""
    needs = ""

    def __init__(self, pod: str, container: str) -> None:
        self.pod, self.container = pod, container
        self.exec = f"docker exec -it {container} sh"

    def command(self, port: int) -> list[str]:
        raise NotImplementedError

    async def open(self, name: str) -> Terminal:
        raise NotImplementedError

    async def prepare(self, name: str) -> bool:
        """Open the session before anybody shows it. False where a server cannot."""
        return False

    def wire(self, name: str) -> Wire | None:
        """A client of the session that costs next to nothing; None for a server without websockets."""
        return None

    async def end(self, name: str, terminal: Terminal) -> None:
        """The session is over."""
        await terminal.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        if self.needs and not shutil.which(self.needs):
            raise RuntimeError(f"{self.needs} is not installed")
        self.port = free_port()
        self._process = await asyncio.create_subprocess_exec(
            *self.command(self.port), start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with aiohttp.ClientSession() as self.http:
            try:
                await self._listens()
                yield
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGTERM)
                try:
                    async with asyncio.timeout(20):
                        await self._process.wait()
                except TimeoutError:
                    os.killpg(self._process.pid, signal.SIGKILL)

    async def _listens(self) -> None:
        for _ in range(200):
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            await asyncio.sleep(0.05)
        raise RuntimeError(f"{self.name} does not listen")

    def _processes(self) -> list[int]:
        children: dict[int, list[int]] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                children.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(
                    int(stat.parent.name)
                )
        found = [self._process.pid]
        for pid in found:
            found += children.get(pid, [])
        return found

    def cpu_s(self) -> float:
        """Of the server and its children, those that have ended included."""
        ticks = 0
        for pid in self._processes():
            with suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += sum(int(n) for n in fields[11:15])
        return ticks / TICKS_PER_S

    def memory_bytes(self) -> int:
        """Resident, of the server and its children."""
        pages = 0
        for pid in self._processes():
            with suppress(OSError):
                pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * _PAGE_BYTES


class Podlab(Server):
    name = "podlab"

    def command(self, port: int) -> list[str]:
        return [sys.executable, "-m", "bench.terminal_server", self.pod, str(port)]

    async def open(self, name: str) -> Terminal:
        url = f"http://127.0.0.1:{self.port}/{name}"
        return _PodlabTerminal(await self.http.ws_connect(url, headers={"Origin": ORIGIN}, max_msg_size=0))

    def wire(self, name: str) -> Wire:
        return Wire(self.port, f"/{name}", {"Origin": ORIGIN}, prefix=b"i", shown=b"o")

    async def prepare(self, name: str) -> bool:
        async with self.http.post(f"http://127.0.0.1:{self.port}/{name}") as answer:
            answer.raise_for_status()
        return True

    async def end(self, name: str, terminal: Terminal) -> None:
        async with self.http.delete(f"http://127.0.0.1:{self.port}/{name}") as answer:
            answer.raise_for_status()
        await terminal.close()


class _PodlabTerminal:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._drawn = 0

    async def read(self) -> bytes:
        if self._drawn >= _ACK_BYTES:  # what was given to the caller has been drawn when it asks for more
            await self._socket.send_bytes(b"a" + self._drawn.to_bytes(4, "big"))
            self._drawn = 0
        frame = await self._socket.receive_bytes()
        if frame[:1] != b"o":
            return b""
        self._drawn += len(frame) - 1
        return frame[1:]

    async def type(self, data: bytes) -> None:
        await self._socket.send_bytes(b"i" + data)

    async def close(self) -> None:
        await self._socket.close()


class Ttyd(Server):
    """https://github.com/tsl0922/ttyd: `0` and bytes in both directions, after a greeting."""

    name = "ttyd"
    needs = "ttyd"

    def command(self, port: int) -> list[str]:
        # It ends a connection whose pong comes late, as behind a flood: with a ping each 300 s it stays to be measured.
        return [
            "ttyd", "-i", "127.0.0.1", "-p", str(port), "-W", "-d", "0", "-P", "300", *self.exec.split()
        ]  # fmt: skip

    async def open(self, name: str) -> Terminal:
        url = f"http://127.0.0.1:{self.port}/ws"
        found = await self.http.ws_connect(url, protocols=["tty"], max_msg_size=0)
        await found.send_bytes(_TTYD_GREETING)
        return _TtydTerminal(found)

    def wire(self, name: str) -> Wire:
        headers = {"Sec-WebSocket-Protocol": "tty"}
        return Wire(self.port, "/ws", headers, prefix=b"0", shown=b"0", greeting=_TTYD_GREETING)


class _TtydTerminal:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def read(self) -> bytes:
        frame = await self._socket.receive_bytes()
        return frame[1:] if frame[:1] == b"0" else b""

    async def type(self, data: bytes) -> None:
        await self._socket.send_bytes(b"0" + data)

    async def close(self) -> None:
        await self._socket.close()


class ShellInABox(Server):
    """https://github.com/shellinabox/shellinabox: keys by POST, output by another that waits for it."""

    name = "shellinabox"
    needs = "shellinaboxd"

    def command(self, port: int) -> list[str]:
        command = f"env DOCKER_HOST={os.environ['DOCKER_HOST']} {self.exec}"
        return [
            "shellinaboxd", "-t", "-q", "-p", str(port), "--localhost-only", "--disable-peer-check",
            "--user=root", "--group=root", "-s", f"/:root:root:/:{command}",
        ]  # fmt: skip

    async def open(self, name: str) -> Terminal:
        terminal = _ShellInABoxTerminal(self.http, f"http://127.0.0.1:{self.port}/?")
        await terminal.begin()
        return terminal


class _ShellInABoxTerminal:
    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http, self._url = http, url
        self._form: dict[str, Any] = {"width": 80, "height": 24}
        self._first = b""

    async def begin(self) -> None:
        found = await self._post(rooturl=self._url)
        self._form["session"] = found["session"]
        self._first = found.get("data", "").encode()

    async def _post(self, **more: Any) -> Any:
        async with self._http.post(self._url, data={**self._form, **more}) as answer:
            text = await answer.text()
            return {} if "keys" in more else json.loads(text)

    async def read(self) -> bytes:
        if self._first:
            data, self._first = self._first, b""
            return data
        data = (await self._post()).get("data", "")
        return data.encode("utf-8", "replace")

    async def type(self, data: bytes) -> None:
        await self._post(keys=data.hex().upper())

    async def close(self) -> None:
        """The page just asks no more."""
