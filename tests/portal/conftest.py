"""A portal on an engine in memory, and browsers that come to it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, CookieJar, web
from aiohttp.test_utils import BaseTestServer, TestClient, TestServer

from podlab.lesson import load_workshop
from podlab.portal import password
from podlab.portal.app import portal
from podlab.portal.classroom import Classroom
from podlab.portal.serving import classroom
from podlab.portal.settings import Settings
from podlab.testing.fake import FakeEngine
from podlab.workshop.place import place

TOKEN = "a-token-of-the-tests"
PASSWORD = "correct horse battery staple"
_HASH = password.hashed(PASSWORD)

WORKSHOP = """
apiVersion: podlab/v1
kind: Workshop
metadata: {name: lab}
spec:
  title: A lab
  lesson: lesson
  lifetime: 1h
  seats: {count: 5, warm: 2, claim: CLAIM}
  terminals: [{name: shell, container: work}]
  pod:
    spec:
      containers: [{name: work, image: busybox, command: [sleep, "100000"]}]
"""
STEPS = {
    "01-first.md": """# First
Type this in {{ seat.name }}:
```sh {run=shell}
echo hello
```
```sh {check="It is done" hint="Do it" opens-next}
true
```
![a picture](picture.svg)
""",
    "02-second.md": """# Second
:::quiz
Which?
- [x] this
- [x] and this
- [ ] not this

> Because.
:::
""",
    "picture.svg": '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
}


@dataclass
class Browser:
    """Follows no redirect, sends its page's origin and token with what it changes, and keeps its cookies."""

    client: TestClient[web.Request, web.Application]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return str(self.client.make_url("/")).rstrip("/")

    async def get(self, path: str, **headers: str) -> ClientResponse:
        return await self.client.get(path, allow_redirects=False, headers={"Accept": "text/html", **headers})

    async def post(self, path: str, data: Mapping[str, Any] | None = None, **settings: Any) -> ClientResponse:
        headers = {"Origin": self.origin, **self.headers, **settings.pop("headers", {})}
        return await self.client.post(path, data=data, allow_redirects=False, headers=headers, **settings)

    async def enter(self, code: str, name: str = "") -> ClientResponse:
        """With the token of the page that is shown then."""
        answer = await self.post("/enter", {"code": code, "name": name})
        await self.visit("/seat/")
        return answer

    async def visit(self, path: str) -> str:
        """The page, whose token is sent from now on."""
        text = await (await self.get(path)).text()
        if found := re.search(r'id="podlab">(.*?)</script>', text, re.DOTALL):
            self.headers["X-CSRF-Token"] = json.loads(found[1])["csrf"]
        return text

    async def sign_in(self, typed: str = PASSWORD) -> ClientResponse:
        answer = await self.post("/trainer/sign-in", {"password": typed})
        await self.visit("/trainer/")
        return answer


@dataclass
class Lab:
    room: Classroom
    server: BaseTestServer
    app: web.Application
    open: Callable[[], Browser]

    def routes(self) -> list[web.AbstractRoute]:
        return list(self.app.router.routes())

    async def codes(self, *names: str) -> list[str]:
        return [ticket.code for ticket in await self.room.admission.issue(names or [""])]


Serve = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lesson").mkdir()
    (tmp_path / "podlab.yaml").write_text(WORKSHOP.replace("CLAIM", "code"))
    for name, text in STEPS.items():
        (tmp_path / "lesson" / name).write_text(text)
    return tmp_path


@asynccontextmanager
async def served(folder: Path, **choices: Any) -> AsyncIterator[Lab]:
    """The portal of this folder's workshop; it may be served again."""
    workshop, lesson = load_workshop(folder)
    kept = place(workshop.metadata.name, folder / "state")
    settings = Settings(
        place=kept, public_url="http://lab.example", secret=kept.secret(), token=TOKEN,
        password_hash=_HASH, **choices,
    )  # fmt: skip
    async with AsyncExitStack() as stack:
        room = await stack.enter_async_context(classroom(FakeEngine(), workshop, lesson, settings))
        app = portal(room)
        server = TestServer(app)
        # No test is to be answered by the parser, nor to wait for a page that stays open.
        await server.start_server(shutdown_timeout=0.5, max_line_size=1 << 20)
        stack.push_async_callback(server.close)
        clients: list[TestClient[web.Request, web.Application]] = []

        def browser() -> Browser:
            client: Any = TestClient(server, cookie_jar=CookieJar(unsafe=True))
            clients.append(client)
            return Browser(client)

        try:
            yield Lab(room, server, app, browser)
        finally:
            for client in clients:
                await client.session.close()


@pytest.fixture
async def lab(folder: Path) -> AsyncIterator[Lab]:
    async with served(folder) as lab:
        yield lab


@pytest.fixture
async def browser(lab: Lab) -> Browser:
    return lab.open()
