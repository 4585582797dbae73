"""`podlab bundle`: a workshop with all that it needs in one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from podlab.cli.command import command as declare
from podlab.cli.output import size
from podlab.cli.prepared import prepare_workshop
from podlab.cli.runner import say, warn
from podlab.cli.session import session
from podlab.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator


@declare(
    "bundle",
    example="podlab bundle examples/docker-pods\npodlab bundle examples/docker-pods -o lab.podlab.zip",
)
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "-o", "--output", "file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; without it, NAME.podlab.zip in this folder.",
)  # fmt: skip
@click.option("--no-wheels", is_flag=True, help="Without podlab itself, for machines that have it.")
async def command(path: Path, file: Path | None, no_wheels: bool) -> None:
    """Write a workshop, its images and podlab itself to one file, for a machine without network.

    PATH is the workshop's folder or file. Images that are missing are got first, those that the lesson names, too.
    `podlab serve FILE` checks and runs it; README.txt in the file, which is a plain zip, tells how to install podlab
    from it. The wheels are for machines of this one's kind.
    """
    from podlab.cli.image_progress import lines
    from podlab.images.store import HoldsImages
    from podlab.lesson import load_workshop
    from podlab.workshop.bundle import writing as bundling
    from podlab.workshop.bundle.reading import SUFFIX
    from podlab.workshop.lab.images import wanted

    workshop, lesson = load_workshop(path)
    name = workshop.metadata.name
    target = file or Path(f"{name}{SUFFIX}")
    async with session() as engine:
        if not isinstance(engine, HoldsImages):
            raise Unsupported(
                f"podlab does not see to the images of engine {engine.name!r}: its nodes pull what they need",
                subject=engine.name,
            )
        images = await prepare_workshop(engine, workshop, lesson, anywhere=True)
        if elsewhere := wanted(workshop, lesson).elsewhere:
            warn(f"the lesson names images that no mirror can serve: {', '.join(elsewhere)}")
        say(f"writing {target}")
        with lines() as shown:
            written = await bundling.write(
                engine.image_store, path, target, name=name, images=images,
                wheels=() if no_wheels else _wheels(), on_bytes=shown.bytes,
            )  # fmt: skip
    say(f"workshop {name} with {len(images)} images in {target} ({size(written)})")


def _wheels() -> Iterator[tuple[str, bytes]]:
    from podlab.workshop.bundle.wheels import unpackable, wheels

    if without := unpackable():
        warn(f"not in it, as the system's own packages installed them: {', '.join(without)}")
    yield from wheels()
