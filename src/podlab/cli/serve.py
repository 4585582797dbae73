"""`podlab serve DIR`: a workshop, from nothing to links for everybody."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from podlab.cli import serving_lines
from podlab.cli.command import command as declare
from podlab.cli.level import level_option
from podlab.cli.prepared import prepare_workshop
from podlab.cli.runner import say, warn
from podlab.cli.session import is_for_cluster, session
from podlab.errors import Invalid, Usage

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.manifest.level import Choice


@declare(
    "serve",
    is_server=True,
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
    "--warm",
    type=click.IntRange(0, 500),
    metavar="N",
    help="Keep N free seats ready, and make others as people come.",
)
@click.option(
    "--listen",
    default="0.0.0.0:8443",
    show_default=True,
    metavar="ADDRESS:PORT",
    help="Where browsers connect.",
)
@click.option(
    "--tls",
    default="auto",
    show_default=True,
    metavar="auto|self-signed|off|CERT,KEY",
    help="auto: a certificate of its own, but plain HTTP where only this machine can connect.",
)
@click.option(
    "--public-url", default="", metavar="URL", help="How browsers come here, with a proxy before it."
)
@click.option(
    "--preview-port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="Where web pages of seats are seen: the first of a port for each preview, else the one after the portal's.",
)
@click.option(
    "--preview-names",
    default="",
    metavar="URL",
    help="Or at names, which lead there: https://*.previews.example.org",
)
@click.option(
    "--names",
    type=click.Path(),
    metavar="FILE",
    help="A code for each name: a line each, or CSV with a column `name`.",
)
@click.option("--class-code", metavar="CODE", help="Whoever knows it gets a seat, and a code of their own.")
@level_option
@click.option("--state", type=click.Path(), metavar="DIR", help="Where seats, codes and progress are kept.")
@click.option("--new-password", is_flag=True, help="Make another password for the trainer.")
@click.option(
    "--password-file",
    type=click.Path(),
    metavar="FILE",
    help="The trainer's password is this file's first line.",
)
@click.option(
    "--language",
    default="en",
    show_default=True,
    type=click.Choice(["en", "de"]),
    help="For browsers that ask for none of these.",
)
@click.option("--attendees-may-extend", is_flag=True, help="Attendees may give themselves more time.")
@click.option(
    "--lan", "closes_lan", is_flag=True, help="Close private addresses to seats, too; name servers stay."
)
@click.option("--rm", "removes", is_flag=True, help="At the end, end all seats.")
async def command(
    path: str, seats: int | None, warm: int | None, listen: str, tls: str, public_url: str,
    preview_port: int | None, preview_names: str, names: str | None,
    class_code: str | None, state: str | None, new_password: bool, password_file: str | None, language: str,
    level: Choice | None, attendees_may_extend: bool, closes_lan: bool, removes: bool,
) -> None:  # fmt: skip
    """Run a workshop: seats behind a link, with lesson, terminals, quizzes and checks in the browser.

    Images are prepared and seats brought up; then the links and codes are printed. Ctrl-C ends the portal and
    leaves seats and progress as they are; the next `podlab serve` takes them up again. With --rm they end.

    Where the workshop's `claim` is `code`, everybody gets a code of their own; with `open`, there is one for the
    class; with `free`, none is needed; with `named`, codes are for the names of --names.
    """
    from podlab.lesson import load_workshop
    from podlab.portal import listening, serving
    from podlab.portal.settings import Settings
    from podlab.portal.static_files import StaticFiles
    from podlab.workshop.admission import admit, check_class_code
    from podlab.workshop.events import Broadcast
    from podlab.workshop.lab import set_up as lab
    from podlab.workshop.place import place as place_of

    people = _names(names) if names else None
    # What can be wrong is told before anything is made.
    StaticFiles()
    listening.parse(listen)
    if class_code is not None:
        check_class_code(class_code)
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(session(clear_first=True))
        workshop, lesson = load_workshop(await _folder(stack, engine, path), for_cluster=is_for_cluster())
        for each in lesson.warnings:
            warn(each)
        workshop = lab.at_level(workshop, level)
        engine = lab.at_lab(engine, workshop)
        place = place_of(workshop.metadata.name, state)
        where = listening.listening(
            listen, place, tls=_tls(tls), public_url=public_url, preview_port=preview_port,
            preview_names=preview_names, previews=[each.port for each in workshop.spec.previews],
        )  # fmt: skip
        known = serving.trainer(place, new_password=_password(password_file, is_new=new_password))
        settings = Settings(
            place=place, public_url=where.public_url, secret=place.secret(), token=serving.token(),
            password_hash=known.password_hash, language=language, attendees_may_extend=attendees_may_extend,
        )  # fmt: skip
        ready = await lab.set_up(
            engine, workshop, lambda settled: prepare_workshop(engine, settled, lesson), seats=seats,
            closes_lan=closes_lan,
        )  # fmt: skip
        for each in ready.warnings:
            warn(each)
        broadcast = Broadcast()
        watcher = stack.enter_context(broadcast.watch())
        room = await stack.enter_async_context(
            serving.classroom(
                engine, ready.workshop, lesson, settings, count=seats, warm=seats if warm is None else warm,
                lab=ready, previews=where.previews, broadcast=broadcast, on_action=serving_lines.action,
            )
        )  # fmt: skip
        telling = asyncio.create_task(serving_lines.tell(watcher, room.pool))
        try:
            await stack.enter_async_context(serving.listen(room, where))
            await room.pool.filled()
            given = await admit(room.admission, room.workshop, room.pool.count, people, class_code)
            if given.needs_names:
                warn("codes are for names, and there is none yet: --names FILE, or the trainer's page")
            serving_lines.links(room, where, known, given)
            serving.keep_trainer(place, known)
            await asyncio.Event().wait()
        finally:
            telling.cancel()
            if removes:
                say("ending all seats")
                await room.pool.end_all()
                await lab.take_down(engine, workshop)
            else:
                say("seats and progress stay as they are; `podlab serve` again takes them up")


async def _folder(stack: AsyncExitStack, engine: Engine, path: str) -> str:
    """Of the workshop; that of a bundle once its images are on the engine."""
    from podlab.images.store import HoldsImages
    from podlab.workshop.bundle import reading as bundle

    if not bundle.is_bundle(Path(path)):
        return path
    from podlab.cli.image_progress import lines

    say(f"checking {path}")
    with lines() as shown:
        opening = bundle.opened(Path(path), on_bytes=shown.bytes)
        found = await asyncio.to_thread(opening.__enter__)
        stack.push(opening)
        if isinstance(engine, HoldsImages):
            for name in await found.load_images(engine.image_store, on_bytes=shown.bytes):
                say(f"image {name} is loaded")
    return str(found.workshop)


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
