from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from podlab.engines.base import Engine, ExecOptions
from podlab.errors import Conflict, Invalid, Unavailable
from podlab.portal.terminals import Access, Registry
from tests.portal.terminals.shell_process import Browser, ScriptedProcess

pytestmark = pytest.mark.virtual_time


class Shells:
    """Of an engine, what a registry needs: the first command of a name is its shell, others end at once."""

    def __init__(self) -> None:
        self.opened: list[ScriptedProcess] = []
        self.commands: list[Sequence[str]] = []
        self.closing_code = 0
        self.failure: Exception | None = None

    async def exec(
        self, name: str, container: str, command: Sequence[str], options: ExecOptions
    ) -> ScriptedProcess:
        if self.failure:
            raise self.failure
        await asyncio.sleep(0)
        self.commands.append(command)
        process = ScriptedProcess()
        if options.tty:
            self.opened.append(process)
        else:
            process.finish(self.closing_code)
        return process


def registry(shells: Shells, **settings: Any) -> Registry:
    return Registry(cast("Engine", shells), **settings)


async def test_asked_twice_at_once_a_session_is_opened_once() -> None:
    shells = Shells()
    async with registry(shells) as found:
        first, second = await asyncio.gather(*(found.open("web", "app", "shell") for _ in range(2)))
        assert first is second is found.get("web", "shell")
        other = await found.open("web", "app", "logs")
        assert other is not first
        assert found.names("web") == ["logs", "shell"]
        assert found.names("db") == []
    assert len(shells.opened) == 2


async def test_a_session_that_has_ended_is_opened_anew() -> None:
    shells = Shells()
    async with registry(shells) as found:
        first = await found.open("web", "app", "shell")
        shells.opened[0].finish(0)
        await asyncio.sleep(0.05)
        assert found.get("web", "shell") is None
        assert await found.open("web", "app", "shell") is not first


async def test_asked_for_at_once_a_pod_has_only_so_many() -> None:
    async with registry(Shells(), max_per_pod=2) as found:
        asked = [found.open("web", "app", f"t{n}") for n in range(5)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert sum(isinstance(each, Conflict) for each in answers) == 3


async def test_a_mistake_in_one_terminal_leaves_the_others(caplog: pytest.LogCaptureFixture) -> None:
    shells = Shells()
    async with registry(shells) as found:
        other = await found.open("web", "app", "other")
        await found.open("web", "app", "shell")

        async def fails() -> None:
            raise ZeroDivisionError

        shells.opened[1].read = fails  # type: ignore[method-assign]
        shells.opened[1].say(b"x")
        await asyncio.sleep(0.05)
        assert found.get("web", "shell") is None
        assert not other.ended
    assert "ended by a mistake" in caplog.text


async def test_a_pod_has_only_so_many() -> None:
    async with registry(Shells(), max_per_pod=1) as found:
        await found.open("web", "app", "one")
        await found.open("db", "app", "one")
        with pytest.raises(Conflict, match="1 terminals"):
            await found.open("web", "app", "two")


@pytest.mark.parametrize("name", ["", "a b", "x;id", "a" * 33, "-L", "$(id)", "a.b", "a:b"])
async def test_a_name_is_checked(name: str) -> None:
    async with registry(Shells()) as found:
        with pytest.raises(Invalid):
            await found.open("web", "app", name)


async def test_ended_is_gone_and_twice_is_no_error() -> None:
    shells = Shells()
    async with registry(shells) as found:
        opened = await found.open("web", "app", "shell")
        browser = Browser()
        opened.join(browser, Access.OWN, browser.done)
        await found.end("web", "shell")
        await found.end("web", "shell")
        assert browser.is_done
        assert found.get("web", "shell") is None


async def test_what_is_left_is_told() -> None:
    shells = Shells()
    shells.closing_code = 1
    async with registry(shells) as found:
        await found.open("web", "app", "shell")
        with pytest.raises(Conflict, match="still there"):
            await found.end("web", "shell")


async def test_what_nobody_looks_at_for_long_is_ended() -> None:
    shells = Shells()
    async with registry(shells, idle_s=0.1) as found:
        idle = await found.open("web", "app", "idle")
        seen = await found.open("web", "app", "seen")
        seen.join(Browser(), Access.WATCH)
        await asyncio.sleep(0.4)
        assert idle.ended
        assert not seen.ended


async def test_an_engine_that_is_away_is_told_and_nothing_is_kept() -> None:
    shells = Shells()
    async with registry(shells) as found:
        shells.failure = Unavailable("no engine")
        with pytest.raises(Unavailable):
            await found.open("web", "app", "shell")
        shells.failure = None
        assert await found.open("web", "app", "shell")
