"""Everything that runs while a workshop is served: portal, pool and agent in one process."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aiohttp import web

from podlab.agent import Action, Agent
from podlab.errors import AlreadyExists, Denied, Unavailable
from podlab.portal import password, seats
from podlab.portal.app import portal
from podlab.portal.classroom import Classroom
from podlab.portal.settings import Settings
from podlab.portal.terminals import Registry
from podlab.workshop.admission import Admission
from podlab.workshop.checking import Checker
from podlab.workshop.events import Broadcast
from podlab.workshop.place import Place, write_private
from podlab.workshop.pool import Pool
from podlab.workshop.progress import Progress
from podlab.workshop.store import opened

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.lesson import Lesson
    from podlab.manifest.workshop import Workshop
    from podlab.portal.listening import Listening

_SHUTDOWN_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Trainer:
    """`password` is in clear when it was made just now, else empty."""

    password_hash: str
    password: str = ""


def trainer(place: Place, *, new_password: str | None = None) -> Trainer:
    """The trainer of this place. With a `new_password`, or an empty one for one that nobody could guess, the old
    one and its sessions are worth nothing from now on."""
    if new_password is None and place.password.exists():
        return Trainer(place.password.read_text())
    made = new_password or password.make()
    hashed = password.hashed(made)
    write_private(place.password, hashed.encode())
    return Trainer(hashed, "" if new_password else made)


@asynccontextmanager
async def classroom(
    engine: Engine,
    workshop: Workshop,
    lesson: Lesson,
    settings: Settings,
    *,
    count: int | None = None,
    warm: int | None = None,
    broadcast: Broadcast | None = None,
    on_action: Callable[[Action], None] = lambda action: None,
) -> AsyncIterator[Classroom]:
    """Seats are taken up as the last one left them, and left as they are in the end."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(opened(settings.place.store))
        broadcast = broadcast or Broadcast()
        pool = Pool(engine, workshop, store, count=count, warm=warm, broadcast=broadcast)
        await stack.enter_async_context(pool)
        made = Classroom(
            engine=engine, workshop=workshop, lesson=lesson, store=store, pool=pool,
            admission=Admission(pool, store), progress=Progress(lesson, store, broadcast=broadcast),
            checker=await stack.enter_async_context(Checker(engine, workshop)),
            terminals=await stack.enter_async_context(Registry(engine)), settings=settings,
        )  # fmt: skip
        group = await stack.enter_async_context(asyncio.TaskGroup())
        behind = [
            group.create_task(Agent(engine, owner=pool, on_action=on_action).run(), name="agent"),
            group.create_task(seats.keep_terminals(made), name="seats' terminals"),
        ]
        try:
            yield made
        finally:
            for each in behind:
                each.cancel()


@asynccontextmanager
async def listen(classroom: Classroom, where: Listening) -> AsyncIterator[None]:
    """Browsers are answered while the block lasts. `AlreadyExists` where the port is taken."""
    runner = web.AppRunner(
        portal(classroom), shutdown_timeout=_SHUTDOWN_S, access_log=None, handle_signals=False
    )
    await runner.setup()
    try:
        site = web.TCPSite(
            runner, where.host or None, where.port, ssl_context=where.context, reuse_address=True
        )
        try:
            await site.start()
        except PermissionError as error:
            raise Denied(
                f"this user may not listen on port {where.port}", subject=str(where.port),
                hint="--listen :8443 names a port above 1023",
            ) from error  # fmt: skip
        except OSError as error:
            kind = AlreadyExists if error.errno == 98 else Unavailable
            raise kind(
                f"cannot listen on {where.host or 'all addresses'}, port {where.port}: {error.strerror}",
                subject=str(where.port), hint="--listen names another",
            ) from error  # fmt: skip
        _announce(classroom, where)
        try:
            yield
        finally:
            classroom.settings.place.serving.unlink(missing_ok=True)
    finally:
        await runner.cleanup()


def _announce(classroom: Classroom, where: Listening) -> None:
    """For `podlab seats`: where this portal is, and the word that opens its trainer's API."""
    host = where.host if where.host not in ("", "0.0.0.0", "::") else "127.0.0.1"
    scheme = "https" if where.context else "http"
    shown = f"[{host}]" if ":" in host else host
    told = {
        "url": f"{scheme}://{shown}:{where.port}", "public_url": where.public_url,
        "token": classroom.settings.token, "fingerprint": where.fingerprint,
        "workshop": classroom.workshop.metadata.name,
    }  # fmt: skip
    write_private(classroom.settings.place.serving, json.dumps(told, indent=2).encode())


def token() -> str:
    return secrets.token_urlsafe(32)
