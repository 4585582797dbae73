"""A websocket client that costs next to nothing, so that a key's echo is the server's time and not the client's.

One blocking connection, RFC 6455 frames below 64 KiB. https://www.rfc-editor.org/rfc/rfc6455#section-5.2
"""

from __future__ import annotations

import base64
import os
import socket
import time
from collections.abc import Mapping

TIMEOUT_S = 10


class Wire:
    """`prefix` goes before what is typed, and `shown` before output: the servers' own framing of one byte."""

    def __init__(
        self,
        port: int,
        path: str,
        headers: Mapping[str, str],
        *,
        prefix: bytes,
        shown: bytes,
        greeting: bytes = b"",
    ) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._prefix, self._shown = prefix, shown
        key = base64.b64encode(os.urandom(16)).decode()
        asked = {
            "Host": f"127.0.0.1:{port}", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13", **headers,
        }  # fmt: skip
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in asked.items())]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._buffer = b""
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        status, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        if not status.startswith(b"HTTP/1.1 101"):
            raise RuntimeError(f"no websocket at {path}: {status.splitlines()[0].decode()}")
        if greeting:
            self._send(greeting)

    def type(self, data: bytes) -> None:
        self._send(self._prefix + data)

    def until(self, wanted: bytes) -> None:
        """Read until the output holds `wanted`."""
        tail = b""
        while wanted not in tail:
            tail = tail[-64:] + self._read()

    def echo_s(self, letter: bytes) -> float:
        """Seconds from the key to its letter."""
        began = time.perf_counter()
        self._send(self._prefix + letter)
        while letter not in self._read():
            pass
        return time.perf_counter() - began

    def close(self) -> None:
        self._socket.close()

    def _send(self, data: bytes) -> None:
        mask = bytes(4)  # allowed, and what is masked stays as it was
        size = bytes((0x80 | len(data),)) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
        self._socket.sendall(b"\x82" + size + mask + data)

    def _read(self) -> bytes:
        """Output of the next frame; nothing where it is another kind of frame."""
        while (frame := self._frame()) is None:
            self._more()
        return frame[1:] if frame[:1] == self._shown else b""

    def _frame(self) -> bytes | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        size, start = buffer[1] & 0x7F, 2
        if size == 126:
            size, start = int.from_bytes(buffer[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(buffer[2:10], "big"), 10
        if len(buffer) < start + size:
            return None
        self._buffer = buffer[start + size :]
        return buffer[start : start + size] if buffer[0] & 0x0F in (1, 2) else b""

    def _more(self) -> None:
        data = self._socket.recv(1 << 16)
        if not data:
            raise RuntimeError("the server has closed the connection")
        self._buffer += data
