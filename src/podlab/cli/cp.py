"""podlab cp: files between this machine and a container."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from podlab.cli import stdio
from podlab.cli.command import command as declare
from podlab.cli.command import container_option
from podlab.cli.output import size
from podlab.cli.runner import warn
from podlab.cli.session import session
from podlab.errors import NotFound, Usage

if TYPE_CHECKING:
    from typing import Self

SHOWN_AFTER_S = 1


@declare(
    "cp",
    example="""podlab cp page.html web:/srv/
        podlab cp web:/var/log ./logs -c app
        podlab cp web:/etc - | tar t""",
)
@click.option("-L", "--follow-link", is_flag=True, help="Where SOURCE is a link, copy what it points to.")
@container_option(help="Of this container; the pod's default one otherwise.")
@click.argument("source")
@click.argument("target")
async def command(source: str, target: str, container: str | None, follow_link: bool) -> None:
    """Copy files: SOURCE and TARGET are a path here and POD:PATH, either way round.

    A folder is copied into an existing one under its name, or becomes a new one; DIR/. means what is in it.
    Modes, times and links are kept; what comes in belongs to root. `-` is a tar on standard input or output.
    A local path with a colon is written with its folder: ./a:b.
    """
    from podlab.pods.copy import Place, copy_in, copy_out
    from podlab.pods.target import chosen_container

    there, here = _pod_path(source), _pod_path(target)
    if (there is None) == (here is None):
        raise Usage("one of SOURCE and TARGET must be POD:PATH", hint="podlab cp page.html web:/srv/")
    async with session() as engine, _Progress() as progress:
        pod, path = there or here or ("", "")
        place = Place(engine, pod, await chosen_container(engine, pod, container), path)
        if there and target == "-":
            async for chunk in engine.read_archive(pod, place.container, place.absolute):
                progress.add(len(chunk))
                await stdio.write(1, chunk)
        elif there:
            for left_out in await copy_out(place, target, follow=follow_link, on_bytes=progress.add):
                warn(f"left out, neither file nor folder nor link: {left_out}")
        elif source == "-":
            place, found = await place.resolved()
            if found is None or not found.is_dir:
                raise NotFound(f"no such folder in the container: {path}", subject=path)
            await engine.write_archive(pod, place.container, place.absolute, stdio.stdin())
        else:
            await copy_in(source, place, follow=follow_link, on_bytes=progress.add)


def _pod_path(text: str) -> tuple[str, str] | None:
    """Pod and path, or None for a path on this machine."""
    pod, colon, path = text.partition(":")
    if not colon or not pod or "/" in pod or pod.startswith("."):
        return None
    if not path:
        raise Usage(f"{text} has no path", subject=text, hint=f"such as {pod}:/tmp")
    return pod, path


class _Progress:
    """A line on a terminal that says how much has been copied, where it takes longer than a moment."""

    def __init__(self) -> None:
        self._bytes = 0
        self._next = time.monotonic() + SHOWN_AFTER_S
        self._is_shown = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._is_shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def add(self, count: int) -> None:
        self._bytes += count
        now = time.monotonic()
        if now >= self._next and sys.stderr.isatty():
            self._next, self._is_shown = now + 0.1, True
            sys.stderr.write(f"\r\x1b[K{size(self._bytes)} copied")
            sys.stderr.flush()
