from __future__ import annotations

import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podlab.frames import Kind, frame
from podlab.portal.terminals import framing
from podlab.portal.terminals.framing import Messages, Violation


def masked(kind: int, data: bytes, *, is_final: bool = True, reserved: int = 0) -> bytes:
    """As a client sends it."""
    first = (0x80 if is_final else 0) | reserved | kind
    size = len(data)
    if size < 126:
        head = struct.pack(">BB", first, 0x80 | size)
    elif size < 1 << 16:
        head = struct.pack(">BBH", first, 0xFE, size)
    else:
        head = struct.pack(">BBQ", first, 0xFF, size)
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(data))


def messages(data: bytes, max_bytes: int = 1 << 20) -> list[tuple[Kind, bytes]]:
    return Messages(max_bytes).feed(data)


@pytest.mark.parametrize("size", [0, 1, 3, 4, 125, 126, 127, 65535, 65536, 100_001])
def test_every_size_arrives(size: int) -> None:
    data = os.urandom(size)
    assert messages(masked(2, data)) == [(Kind.BINARY, data)]


@given(
    st.lists(st.tuples(st.sampled_from([1, 2]), st.lists(st.binary(max_size=300), min_size=1, max_size=4))),
    st.integers(1, 50),
    st.booleans(),
)
def test_fragments_in_pieces_of_any_size_are_whole_messages(
    sent: list[tuple[int, list[bytes]]], piece: int, has_pings: bool
) -> None:
    wire = b""
    for kind, parts in sent:
        for n, part in enumerate(parts):
            wire += masked(0 if n else kind, part, is_final=n == len(parts) - 1)
            wire += masked(9, b"?") if has_pings else b""
    reader = Messages(1 << 20)
    found = [each for n in range(0, len(wire), piece) for each in reader.feed(wire[n : n + piece])]
    assert [each for each in found if each[0] < Kind.CLOSE] == [(kind, b"".join(parts)) for kind, parts in sent]
    assert found.count((Kind.PING, b"?")) == has_pings * sum(len(parts) for _, parts in sent)


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (b"\x82\x01a", 1002),  # not masked
        (masked(2, b"", reserved=0x40), 1002),  # compressed, which was not agreed on
        (masked(3, b""), 1002),
        (masked(15, b""), 1002),
        (masked(0, b"nothing begun"), 1002),
        (masked(2, b"a", is_final=False) + masked(2, b"b"), 1002),
        (masked(9, b"?", is_final=False), 1002),
        (masked(8, bytes(126)), 1002),
        (masked(2, bytes(101)), 1009),
        (masked(2, bytes(60), is_final=False) + masked(0, bytes(41)), 1009),
        (b"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff" + bytes(4), 1009),
    ],
    ids=range(11),  # masks are random
)
def test_what_is_no_websocket_is_told(wire: bytes, code: int) -> None:
    with pytest.raises(Violation) as caught:
        messages(wire, 100)
    assert caught.value.code == code


def test_an_announced_size_is_refused_before_it_has_come() -> None:
    with pytest.raises(Violation):
        messages(masked(2, bytes(101))[:8], 100)


@given(st.binary(max_size=200))
def test_noise_is_a_violation_or_messages_within_bounds(noise: bytes) -> None:
    try:
        found = messages(noise, 50)
    except Violation as error:
        assert error.code in (1002, 1009)
    else:
        assert all(len(data) <= 125 for _, data in found)


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
def test_a_frame_of_ours_says_its_size(size: int) -> None:
    wire = frame(Kind.BINARY, bytes(size))
    head = {0: 2, 125: 2, 126: 4, 65535: 4, 65536: 10}[size]
    assert (wire[0], len(wire)) == (0x82, head + size)
    assert (wire[1] if head == 2 else int.from_bytes(wire[2:head])) == size


def test_a_reason_is_cut_at_a_character() -> None:
    wire = framing.close(1008, "ü" * 100)
    assert wire[:2] == bytes((0x88, 2 + 122))
    assert wire[4:].decode() == "ü" * 61
