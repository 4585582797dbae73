"""What `exec` and `attach` have in common: a process of a container, through channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from podlab.engines.detach import DetachKeys
from podlab.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from podlab.engines.kubernetes.streams.channels import Channels
    from podlab.engines.kubernetes.streams.opening import Place

_UNSENT_BYTES = 1 << 12
"""Input that the API server has not taken, beyond which a writer has to wait."""


class Process:
    """`channels` are None of a command that nobody hears and nobody writes to."""

    def __init__(self, place: Place, channels: Channels | None, *, tty: bool, detach_keys: str = "") -> None:
        self._place = place
        self._channels = channels
        self._tty = tty
        self._keys = DetachKeys(detach_keys if tty else "")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._close()

    def _close(self) -> None:
        if self._channels:
            self._channels.close()

    @property
    def is_detached(self) -> bool:
        return self._keys.were_pressed

    async def read(self) -> tuple[Literal[1, 2], bytes] | None:
        if self._channels is None or self.is_detached:
            return None
        return await self._channels.read()

    async def pour(self, take: Callable[[bytes], None]) -> None:
        if self._channels and not self.is_detached:
            await self._channels.pour(take)

    def hold(self) -> None:
        if self._channels:
            self._channels.hold()

    def resume(self) -> None:
        if self._channels:
            self._channels.resume()

    def put(self, data: bytes) -> bool:
        if self._channels and self._channels.unsent_bytes > _UNSENT_BYTES:
            return False
        self._pass(data)
        return not self.is_detached

    async def write(self, data: bytes) -> None:
        self._pass(data)
        if self._channels:
            await self._channels.drain()

    def _pass(self, data: bytes) -> None:
        data = self._framed(self._keys.feed(data))
        if data and self._channels:
            self._channels.write(data)
        if self.is_detached:
            self._close()

    def _framed(self, data: bytes) -> bytes:
        """As the other side expects it."""
        return data

    async def resize(self, columns: int, rows: int) -> None:
        columns, rows = checked(columns, rows)
        if self._channels and self._tty:
            self._channels.resize(columns, rows)


def checked(columns: int, rows: int) -> tuple[int, int]:
    if not (1 <= columns <= 9999 and 1 <= rows <= 9999):
        raise Invalid(f"a terminal cannot have {columns} columns and {rows} rows", hint="1 to 9999 of each")
    return columns, rows
