from __future__ import annotations

import struct
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podlab.engines.docker.streams.frames import Demultiplexer
from podlab.engines.docker.streams.logs import _FramedLines, _TerminalLines
from podlab.errors import Unavailable

FRAMES = st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=70)), max_size=12)
STAMP = b"2026-01-31T12:00:00.123456789Z "
AT = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)


def frame(stream: int, data: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(data)) + data


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(each % (len(data) + 1) for each in cuts), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


@given(FRAMES, st.lists(st.integers(0, 10_000), max_size=30))
def test_frames_may_be_split_anywhere(frames: list[tuple[int, bytes]], cuts: list[int]) -> None:
    demultiplexer = Demultiplexer()
    data = b"".join(frame(*each) for each in frames)
    pieces = [piece for part in cut(data, cuts) for piece in demultiplexer.feed(part)]
    for stream in (1, 2):
        assert b"".join(p.data for p in pieces if p.stream == stream) == b"".join(
            data for s, data in frames if s == stream
        )
    assert sum(piece.ends_frame for piece in pieces) == sum(bool(data) for _, data in frames)
    assert demultiplexer.is_between_frames


@given(st.binary(min_size=1, max_size=50), st.integers(1, 57))
def test_a_frame_that_is_cut_short_is_noticed(data: bytes, missing: int) -> None:
    demultiplexer = Demultiplexer()
    whole = frame(1, data)
    demultiplexer.feed(whole[: -min(missing, len(whole) - 1)])
    assert not demultiplexer.is_between_frames


def test_a_large_frame_comes_in_pieces() -> None:
    demultiplexer = Demultiplexer()
    assert demultiplexer.feed(struct.pack(">BxxxL", 1, 1 << 31)) == []
    assert [len(p.data) for p in demultiplexer.feed(b"x" * 65536)] == [65536]


def test_what_is_no_such_stream_is_refused() -> None:
    with pytest.raises(Unavailable):
        Demultiplexer().feed(b"HTTP/1.1 200 OK")


def test_a_line_that_the_engine_kept_in_parts_is_one_line() -> None:
    lines = _FramedLines()
    found = lines.feed(
        frame(1, STAMP + b"x" * 16384) + frame(2, STAMP + b"other\n") + frame(1, STAMP + b"yz\n")
    )
    assert [(line.stream, line.text, line.at) for line in found] == [
        (2, b"other", AT),
        (1, b"x" * 16384 + b"yz", AT),
    ]
    assert lines.end() == []


def test_a_last_line_without_its_end_is_not_lost() -> None:
    lines = _FramedLines()
    assert lines.feed(frame(1, STAMP + b"prompt> ")) == []
    assert [line.text for line in lines.end()] == [b"prompt> "]


def test_a_terminals_long_line_loses_the_times_in_its_midst() -> None:
    lines = _TerminalLines()
    found = lines.feed(STAMP + b"a" * 16384 + STAMP + b"b" * 16384 + STAMP + b"c\r\n" + STAMP + b"next\r\n")
    assert [line.text for line in found] == [b"a" * 16384 + b"b" * 16384 + b"c", b"next"]


@pytest.mark.parametrize("lines", [_FramedLines(), _TerminalLines()])
def test_a_line_without_end_is_not_held_for_ever(lines: _FramedLines | _TerminalLines) -> None:
    held = 0
    for _ in range(300):
        data = STAMP + b"x" * 16384
        held += 16384 - sum(
            len(line.text) for line in lines.feed(frame(1, data) if isinstance(lines, _FramedLines) else data)
        )
    assert held < 3 << 20
