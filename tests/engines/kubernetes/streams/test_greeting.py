"""The line by which a command's number is known is never seen by whoever reads its outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from podlab.engines.kubernetes.streams.exec import _greeting

if TYPE_CHECKING:
    from podlab.engines.kubernetes.streams.channels import Channels, Piece


class Said:
    """Pieces in the order in which a cluster passed them on, which need not be that in which they were written."""

    def __init__(self, *pieces: Piece) -> None:
        self.pieces = list(pieces)

    async def read(self) -> Piece | None:
        return self.pieces.pop(0) if self.pieces else None

    def unread(self, piece: Piece) -> None:
        self.pieces.insert(0, piece)


@pytest.mark.parametrize("length", [1, 63, 64, 5000])
async def test_output_that_comes_before_it_is_kept_and_it_is_not(length: int) -> None:
    said = Said((1, b"o" * length), (2, b"podlab:12:d\nerr"))
    found = await _greeting(cast("Channels", said), 2)
    assert found is not None and found.pid == 12
    assert dict(said.pieces) == {1: b"o" * length, 2: b"err"}


async def test_another_line_is_the_commands_own() -> None:
    said = Said((2, b"e" * 64), (1, b"out"))
    assert await _greeting(cast("Channels", said), 2) is None
    assert said.pieces == [(2, b"e" * 64), (1, b"out")]
