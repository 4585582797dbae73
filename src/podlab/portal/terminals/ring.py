"""The last output of a session."""

from __future__ import annotations

from podlab.portal.terminals.modes import Modes

CAPACITY_BYTES = 1 << 18


class Ring:
    """The last `capacity` bytes of a stream, each found by its offset from the stream's beginning.

    Memory grows with what was written, up to one and a half times the capacity.
    """

    def __init__(self, capacity: int = CAPACITY_BYTES) -> None:
        self._capacity = capacity
        self._slack = max(capacity // 2, 1)
        self._data = bytearray()
        self._before = Modes()
        self._base = 0
        self.end = 0
        """The offset of the next byte."""

    @property
    def start(self) -> int:
        """The offset of the oldest byte that is kept."""
        return max(self._base, self.end - self._capacity)

    def append(self, data: bytes) -> None:
        self._data += data
        self.end += len(data)
        if len(self._data) > self._capacity + self._slack:  # not at every call: it moves all that stays
            gone = len(self._data) - self._capacity
            self._before.feed(bytes(memoryview(self._data)[:gone]))
            del self._data[:gone]
            self._base += gone

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset` on, which is between `start` and `end`."""
        begin = offset - self._base
        return bytes(memoryview(self._data)[begin : begin + size])

    def modes_at(self, offset: int) -> Modes:
        """What the terminal was told before `offset`."""
        modes = self._before.copy()
        modes.feed(self.read(self._base, offset - self._base))
        return modes

    def line_start(self, offset: int, within: int = 4096) -> int:
        """The offset after the next line's end, so that no character or sequence is cut; `offset` itself where
        no line ends nearby, or where the stream begins there."""
        if offset == 0:
            return 0
        found = self.read(offset, within).find(b"\n")
        return offset + found + 1 if found >= 0 else offset
