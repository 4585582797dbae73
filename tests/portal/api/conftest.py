"""A portal on an engine in memory, and a trainer's program that holds every answer against OpenAPI."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from aiohttp.test_utils import TestClient, TestServer

from podlab.lesson.loading import load
from podlab.portal.api.document import document
from podlab.portal.app import portal
from podlab.portal.classroom import Classroom
from podlab.portal.settings import Settings
from podlab.portal.terminals import Registry
from podlab.testing.fake import FakeEngine
from podlab.workshop.admission import Admission
from podlab.workshop.checking import Checker
from podlab.workshop.hands import Hands
from podlab.workshop.messages import Messages
from podlab.workshop.place import Place
from podlab.workshop.pool import Pool
from podlab.workshop.progress import Progress
from podlab.workshop.seat import Seat
from podlab.workshop.store import opened
from podlab.workshop.take_home.keeping import TakeHome
from tests.clock import ManualClock
from tests.workshop.conftest import quiet, workshop_of

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.manifest.workshop import Workshop

TOKEN = "a-token"
LESSON = {
    "01-first.md": '# First\n```sh {check="it is there"}\ntest -e /tmp/there\n```\n',
    "02-quiz.md": "# Asked\n:::quiz Which?\n- [x] this\n- [ ] that\n:::\n",
    "03-last.md": "# Last\nDone.\n",
}


class Program:
    """A program that has the trainer's token."""

    def __init__(self, room: Classroom, client: TestClient[Any, Any]) -> None:
        self.room, self.client = room, client
        self.document = document(client.app, version="1")
        self.token = TOKEN

    async def call(self, method: str, path: str, *, expect: int = 200, **request: Any) -> Any:
        """The answer's JSON or text; its status and form are as OpenAPI says."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self.client.request(method, "/trainer/api/" + path, headers=headers, **request) as answer:
            text = await answer.text()
            assert answer.status == expect, text
            described = self._operation(method, "/trainer/api/" + path.partition("?")[0])["responses"]
            content = described[str(answer.status)].get("content", {})
            if answer.content_type != "application/json":
                assert answer.status == 204 or answer.content_type in content
                return text
            data = await answer.json()
            schema = {**content["application/json"]["schema"], "components": self.document["components"]}
            jsonschema.Draft202012Validator(schema).validate(data)
            return data

    def _operation(self, method: str, path: str) -> Any:
        for template, methods in self.document["paths"].items():
            if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path) and method.lower() in methods:
                return methods[method.lower()]
        raise AssertionError(f"{method} {path} is not described")


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@asynccontextmanager
async def classroom(
    engine: Engine, folder: Path, clock: ManualClock | None, workshop: Workshop
) -> AsyncIterator[Classroom]:
    lesson = folder / "lesson"
    lesson.mkdir(exist_ok=True)
    for name, text in LESSON.items():
        (lesson / name).write_text(text)
    place = Place(folder)
    settings = Settings(
        place=place, public_url="http://lab.example", secret=b"s" * 32, token=TOKEN, password_hash="x" * 40
    )
    async with (
        opened(place.store) as store,
        Pool(engine, workshop, store, clock) as pool,
        Checker(engine, workshop) as checker,
        Registry(engine) as terminals,
    ):
        found = load(lesson)
        progress = Progress(found, store, clock, broadcast=pool.broadcast)
        yield Classroom(
            engine=engine, workshop=workshop, lesson=found, store=store, pool=pool,
            admission=Admission(pool, store, clock),
            progress=progress, take_home=TakeHome(engine, workshop, found, progress, place.taken_home),
            hands=Hands(store, clock, broadcast=pool.broadcast),
            messages=Messages(store, clock, broadcast=pool.broadcast),
            checker=checker, terminals=terminals, settings=settings,
        )  # fmt: skip


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def room(engine: FakeEngine, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Classroom]:
    async with classroom(engine, tmp_path, clock, workshop_of(count=4, warm=2)) as made:
        await quiet(made.pool)
        yield made


@pytest.fixture
async def program(room: Classroom) -> AsyncIterator[Program]:
    async with TestClient(TestServer(portal(room))) as client:
        yield Program(room, client)


async def come(room: Classroom, name: str) -> Seat:
    """Somebody with a code takes a seat."""
    (ticket,) = await room.admission.issue([name])
    seat = await room.admission.enter(ticket.code, address="192.0.2.1")
    await quiet(room.pool)
    return room.pool.seat(seat.id)
