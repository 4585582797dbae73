"""`podlab serve DIR`: a workshop, from nothing to links for everybody."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from podlab.cli.command import command as declare
from podlab.cli.prepared import prepare_images
from podlab.cli.runner import say, warn
from podlab.cli.session import session
from podlab.cli.style import paint
from podlab.errors import Invalid, Usage

if TYPE_CHECKING:
    from podlab.agent import Action
    from podlab.portal.classroom import Classroom
    from podlab.portal.listening import Listening
    from podlab.portal.serving import Trainer
    from podlab.workshop.admission import Ticket
    from podlab.workshop.events import Watcher
    from podlab.workshop.pool import Pool


@declare(
    "serve",
    example="""
        podlab serve examples/docker-pods --seats 30
        podlab serve examples/docker-pods --seats 30 --listen 0.0.0.0:443 --tls cert.pem,key.pem
        podlab serve examples/docker-pods --names class.csv
        podlab serve examples/docker-pods --listen 127.0.0.1:8080 --public-url https://lab.example.org""",
)
@click.argument("path", metavar="FILE|DIR", type=click.Path())
@click.option(
    "--seats", type=click.IntRange(1, 500), metavar="N", help="So many seats, all made before anybody comes."
)
@click.option(
    "--warm", type=click.IntRange(0, 500), metavar="N", help="Keep N free seats ready, and make others as people come."
)
@click.option(
    "--listen", default="0.0.0.0:8443", show_default=True, metavar="ADDRESS:PORT", help="Where browsers connect."
)
@click.option(
    "--tls", default="auto", show_default=True, metavar="auto|self-signed|off|CERT,KEY",
    help="auto: a certificate of its own, but plain HTTP where only this machine can connect.",
)
@click.option("--public-url", default="", metavar="URL", help="How browsers come here, with a proxy before it.")
@click.option(
    "--names", type=click.Path(), metavar="FILE", help="A code for each name: a line each, or CSV with a column `name`."
)
@click.option("--class-code", metavar="CODE", help="Whoever knows it gets a seat, and a code of their own.")
@click.option("--state", type=click.Path(), metavar="DIR", help="Where seats, codes and progress are kept.")
@click.option("--new-password", is_flag=True, help="Make another password for the trainer.")
@click.option(
    "--password-file", type=click.Path(), metavar="FILE", help="The trainer's password is this file's first line."
)
@click.option(
    "--language", default="en", show_default=True, type=click.Choice(["en", "de"]),
    help="For browsers that ask for none of these.",
)
@click.option("--attendees-may-extend", is_flag=True, help="Attendees may give themselves more time.")
@click.option("--rm", "removes", is_flag=True, help="At the end, end all seats.")
async def command(
    path: str, seats: int | None, warm: int | None, listen: str, tls: str, public_url: str, names: str | None,
    class_code: str | None, state: str | None, new_password: bool, password_file: str | None, language: str,
    attendees_may_extend: bool, removes: bool,
) -> None:  # fmt: skip
    """Run a workshop: seats behind a link, with lesson, terminals, quizzes and checks in the browser.

    Images are prepared and seats brought up; then the links and codes are printed. Ctrl-C ends the portal and
    leaves seats and progress as they are; the next `podlab serve` takes them up again. With --rm they end.

    Where the workshop's `claim` is `code`, everybody gets a code of their own; with `open`, there is one for the
    class; with `free`, none is needed; with `named`, codes are for the names of --names.
    """
    from podlab.lesson import load_workshop
    from podlab.manifest import load
    from podlab.portal import listening, serving
    from podlab.portal.settings import Settings
    from podlab.workshop.events import Broadcast
    from podlab.workshop.place import place as place_of

    people = _names(names) if names else None
    workshop, lesson = load_workshop(path)
    for each in lesson.warnings:
        warn(each)
    place = place_of(workshop.metadata.name, state)
    where = listening.listening(listen, place, tls=_tls(tls), public_url=public_url)
    known = serving.trainer(place, new_password=_password(password_file, is_new=new_password))
    settings = Settings(
        place=place, public_url=where.public_url, secret=place.secret(), token=serving.token(),
        password_hash=known.password_hash, language=language, attendees_may_extend=attendees_may_extend,
    )  # fmt: skip
    broadcast = Broadcast()
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(session(clear_first=True))
        await prepare_images(engine, [workshop.pod()], load([path]).mirrored)
        watcher = stack.enter_context(broadcast.watch())
        room = await stack.enter_async_context(
            serving.classroom(
                engine, workshop, lesson, settings, count=seats, warm=seats if warm is None else warm,
                broadcast=broadcast, on_action=_told,
            )
        )  # fmt: skip
        telling = asyncio.create_task(_tell(watcher, room.pool))
        try:
            await stack.enter_async_context(serving.listen(room, where))
            tickets, code = await _codes(room, people, class_code)
            await _made(room.pool)
            _print(room, where, known, tickets, code)
            await asyncio.Event().wait()
        finally:
            telling.cancel()
            if removes:
                await _end(room.pool)
            else:
                say("seats and progress stay as they are; `podlab serve` again takes them up")


def _names(file: str) -> list[str]:
    from podlab.workshop.people import read

    return read(_text(file))


def _text(file: str) -> str:
    try:
        return Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"cannot read {file}: {error}", subject=file) from error


def _password(file: str | None, *, is_new: bool) -> str | None:
    """What `serving.trainer` takes."""
    if file is None:
        return "" if is_new else None
    lines = _text(file).splitlines()
    if not lines or not lines[0].strip():
        raise Invalid(f"{file} has no password in its first line", subject=file)
    return lines[0].strip()


def _tls(text: str) -> Any:
    if text in ("auto", "self-signed", "off"):
        return text
    certificate, comma, key = text.partition(",")
    if not comma and not Path(certificate).exists():
        raise Usage(f"--tls is auto, self-signed, off or CERT,KEY; there is no file {text!r}")
    return Path(certificate), Path(key) if comma else None


async def _codes(
    room: Classroom, people: list[str] | None, class_code: str | None
) -> tuple[list[Ticket], str]:
    """Codes that are new, and the class's, in clear; what was given out before stays as it is."""
    seats, known = room.workshop.spec.seats, await room.admission.people()
    claim = (seats.claim if seats else None) or "code"
    if class_code is None and claim == "open" and not room.admission.has_class_code:
        from podlab.workshop.codes import make

        class_code = make()
    if class_code is not None:
        await room.admission.set_class_code(class_code)
    if people is not None:
        new = [name for name in people if name not in known.values()]
        return await room.admission.issue(new), class_code or ""
    if claim == "named" and not known:
        warn("codes are for names, and there is none yet: --names FILE, or the trainer's page")
    if claim == "code" and len(known) < room.pool.count:
        return await room.admission.issue([""] * (room.pool.count - len(known))), class_code or ""
    return [], class_code or ""


async def _made(pool: Pool) -> None:
    """Until as many seats are ready as are to be, or cannot be made for now."""
    with pool.broadcast.watch() as watcher:
        if _is_made(pool):
            return
        async for _ in watcher:
            if _is_made(pool):
                return


def _is_made(pool: Pool) -> bool:
    from podlab.workshop.seat import State

    living = [seat for seat in pool.seats if seat.state is not State.ENDED]
    is_enough = sum(seat.is_free for seat in living) >= pool.warm or len(living) >= pool.count
    return is_enough and not any(seat.state in (State.MAKING, State.RESETTING) for seat in living)


async def _tell(watcher: Watcher, pool: Pool) -> None:
    """A line for each seat that is ready or cannot be made, and for what failed behind."""
    from podlab.workshop.events import SeatChanged, Trouble
    from podlab.workshop.seat import State

    states: dict[int, State] = {seat.id: seat.state for seat in pool.seats}
    begun = asyncio.get_running_loop().time()
    async for event in watcher:
        if isinstance(event, Trouble):
            warn(event.message)
        if not isinstance(event, SeatChanged) or states.get(event.seat.id) is event.seat.state:
            continue
        seat = event.seat
        before, states[seat.id] = states.get(seat.id), seat.state
        if seat.state is State.BROKEN:
            warn(f"seat {seat.pod} could not be made, and is tried again: {seat.problem}")
        elif seat.is_ready and before is not State.WARM:
            ready = sum(each.is_ready for each in pool.seats)
            took = asyncio.get_running_loop().time() - begun
            say(f"seat {seat.pod} is ready: {ready} of {max(pool.warm, ready)}, after {took:.1f} s")
        elif seat.state is State.ENDED:
            say(f"seat {seat.pod} has ended")


def _told(action: Action) -> None:
    from podlab.cli.agent import line

    say(line(action))


async def _end(pool: Pool) -> None:
    from podlab.workshop.seat import State

    living = [seat for seat in pool.seats if seat.state is not State.ENDED]
    pool.resize(count=len(pool.seats), warm=0)
    say(f"ending {len(living)} seats")
    for seat in living:
        await pool.end(seat.id)
    await pool.settled()


def _print(room: Classroom, where: Listening, known: Trainer, tickets: list[Ticket], class_code: str) -> None:
    """What the trainer needs, on stdout."""
    ready = sum(seat.is_ready for seat in room.pool.seats)
    url = where.public_url
    lines = [
        "", f"{paint(room.title, 'bold', sys.stdout)}: {ready} of {room.pool.count} seats are ready", "",
        f"  attendees    {url}/",
        f"  trainer      {url}/trainer/" + (f"#{known.password}" if known.password else ""),
    ]  # fmt: skip
    if known.password:
        lines.append(f"  password     {known.password}   (shown this once)")
    else:
        lines.append("  password     as before; --new-password makes another")
    if where.fingerprint:
        lines.append(f"  certificate  its own, which browsers warn of; SHA-256 {where.fingerprint}")
    if where.context is None and not where.public_url.startswith("https"):
        lines.append("  no TLS       whoever is on the same network can read along; see --tls")
    if class_code:
        lines.append(f"  class code   {class_code}")
    lines += [f"  code         {each.code}   {url}/#{each.code}   {each.name}".rstrip() for each in tickets]
    if tickets:
        lines.append("  Codes are shown this once; the trainer's page and `podlab seats cards` make new ones.")
    click.echo("\n".join([*lines, "", "Ctrl-C ends the portal."]), color=True)
