"""Taking one's work home, while the seat lives and after it has ended."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import AsyncIterator

from podlab.workshop.seat import SeatId
from tests.portal.conftest import Browser, Lab

SEAT = SeatId(1)


def names(data: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as tar:
        return tar.getnames()


async def test_a_seats_work_can_be_taken_home_now_and_when_it_has_ended(lab: Lab, browser: Browser) -> None:
    assert (await browser.get("/seat/take-home")).status == 303, "to the page where one signs in"
    await browser.enter((await lab.codes("Ann"))[0])
    await lab.room.engine.write_archive("lab-01", "work", "/", _home())
    answer = await browser.get("/seat/take-home")
    assert answer.status == 200 and answer.content_type == "application/gzip"
    assert 'filename="lab-01.tar.gz"' in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "lab-01/home/work/mine" in names(await answer.read())

    await lab.room.pool.end(SEAT)
    page = await browser.get("/seat/")
    assert page.status == 410 and "/seat/take-home" in await page.text()
    answer = await browser.get("/seat/take-home")
    assert answer.status == 200 and answer.content_type == "application/gzip"
    assert 'filename="lab-01.tar.gz"' in answer.headers["Content-Disposition"]
    assert "Content-Encoding" not in answer.headers
    assert "lab-01/home/work/mine" in names(await answer.read())


async def test_where_nothing_was_kept_nothing_is_offered(lab: Lab, browser: Browser) -> None:
    await browser.enter((await lab.codes("Ann"))[0])
    await lab.room.pool.end(SEAT)
    await lab.room.pool.at_rest(SEAT)
    kept = lab.room.take_home.kept(lab.room.pool.seat(SEAT))
    assert kept is not None
    kept.unlink()
    assert "/seat/take-home" not in await (await browser.get("/seat/")).text()
    assert (await browser.get("/seat/take-home")).status == 404


async def _home() -> AsyncIterator[bytes]:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        folder = tarfile.TarInfo("root")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        entry = tarfile.TarInfo("root/mine")
        entry.size = 3
        tar.addfile(entry, io.BytesIO(b"abc"))
    yield out.getvalue()
