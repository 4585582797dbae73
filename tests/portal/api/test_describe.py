from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from podlab.errors import Conflict, Invalid, NotFound
from podlab.portal.api.describe import ANYBODY, Audience, operation, operations, routes
from podlab.portal.api.shapes import Length, Range

Number = Annotated[int, Range(1, 99)]
Client = TestClient[web.Request, web.Application]


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    seconds: Annotated[int, Range(1, 60)] = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    number: int
    seconds: int
    names: tuple[str, ...]


async def refuse(request: web.Request) -> None:
    raise Conflict("not you")


@operation("POST", "/things/{number}/more", who=ANYBODY, errors=(NotFound,))
async def more(
    request: web.Request, number: Number, body: More,
    name: Annotated[tuple[Annotated[str, Length(3)], ...], Length(2)] = (),
) -> Shown:  # fmt: skip
    """Give it more.

    As much as there
    is.
    """
    return Shown(number=number, seconds=body.seconds, names=name)


@operation("DELETE", "/things/{number}", who=ANYBODY)
async def remove(request: web.Request, number: Number) -> None:
    """Remove it."""


def nobody(request: web.Request) -> None:
    raise NotFound("who are you?")


@operation("POST", "/private", who=Audience(("token",), nobody))
async def private(request: web.Request, body: More) -> None:
    """Do something."""


@web.middleware
async def in_words(request: web.Request, handler: object) -> web.StreamResponse:
    try:
        return await handler(request)  # type: ignore[operator, no-any-return]
    except Invalid as error:
        return web.json_response({"error": error.message, "problems": error.problems}, status=400)
    except NotFound as error:
        return web.json_response({"error": error.message}, status=404)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    app = web.Application(middlewares=[in_words])
    app.add_routes(routes(more, remove, private))
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_path_query_and_body_are_read_and_the_answer_is_json(client: Client) -> None:
    answer = await client.post("/things/7/more?name=a&name=b", json={"seconds": 9})
    assert (answer.status, await answer.json()) == (200, {"number": 7, "seconds": 9, "names": ["a", "b"]})


async def test_a_body_that_may_be_empty_may_be_left_out(client: Client) -> None:
    assert (await (await client.post("/things/7/more")).json())["seconds"] == 5


async def test_nothing_is_answered_by_204(client: Client) -> None:
    assert (await client.delete("/things/7")).status == 204


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/things/0/more", b"{}"),
        ("/things/x/more", b"{}"),
        ("/things/7/more?nam=a", b"{}"),
        ("/things/7/more?name=long", b"{}"),
        ("/things/7/more?name=a&name=b&name=c", b"{}"),
        ("/things/7/more", b'{"seconds": 1, "seconds": 2}'),
        ("/things/7/more", b'{"seconds": NaN}'),
        ("/things/7/more", b'{"second": 1}'),
        ("/things/7/more", b"\xff"),
        ("/things/7/more", b"[" * 100_000),
        ("/things/7/more", b"1" * 10_000),
        ("/things/7/more", b"null"),
    ],
)
async def test_what_is_not_described_is_refused(client: Client, path: str, body: bytes) -> None:
    answer = await client.post(path, data=body, headers={"content-type": "application/json"})
    assert answer.status == 400


async def test_a_form_is_no_json(client: Client) -> None:
    assert (
        await client.post("/things/7/more", data=b"{}", headers={"content-type": "text/plain"})
    ).status == 400


async def test_who_may_not_ask_is_told_so_before_anything_is_read(client: Client) -> None:
    assert (await client.post("/private", data=b"no json")).status == 404


def test_what_is_described_is_found_again_in_the_routes() -> None:
    app = web.Application()
    app.add_routes([*routes(more, remove), web.get("/plain", refuse)])  # type: ignore[arg-type]
    assert [(each.id, each.method, each.summary, each.details) for each in operations(app)] == [
        ("test_describe.more", "POST", "Give it more", "As much as there is."),
        ("test_describe.remove", "DELETE", "Remove it", ""),
    ]
