from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from podlab.errors import PodlabError, Unsupported
from podlab.images.program import run
from tests.waiting import until


async def test_what_it_prints_is_returned_and_what_it_says_beside_is_heard() -> None:
    heard: list[str] = []
    assert await run("sh", "-c", "cat; echo one >&2; echo two >&2", stdin=b"in", on_line=heard.append) == "in"
    assert heard == ["one", "two"]


async def test_a_failure_tells_the_last_lines() -> None:
    with pytest.raises(PodlabError, match="exit code 3") as caught:
        await run("sh", "-c", "seq 100 >&2; exit 3")
    assert "100" in caught.value.message
    assert "\n  7\n" not in caught.value.message


async def test_a_program_that_is_not_installed_is_named() -> None:
    with pytest.raises(Unsupported, match="podlab-no-such") as caught:
        await run("podlab-no-such")
    assert "apt-get install" in caught.value.hint


def has_ended(child: Path) -> bool:
    try:
        return "State:\tZ" in (Path("/proc") / child.read_text().strip() / "status").read_text()
    except OSError:
        return child.exists()


async def test_a_program_that_is_cancelled_while_it_starts_leaves_no_child_behind(tmp_path: Path) -> None:
    script = "sleep 300 & echo $! >new; mv new child; wait"
    running = asyncio.create_task(run("sh", "-c", script, cwd=tmp_path))
    for _ in range(2):
        await asyncio.sleep(0)
    time.sleep(0.3)  # noqa: ASYNC251 - it has begun, and asyncio has had no turn to tell
    running.cancel()
    async with asyncio.timeout(20):
        with pytest.raises(asyncio.CancelledError):
            await running
    await until(lambda: has_ended(tmp_path / "child"))


async def test_a_cancelled_program_leaves_no_child_behind(tmp_path: Path) -> None:
    script = "sleep 300 & echo $! >new; mv new child; wait"
    running = asyncio.create_task(run("sh", "-c", script, cwd=tmp_path))
    await until((tmp_path / "child").exists)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await until(lambda: has_ended(tmp_path / "child"))
