from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from podlab.errors import Invalid
from podlab.portal.terminals import pace, session
from podlab.portal.terminals.protocol import WINDOW_BYTES
from podlab.portal.terminals.session import Session
from podlab.portal.terminals.viewer import Access
from tests.portal.terminals.shell_process import Browser, ScriptedProcess

pytestmark = pytest.mark.virtual_time

LINE = b"0123456789" * 100 + b"\r\n"


@asynccontextmanager
async def running() -> AsyncIterator[tuple[Session, ScriptedProcess]]:
    process = ScriptedProcess()
    opened = Session("shell", process)
    task = asyncio.create_task(opened.run())
    yield opened, process
    task.cancel()
    await asyncio.wait({task})


async def settled() -> None:
    """Longer than anything is held back."""
    await asyncio.sleep(0.03)


async def test_the_first_output_goes_out_at_once_and_the_rest_together() -> None:
    async with running() as (opened, process):
        browser = Browser()
        opened.join(browser, Access.OWN)
        await settled()
        process.say(b"a")
        for _ in range(4):
            await asyncio.sleep(0)
        assert browser.screen == b"a"
        for _ in range(50):
            process.say(b"b")
        await settled()
        assert browser.screen == b"a" + b"b" * 50
        assert browser.kinds().count("o") <= 1 + 3


async def test_the_second_half_of_a_keys_echo_goes_out_at_once_too() -> None:
    async with running() as (opened, process):
        browser = Browser()
        opened.join(browser, Access.OWN)
        await settled()
        for said in (b"x", b"\r\n"):
            process.say(said)
            for _ in range(4):
                await asyncio.sleep(0)
        assert browser.screen == b"x\r\n"
        process.say(b"more")
        for _ in range(4):
            await asyncio.sleep(0)
        assert browser.screen == b"x\r\n"
        await settled()
        assert browser.screen == b"x\r\nmore"


async def test_a_dropped_viewer_finds_everything_again() -> None:
    async with running() as (opened, process):
        first, second = Browser(), Browser()
        process.say("früh 日本".encode()[:-1])
        await settled()
        viewer = opened.join(first, Access.OWN)
        opened.leave(viewer)
        opened.leave(viewer)
        process.say("früh 日本".encode()[-1:] + b" late")
        await settled()
        opened.join(second, Access.OWN)
        assert second.screen.decode() == "früh 日本 late"
        assert second.kinds() == "smom"
        assert second.frames[1] == b"m\1"
        assert second.frames[-1] == b"m\0"


async def test_a_character_split_between_two_reads_arrives_byte_for_byte() -> None:
    text = "日本語🙂👩‍💻 ok"
    async with running() as (opened, process):
        browser = Browser()
        opened.join(browser, Access.OWN)
        for byte in text.encode():
            process.say(bytes([byte]))
            await asyncio.sleep(0.001)
        await settled()
        assert browser.screen.decode() == text


async def test_a_reader_that_stops_stops_the_command_within_a_megabyte() -> None:
    async with running() as (opened, process):
        browser = Browser()
        opened.join(browser, Access.OWN)
        process.start_flood(LINE * 32)
        await asyncio.sleep(0.3)
        read = process.read_bytes
        assert WINDOW_BYTES <= read <= 1 << 19
        assert browser.received_bytes <= WINDOW_BYTES
        await asyncio.sleep(0.3)
        assert process.read_bytes == read


async def test_a_reader_that_reads_on_gets_every_byte_in_order() -> None:
    async with running() as (opened, process):
        browser = Browser()
        viewer = opened.join(browser, Access.OWN)
        lines = [b"%06d" % n * 100 + b"\r\n" for n in range(3000)]
        for line in lines:
            process.say(line)
        while browser.received_bytes < sum(map(len, lines)):
            opened.acknowledge(viewer, viewer.unacked)
            await asyncio.sleep(0.001)
        assert browser.screen == b"".join(lines)
        assert "k" not in browser.kinds()


async def test_after_a_stall_the_command_goes_on_slowly_and_the_viewer_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pace, "STALL_S", 0.05)
    async with running() as (opened, process):
        browser = Browser()
        viewer = opened.join(browser, Access.OWN)
        process.start_flood(LINE * 32)
        await asyncio.sleep(0.8)
        assert browser.received_bytes <= WINDOW_BYTES
        assert 1 << 19 < process.read_bytes < 1 << 21
        frames = len(browser.frames)
        opened.acknowledge(viewer, viewer.unacked)
        await settled()
        assert browser.frames[frames][:1] == b"k"
        assert browser.skipped_bytes > 0


@pytest.mark.long
async def test_a_very_slow_reader_is_no_stall_and_misses_nothing() -> None:
    async with running() as (opened, process):
        browser = Browser()
        viewer = opened.join(browser, Access.OWN)
        process.start_flood(LINE * 32)
        for _ in range(20):
            await asyncio.sleep(pace.STALL_S * 0.9)
            opened.acknowledge(viewer, 1000)
        assert "k" not in browser.kinds()
        assert process.read_bytes <= (1 << 19) + 20 * 1000


async def test_output_is_read_slowly_when_nobody_looks() -> None:
    async with running() as (_, process):
        process.start_flood(LINE * 32)
        await asyncio.sleep(0.5)
        assert 1 << 17 < process.read_bytes < 1 << 20


async def test_ctrl_c_in_a_flood_leaves_the_rest_out_and_shows_the_prompt() -> None:
    async with running() as (opened, process):
        browser = Browser()
        viewer = opened.join(browser, Access.OWN)
        process.start_flood(LINE * 32)
        await asyncio.sleep(0.1)
        await opened.type(viewer, b"\x03")
        await asyncio.sleep(0.01)
        process.flood = b""
        process.say(b"^C\r\n$ ")
        await asyncio.sleep(0.1)
        assert process.written == [b"\x03"]
        assert browser.screen.endswith(b"^C\r\n$ ")
        assert browser.skipped_bytes > 0
        assert viewer.unsent == 0
        assert browser.received_bytes < WINDOW_BYTES + 2 * session.TAIL_BYTES


async def test_a_command_that_ignores_ctrl_c_is_shown_again() -> None:
    async with running() as (opened, process):
        browser = Browser()
        viewer = opened.join(browser, Access.OWN)
        process.start_flood(LINE)
        await asyncio.sleep(0.1)
        await opened.type(viewer, b"\x03")
        await asyncio.sleep(session.DROP_S + 0.2)
        before = browser.received_bytes
        opened.acknowledge(viewer, viewer.unacked)
        await settled()
        assert browser.received_bytes > before


async def test_several_see_the_same_and_a_watcher_types_nothing() -> None:
    async with running() as (opened, process):
        owner, helper, watcher = Browser(), Browser(), Browser()
        own = opened.join(owner, Access.OWN)
        assist = opened.join(helper, Access.ASSIST)
        watch = opened.join(watcher, Access.WATCH)
        process.say(b"hello")
        await settled()
        assert owner.screen == helper.screen == watcher.screen == b"hello"
        for viewer, text in ((own, b"a"), (assist, b"b"), (watch, b"c")):
            await opened.type(viewer, text)
            await opened.resize(viewer, 100, 30 + text[0])
        assert process.written == [b"a", b"b"]
        assert process.sizes == [(100, 30 + ord("a"))]
        last = json.loads(watcher.frames[-1][1:])
        assert last == {"title": "shell", "viewers": 3, "access": "ro", "exit": None, "cols": 100, "rows": 127}


async def test_a_slow_watcher_does_not_slow_the_owner_down() -> None:
    async with running() as (opened, process):
        owner, watcher = Browser(), Browser()
        own, watch = opened.join(owner, Access.OWN), opened.join(watcher, Access.WATCH)
        for _ in range(1000):
            process.say(LINE)
        while owner.received_bytes < 1000 * len(LINE):
            opened.acknowledge(own, own.unacked)
            await asyncio.sleep(0.001)
        assert watcher.received_bytes <= WINDOW_BYTES
        opened.acknowledge(watch, watch.unacked)
        assert watcher.skipped_bytes > 0
        assert watcher.frames[-1].endswith(LINE)


async def test_one_terminal_answers_a_query_that_two_have_seen() -> None:
    async with running() as (opened, process):
        first, second = opened.join(Browser(), Access.OWN), opened.join(Browser(), Access.ASSIST)
        await opened.type(second, b"vim\r")
        await opened.type(first, b"\x1b[?1;2c")
        await opened.type(second, b"\x1b[?1;2c")
        await opened.type(first, b"\x1b[A")  # a key, not an answer
        assert process.written == [b"vim\r", b"\x1b[?1;2c", b"\x1b[A"]


async def test_a_paste_that_is_not_taken_holds_up_who_pastes_but_not_the_output() -> None:
    async with running() as (opened, process):
        browser = Browser()
        viewer = opened.join(browser, Access.OWN)
        process.takes_input.clear()

        async def paste() -> None:
            for _ in range(100):
                await opened.type(viewer, bytes(1 << 16))

        pasting = asyncio.create_task(paste())
        await settled()
        assert not pasting.done()
        assert opened._input_bytes <= (1 << 18) + (1 << 16)
        process.say(b"echo")
        await settled()
        assert browser.screen == b"echo"
        process.takes_input.set()
        await pasting
        await settled()
        assert sum(map(len, process.written)) == 100 << 16


async def test_input_stays_in_order() -> None:
    async with running() as (opened, process):
        viewer = opened.join(Browser(), Access.OWN)
        process.takes_input.clear()
        pieces = [b"%d" % n * (5000 if n % 3 else 1) for n in range(9)]
        typing = [asyncio.create_task(opened.type(viewer, pieces[0]))]
        await asyncio.sleep(0)
        for piece in pieces[1:]:
            typing.append(asyncio.create_task(opened.type(viewer, piece)))
            await asyncio.sleep(0)
        process.takes_input.set()
        await asyncio.gather(*typing)
        await settled()
        assert b"".join(process.written) == b"".join(pieces)


async def test_the_end_is_told_once_everything_was_sent() -> None:
    async with running() as (opened, process):
        browser = Browser()
        viewer = opened.join(browser, Access.OWN, browser.done)
        for _ in range(400):
            process.say(LINE)
        process.finish(3)
        await asyncio.sleep(0.1)
        assert not browser.is_done
        while not browser.is_done:
            opened.acknowledge(viewer, viewer.unacked)
            await asyncio.sleep(0.001)
        assert browser.received_bytes == 400 * len(LINE)
        states = [json.loads(frame[1:]) for frame in browser.frames if frame[:1] == b"s"]
        assert states[-1]["exit"] == 3
        assert opened.exit_code == 3


async def test_more_acknowledged_than_was_sent_is_invalid() -> None:
    async with running() as (opened, process):
        process.say(b"abc")
        await settled()
        viewer = opened.join(Browser(), Access.OWN)
        opened.acknowledge(viewer, 3)
        with pytest.raises(Invalid):
            opened.acknowledge(viewer, 1)


async def test_a_replay_in_the_middle_of_an_editor_sets_its_screen_again() -> None:
    async with running() as (opened, process):
        process.say(b"\x1b[?1049h")
        for _ in range(500):
            process.say(LINE)
        await asyncio.sleep(0.8)
        browser = Browser()
        opened.join(browser, Access.OWN)
        assert b"\x1b[?1049h" in browser.frames[2]
        assert browser.screen.endswith(LINE)
