"""A whole conference comes through the door in the same second."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from podlab.workshop.seat import State
from tests.portal.conftest import WORKSHOP, Browser, served

PEOPLE = 200


async def test_two_hundred_claims_at_once_are_two_hundred_seats(folder: Path) -> None:
    text = WORKSHOP.replace("CLAIM", "code").replace("count: 5, warm: 2", f"count: {PEOPLE}, warm: {PEOPLE}")
    (folder / "podlab.yaml").write_text(text)
    async with served(folder) as lab:
        async with asyncio.timeout(120):
            await lab.room.pool.filled()
        codes = await lab.codes(*[f"Person {n}" for n in range(PEOPLE)])
        browsers = [lab.open() for _ in codes]
        took: list[float] = []

        async def enter(browser: Browser, code: str) -> int:
            begun = time.perf_counter()
            answer = await browser.post("/enter", {"code": code})
            took.append(time.perf_counter() - begun)
            return answer.status

        answers = await asyncio.gather(*map(enter, browsers, codes))
        assert set(answers) == {303}
        claimed = [seat for seat in lab.room.pool.seats if seat.state is State.CLAIMED]
        assert len(claimed) == len({seat.person for seat in claimed}) == PEOPLE
        assert {seat.name for seat in claimed} == {f"Person {n}" for n in range(PEOPLE)}
        print(f"{PEOPLE} claims at once: median {sorted(took)[PEOPLE // 2]:.3f} s, slowest {max(took):.3f} s")
