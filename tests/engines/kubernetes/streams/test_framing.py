"""Websocket frames, whatever way they are cut up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podlab.engines.kubernetes.streams.framing import MAX_MESSAGE_BYTES, Messages, frame
from podlab.errors import Unavailable
from podlab.frames import Kind
from podlab.frames import frame as server_frame
from podlab.portal.terminals import framing as server

SIZES = (0, 1, 125, 126, 127, 65535, 65536, 70000)


@pytest.mark.parametrize("size", SIZES)
def test_a_server_reads_what_we_write(size: int) -> None:
    data = bytes(number % 251 for number in range(size))
    [found] = server.Messages(1 << 20).feed(frame(Kind.BINARY, data))
    assert found == (Kind.BINARY, data)


@given(
    st.lists(st.sampled_from((0, 1, 125, 126, 127, 300)), min_size=1, max_size=6),
    st.lists(st.integers(1, 400), min_size=1, max_size=50),
)
def test_what_a_server_writes_is_read_in_any_pieces(sizes: list[int], cuts: list[int]) -> None:
    messages = [bytes((number,)) * size for number, size in enumerate(sizes)]
    wire = b"".join(server_frame(Kind.BINARY, each) for each in messages)
    parser, found, number = Messages(), [], 0
    while wire:
        cut = cuts[number % len(cuts)]
        found += parser.feed(wire[:cut])
        wire, number = wire[cut:], number + 1
    assert found == [(Kind.BINARY, each) for each in messages]


def test_fragments_become_one_message_and_pings_may_come_between() -> None:
    parts = bytes.fromhex("0203414243") + bytes.fromhex("8900") + bytes.fromhex("8002444580")
    assert Messages().feed(parts[:-1]) == [(Kind.PING, b""), (Kind.BINARY, b"ABCDE")]


@pytest.mark.parametrize(
    "wire",
    [
        b"\xc2\x01x", b"\x82\x81abcdx", b"\x83\x00", b"\x80\x01x", b"\x02\x01x\x02\x01x",
        b"\x82\x7f" + (MAX_MESSAGE_BYTES + 1).to_bytes(8, "big"),
    ],
)  # fmt: skip
def test_what_is_no_websocket_is_told(wire: bytes) -> None:
    with pytest.raises(Unavailable):
        Messages().feed(wire)
