"""Lines of a log as kubelets send them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from podlab.engines.kubernetes.streams import logs
from podlab.engines.kubernetes.streams.logs import MAX_LINE_BYTES, Lines
from tests.engines.kubernetes.streams.api import Api

STAMP = b"2026-11-22T10:00:00.123456789Z "
AT = datetime(2026, 11, 22, 10, 0, 0, 123456, UTC)


@pytest.mark.parametrize("cut", [1, 7, 31, 100_000])
def test_lines_come_whole_in_any_pieces(cut: int) -> None:
    wire = STAMP + b"one\n" + STAMP + b"\n" + STAMP + b"two\r\n" + STAMP + b"no end"
    lines, found = Lines(), []
    for begin in range(0, len(wire), cut):
        found += lines.feed(wire[begin : begin + cut])
    found += lines.end()
    assert [each.text for each in found] == [b"one", b"", b"two", b"no end"]
    assert {each.at for each in found} == {AT}


def test_times_in_the_midst_of_a_long_line_are_taken_out() -> None:
    part = b"x" * (1 << 14)
    wire = STAMP + part + STAMP + part + STAMP + b"end\n" + STAMP + b"next\n"
    assert [each.text for each in Lines().feed(wire)] == [part * 2 + b"end", b"next"]


def test_a_line_without_end_comes_in_pieces() -> None:
    lines = Lines()
    found = [line for _ in range(40) for line in lines.feed(b"y" * (1 << 16))]
    assert all(len(each.text) >= MAX_LINE_BYTES for each in found)
    assert sum(len(each.text) for each in found + lines.end()) == 40 << 16


async def test_since_has_microseconds_though_the_api_has_seconds() -> None:
    api = Api()
    api.log = b"".join(b"2026-11-22T10:00:00.%06d000Z %d\n" % (each, each) for each in range(5))
    async with api.running() as client:
        since = datetime(2026, 11, 22, 10, 0, 0, 3, UTC)
        assert [line.text async for line in logs(client, "web", "app", since=since)] == [b"3", b"4"]
