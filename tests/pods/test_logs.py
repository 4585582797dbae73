"""Logs of several containers as one stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from podlab.engines.base import Engine, LogLine
from podlab.errors import NotFound
from podlab.pods.logs import interleaved

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def line(second: float, text: str = "") -> LogLine:
    return LogLine(at=BEGIN + timedelta(seconds=second), stream=1, text=(text or str(second)).encode())


class Logs:
    """An engine of which only the logs are asked. `open` counts streams that were not closed."""

    def __init__(self, **logs: Any) -> None:
        self._logs = logs
        self.open = 0
        self.read = 0

    async def logs(self, name: str, container: str, **_: object) -> AsyncIterator[LogLine]:
        self.open += 1
        try:
            for item in self._logs[container]:
                if isinstance(item, Exception):
                    raise item
                if isinstance(item, LogLine):
                    self.read += 1
                    yield item
                else:
                    await asyncio.sleep(item)
        finally:
            self.open -= 1

    def together(self, *, follow: bool = False) -> AsyncGenerator[tuple[str, LogLine], None]:
        return interleaved(cast("Engine", self), "pod", list(self._logs), follow=follow)


@pytest.mark.parametrize("follow", [False, True])
async def test_three_logs_are_merged_by_time(follow: bool) -> None:
    logs = Logs(a=[line(1), line(4), 0.02, line(7)], b=[0.1, line(2), line(5)], c=[line(3), line(6)])
    found = [(name, int(float(each.text))) async for name, each in logs.together(follow=follow)]
    assert found == [("a", 1), ("b", 2), ("c", 3), ("a", 4), ("b", 5), ("c", 6), ("a", 7)]


async def test_lines_of_one_container_keep_their_order_even_where_its_clock_went_back() -> None:
    logs = Logs(a=[line(5, "first"), line(1, "second")], b=[line(3, "other")])
    found = [each.text async for name, each in logs.together() if name == "a"]
    assert found == [b"first", b"second"]


async def test_a_flood_is_not_slowed_by_a_silent_container() -> None:
    logs = Logs(flood=[line(n / 1000) for n in range(5000)], silent=[3600])
    count = 0
    async with asyncio.timeout(60):
        async for _ in logs.together(follow=True):
            count += 1
            if count == 5000:
                break


async def test_a_new_line_comes_at_once() -> None:
    logs = Logs(a=[line(1), 0.8, line(2)], silent=[3600])
    clock = asyncio.get_running_loop().time
    async with aclosing(logs.together(follow=True)) as lines:
        await anext(lines)
        began = clock()
        await anext(lines)
        assert clock() - began == pytest.approx(0.8, abs=0.2)


async def test_no_more_than_a_line_of_each_is_held() -> None:
    logs = Logs(a=[line(n) for n in range(100)], b=[line(n + 0.5) for n in range(100)])
    count = 0
    async for _ in logs.together():
        count += 1
        assert logs.read <= count + 2


async def test_streams_are_closed_when_the_reader_has_enough() -> None:
    logs = Logs(a=[line(1), 3600], b=[3600])
    async with aclosing(logs.together(follow=True)) as lines:
        assert (await anext(lines))[0] == "a"
    assert logs.open == 0


async def test_an_error_of_one_log_ends_all() -> None:
    logs = Logs(a=[NotFound("no container 'a'")], b=[3600])
    with pytest.raises(NotFound):
        [each async for each in logs.together(follow=True)]
    assert logs.open == 0
