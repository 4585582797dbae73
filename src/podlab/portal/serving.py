"""Everything that runs while a workshop is served: portal, pool and agent in one process."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from errno import EADDRINUSE
from typing import TYPE_CHECKING, Final

from aiohttp import web

from podlab.agent import Action, Agent
from podlab.errors import AlreadyExists, Denied, Unavailable
from podlab.portal import password, seats
from podlab.portal.app import portal
from podlab.portal.classroom import Classroom
from podlab.portal.previews import Place, Previews
from podlab.portal.previews.routes import named, tenants
from podlab.portal.settings import Settings
from podlab.portal.terminals import Registry
from podlab.workshop.admission import Admission
from podlab.workshop.checking import Checker
from podlab.workshop.events import Broadcast, Trouble
from podlab.workshop.hands import Hands
from podlab.workshop.lab import guarding
from podlab.workshop.messages import Messages
from podlab.workshop.place import Place as Folder
from podlab.workshop.place import write_private
from podlab.workshop.pool import Pool
from podlab.workshop.progress import Progress
from podlab.workshop.store import opened
from podlab.workshop.take_home.keeping import TakeHome

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.lesson import Lesson
    from podlab.manifest.workshop import Workshop
    from podlab.portal.listening import Listening
    from podlab.workshop.lab.set_up import Lab

_SHUTDOWN_S: Final = 2.0
MAX_LINE_BYTES: Final = 1 << 16
"""Of a request's address: a file's path has up to 4096 letters, each up to 12 in an address."""


@dataclass(frozen=True, slots=True)
class Trainer:
    """`password` is in clear when it was made just now, else empty."""

    password_hash: str
    password: str = ""


def trainer(place: Folder, *, new_password: str | None = None) -> Trainer:
    """The trainer of this place. With a `new_password`, or an empty one for one that nobody could guess, the old
    one and its sessions are worth nothing once it is kept (`keep_trainer`)."""
    if new_password is None and place.password.exists():
        return Trainer(place.password.read_text())
    made = new_password or password.make()
    hashed = password.hashed(made)
    return Trainer(hashed, "" if new_password else made)


def keep_trainer(place: Folder, trainer: Trainer) -> None:
    """The password counts at the next start, too. It is time for that when it has been told: it is told only once."""
    write_private(place.password, trainer.password_hash.encode())


@asynccontextmanager
async def classroom(
    engine: Engine,
    workshop: Workshop,
    lesson: Lesson,
    settings: Settings,
    *,
    count: int | None = None,
    warm: int | None = None,
    lab: Lab | None = None,
    previews: Place | None = None,
    broadcast: Broadcast | None = None,
    on_action: Callable[[Action], None] = lambda action: None,
) -> AsyncIterator[Classroom]:
    """Seats are taken up as the last one left them, and left as they are in the end."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(opened(settings.place.store))
        broadcast = broadcast or Broadcast()
        progress = Progress(lesson, store, broadcast=broadcast)
        take_home = TakeHome(
            engine, lab.plain if lab else workshop, lesson, progress, settings.place.taken_home
        )
        pool = Pool(
            engine, workshop, store, count=count, warm=warm, broadcast=broadcast, before_end=take_home.keep
        )
        await stack.enter_async_context(pool)
        made = Classroom(
            engine=engine, workshop=workshop, lesson=lesson, store=store, pool=pool,
            admission=Admission(pool, store), progress=progress, take_home=take_home,
            hands=Hands(store, broadcast=broadcast), messages=Messages(store, broadcast=broadcast),
            checker=await stack.enter_async_context(Checker(engine, workshop)),
            terminals=await stack.enter_async_context(Registry(engine)), settings=settings, lab=lab,
            previews=await _previews(stack, engine, workshop, pool, settings, previews) if previews else None,
        )  # fmt: skip
        group = await stack.enter_async_context(asyncio.TaskGroup())
        mirror = lab.mirror.pod if lab else ""
        agent = Agent(  # other pods of the engine are others' business
            engine,
            owner=pool,
            tends=lambda name: pool.owns(name) or name == mirror,
            keeps_workloads=False,
            on_action=on_action,
        )
        behind = [
            group.create_task(agent.run(), name="agent"),
            group.create_task(seats.keep_terminals(made), name="seats' terminals"),
        ]
        if lab is not None and lab.guarded:
            ground = lab.ground
            keep = guarding.keep(
                engine, lambda: replace(ground, seats=max(ground.seats, pool.count)), lab.guarded,
                on_warning=lambda text: broadcast.tell(Trouble(text)),
            )  # fmt: skip
            behind.append(group.create_task(keep, name="ground"))
        try:
            yield made
        finally:
            for each in behind:
                each.cancel()


async def _previews(
    stack: AsyncExitStack, engine: Engine, workshop: Workshop, pool: Pool, settings: Settings, place: Place
) -> Previews:
    made = Previews(
        engine, tenants(pool), place, settings.secret, named=named(workshop), language=settings.language,
        now=pool.clock.now,
    )  # fmt: skip
    return await stack.enter_async_context(made)


@asynccontextmanager
async def listen(classroom: Classroom, where: Listening) -> AsyncIterator[None]:
    """Browsers are answered while the block lasts. `AlreadyExists` where the port is taken."""
    async with AsyncExitStack() as stack:
        await _answer(stack, portal(classroom), where, where.port)
        if classroom.previews is not None:
            for port in where.preview_ports:
                await _answer(stack, classroom.previews.application(), where, port)
        _announce(classroom, where)
        stack.callback(classroom.settings.place.serving.unlink, missing_ok=True)
        yield


async def _answer(stack: AsyncExitStack, app: web.Application, where: Listening, port: int) -> None:
    runner = web.AppRunner(
        app, shutdown_timeout=_SHUTDOWN_S, access_log=None, handle_signals=False, max_line_size=MAX_LINE_BYTES
    )
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, where.host or None, port, ssl_context=where.context, reuse_address=True)
    try:
        await site.start()
    except PermissionError as error:
        raise Denied(
            f"this user may not listen on port {port}", subject=str(port),
            hint="--listen :8443 names a port above 1023",
        ) from error  # fmt: skip
    except OSError as error:
        kind = AlreadyExists if error.errno == EADDRINUSE else Unavailable
        raise kind(
            f"cannot listen on {where.host or 'all addresses'}, port {port}: {error.strerror}",
            subject=str(port), hint="--listen and --preview-port name others",
        ) from error  # fmt: skip


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
