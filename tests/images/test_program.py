from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from podlab.errors import PodlabError, Unsupported
from podlab.images.program import run


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


async def test_a_cancelled_program_leaves_no_child_behind(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await run("sh", "-c", "sleep 300 & echo $! >child; wait", cwd=tmp_path)
    status = Path("/proc") / (tmp_path / "child").read_text().strip() / "status"
    async with asyncio.timeout(5):
        while status.exists() and "State:\tZ" not in status.read_text():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
