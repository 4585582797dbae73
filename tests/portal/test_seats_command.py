"""`podlab seats`: the command line on one side, a portal on the other, a socket in between."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from podlab.cli.main import main
from podlab.errors import Conflict, NotFound, Unavailable
from podlab.portal.client import connected, running
from podlab.portal.listening import listening
from podlab.portal.serving import listen
from podlab.workshop.place import Place, home, place, write_private
from podlab.workshop.seat import State
from tests.portal.conftest import TOKEN, Lab
from tests.ports import free_port


@dataclass
class Result:
    code: int
    out: str
    err: str


Podlab = Callable[..., Awaitable[Result]]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this user's workshops are kept."""
    monkeypatch.setenv("PODLAB_STATE", str(tmp_path / "podlab"))
    return home()


@pytest.fixture
def podlab(capfd: pytest.CaptureFixture[str]) -> Podlab:
    async def run(*words: str) -> Result:
        capfd.readouterr()
        code = await asyncio.to_thread(main, ["seats", *words])
        return Result(code, *capfd.readouterr())

    return run


def announce(kept: Place, url: str, workshop: str = "lab", token: str = TOKEN) -> None:
    told = {"url": url, "public_url": url, "token": token, "fingerprint": "", "workshop": workshop}
    write_private(kept.serving, json.dumps(told).encode())


@pytest.fixture
def served(lab: Lab, state: Path) -> Lab:
    announce(place("lab"), str(lab.server.make_url("/")).rstrip("/"))
    return lab


async def come(lab: Lab, name: str) -> int:
    (code,) = await lab.codes(name)
    seat = await lab.room.admission.enter(code, address="192.0.2.1")
    with lab.room.pool.broadcast.watch() as watcher:
        while not lab.room.pool.seat(seat.id).is_ready:
            await watcher.some()
    return seat.id


async def test_seats_are_listed_for_people_and_programs(served: Lab, podlab: Podlab) -> None:
    seat = await come(served, "Ann\x1b[2J")
    shown = await podlab("list")
    assert shown.code == 0 and "SEAT" in shown.out and "offline" in shown.out and "\x1b" not in shown.out
    rows = json.loads((await podlab("list", "-o", "json")).out)
    assert seat in [row["seat"] for row in rows]


async def test_codes_are_made_for_names_files_and_numbers(
    served: Lab, podlab: Podlab, tmp_path: Path
) -> None:
    (tmp_path / "class.csv").write_text("name\nBob\n")
    made = await podlab("add", "Ann", "--names", str(tmp_path / "class.csv"), "--count", "1", "-o", "json")
    cards = json.loads(made.out)
    assert [card["name"] for card in cards] == ["Ann", "Bob", ""]
    seat = await served.room.admission.enter(cards[1]["code"], address="192.0.2.1")
    assert seat.name == "Bob"
    assert (await podlab("add")).code == 2


async def test_a_seat_is_extended_reset_exchanged_and_ended(served: Lab, podlab: Podlab) -> None:
    seat = served.room.pool.seat(served.room.pool.seats[0].id)
    number = await come(served, "Ann")
    before = served.room.pool.seat(seat.id).ends_at
    assert before is not None and number == seat.id
    assert (await podlab("extend", "10m")).code == 0
    assert served.room.pool.seat(seat.id).ends_at == before + 600
    refused = await podlab("reset", str(number))
    assert refused.code == 2 and "--force" in refused.err
    assert (await podlab("reset", str(number), "--force")).code == 0
    assert (await podlab("reassign", str(number))).code == 0
    assert served.room.pool.seat(seat.id).state is State.ENDED
    missing = await podlab("end", "77", "-f")
    assert missing.code == 3 and "there is no seat 77" in missing.err
    assert (await podlab("extend", "10m", str(number))).code == 1


async def test_progress_and_cards_are_printed(served: Lab, podlab: Podlab) -> None:
    await come(served, "Ann")
    (row,) = csv.DictReader(io.StringIO((await podlab("export")).out.removeprefix("\ufeff")))
    assert row["name"] == "Ann"
    assert json.loads((await podlab("export", "-o", "json")).out)["seats"][0]["name"] == "Ann"
    served.room.admission._in_clear.clear()
    assert "not known" in (await podlab("cards")).out
    renewed = json.loads((await podlab("cards", "--renew", "all", "-o", "json")).out)
    assert renewed[0]["code"]


async def test_where_none_runs_it_says_how_to_start_one(podlab: Podlab) -> None:
    found = await podlab("list")
    assert found.code == 3 and "no workshop is served here" in found.err and "podlab serve" in found.err


async def test_one_of_several_is_named(state: Path, podlab: Podlab) -> None:
    for name in ("one", "two"):
        announce(place(name), "http://127.0.0.1:9", name)
    with pytest.raises(Conflict, match="one, two"):
        running()
    assert running("two").workshop == "two"
    assert running(folder=state / "one").workshop == "one"
    with pytest.raises(NotFound):
        running("three")
    assert (await podlab("list", "--workshop", "two")).code == 1  # killed: nobody listens there


async def test_another_token_is_refused(lab: Lab, podlab: Podlab) -> None:
    announce(place("lab"), str(lab.server.make_url("/")).rstrip("/"), token="another")
    found = await podlab("list")
    assert found.code == 1 and "this is for the trainer" in found.err


async def test_over_tls_only_the_certificate_that_was_written_down_will_do(lab: Lab) -> None:
    port = free_port()
    kept = lab.room.settings.place
    async with listen(lab.room, listening(f"127.0.0.1:{port}", kept, tls="self-signed")):
        serving = running(folder=kept.folder)
        async with connected(serving) as portal:
            board: dict[str, Any] = await portal.get("seats")
            assert board["workshop"] == "A lab"
        kept.serving.write_text(kept.serving.read_text().replace(serving.fingerprint, "00:" * 31 + "00"))
        async with connected(running(folder=kept.folder)) as portal:
            with pytest.raises(Unavailable):
                await portal.get("seats")
