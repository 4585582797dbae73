"""`podlab images prepare|list|save|load`: the images that pods need, wherever they come from."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from podlab.cli.command import Group
from podlab.cli.output import output_option, print_json, print_table, since, size
from podlab.cli.runner import say, warn
from podlab.cli.session import session
from podlab.cli.workloads import first_pods
from podlab.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from podlab.cli.image_progress import Lines
    from podlab.engines.base import Engine
    from podlab.images.needs import Policy
    from podlab.images.prepare import Source
    from podlab.images.store import ImageStore
    from podlab.model import Pod
    from podlab.objects import Object
    from podlab.pods.pull_secrets import Logins

command = Group("images", help="Prepare, list, save and load the images that pods need.")

_PATHS = click.argument("paths", nargs=-1, metavar="[PATH|IMAGE]...", type=click.Path())
_FROM = click.option(
    "--from",
    "source",
    type=click.Choice(["auto", "hub", "debian"]),
    default="auto",
    show_default=True,
    help="Pull, and build from Debian packages what cannot be pulled (auto); only pull (hub); build whatever "
    "podlab has a recipe for (debian).",
)
_FILE = click.argument("file", type=click.Path(path_type=Path))


@command.subcommand(
    "prepare",
    example="""
        podlab images prepare
        podlab images prepare pod.yaml examples/docker-pods
        podlab images prepare busybox docker:dind
        podlab images prepare --from debian pod.yaml""",
)
@_PATHS
@_FROM
@output_option("table", "json")
async def prepare(paths: Sequence[str], source: str, output: str) -> None:
    """Make sure that images are on the engine: each IMAGE, and all that the pods in PATH need.

    What is there as a file or folder is a PATH. Without any: the images that podlab itself uses or can build.
    An image that is on the engine is used. One that is missing is pulled, or, where its registry cannot be
    reached, built from Debian packages, and labelled so.
    """
    from podlab.images.prepare import prepare

    wanted, mirrored, pods, objects = _wanted(paths)
    async with session() as engine:
        logins = await _logins(engine, pods, objects)
        with _lines() as lines:
            done = await prepare(
                _store(engine),
                wanted,
                mirrored=mirrored,
                logins=logins,
                source=cast("Source", source),
                on_progress=lines.show,
                on_warning=warn,
                on_done=lines.finish,
            )
    if output == "json":
        print_json(done)
        return
    rows = [[p.reference, p.how, size(p.size_bytes), f"{p.seconds:.1f}s", p.built_from or "-"] for p in done]
    print_table(["IMAGE", "HOW", "SIZE", "TOOK", "BUILT FROM"], rows)


@command.subcommand("list", example="podlab images list\npodlab images list -o json")
@click.option("-a", "--all", "everything", is_flag=True, help="Also images that no pod uses.")
@output_option("table", "json")
async def list_(everything: bool, output: str) -> None:
    """List the images that pods use and those that podlab built or can build.

    FROM says where each came from: pulled, built (from what), or loaded.
    """
    from podlab.images.inventory import inventory

    async with session() as engine:
        found = await inventory(_store(engine), [await engine.spec(pod.name) for pod in await engine.list()])
    found = [item for item in found if everything or item.is_ours]
    if output == "json":
        print_json(found)
        return
    print_table(
        ["IMAGE", "ID", "SIZE", "AGE", "FROM", "USED BY"],
        [
            [
                item.reference,
                item.id.removeprefix("sha256:")[:12],
                size(item.size_bytes),
                since(datetime.fromtimestamp(item.created_at, UTC)),
                item.origin,
                ", ".join(item.pods) or "-",
            ]
            for item in found
        ],
    )


@command.subcommand(
    "save",
    example="""
        podlab images save lab.tar
        podlab images save lab.tar.gz examples/docker-pods""",
)
@_FILE
@_PATHS
async def save(file: Path, paths: Sequence[str]) -> None:
    """Write each IMAGE and those that the pods in PATH need to FILE, as one bundle for a machine without network.

    Without any: those that podlab itself uses or can build, as far as they are on the engine. `docker load`
    reads the bundle, too. A name that ends in .gz is compressed.
    """
    from podlab.images.bundle import save

    async with session() as engine:
        store = _store(engine)
        references = list(_wanted(paths)[0]) if paths else await _there(store)
        with _lines() as lines:
            written = await save(store, references, file, on_bytes=lambda done: lines.bytes(str(file), done))
    say(f"{len(references)} images in {file} ({size(written)})")


@command.subcommand("load", example="podlab images load lab.tar")
@_FILE
async def load(file: Path) -> None:
    """Put the images of a bundle on the engine: what `podlab images save` or `docker save` wrote."""
    from podlab.images.bundle import load

    async with session() as engine:
        with _lines() as lines:
            loaded = await load(
                _store(engine), file, on_bytes=lambda done, total: lines.bytes(str(file), done, total)
            )
    for reference in sorted(loaded):
        click.echo(reference)


def _store(engine: Engine) -> ImageStore:
    from podlab.images.store import HoldsImages

    if isinstance(engine, HoldsImages):
        return engine.image_store
    raise Unsupported(
        f"podlab does not see to the images of engine {engine.name!r}: its nodes pull what they need",
        subject=engine.name,
    )


def _wanted(
    paths: Sequence[str],
) -> tuple[dict[str, Policy], Sequence[str], Sequence[Pod], Sequence[Object]]:
    """The images that are to be on the engine, and those that the mirror is to hold; the pods that want them, and the
    objects beside these."""
    from podlab.images.needs import builtin, needed

    if not paths:
        return builtin(on_demand=False), [], [], []
    from podlab.manifest import load

    named: dict[str, Policy] = {each: "IfNotPresent" for each in paths if not _is_path(each)}
    if len(named) == len(set(paths)):
        return named, [], [], []
    loaded = load([each for each in paths if each not in named])
    for warning in loaded.warnings:
        warn(warning)
    mirrored: dict[str, Policy] = dict.fromkeys(loaded.mirrored, "IfNotPresent")
    pods = [*loaded.pods, *first_pods(loaded.workloads)]
    return named | mirrored | needed(pods), loaded.mirrored, pods, loaded.objects


async def _logins(engine: Engine, pods: Sequence[Pod], objects: Sequence[Object]) -> Logins:
    from podlab.pods.pull_secrets import of_pods

    return await of_pods(engine, pods, objects=objects, on_warning=warn)


def _is_path(text: str) -> bool:
    """A file that is missing must not be looked for in a registry."""
    return (
        Path(text).exists()
        or text == "-"
        or text.startswith(("/", "."))
        or text.endswith((".yaml", ".yml", ".json"))
    )


async def _there(store: ImageStore) -> list[str]:
    from podlab.images.needs import builtin
    from podlab.images.reference import parse

    tags = {parse(tag).full for image in await store.images() for tag in image.tags}
    return [reference for reference in builtin() if parse(reference).full in tags]


@contextmanager
def _lines() -> Iterator[Lines]:
    """A line for each image on stderr; results go to stdout."""
    from podlab.cli.image_progress import Bars, Plain

    with Bars() if sys.stderr.isatty() else Plain() as lines:
        yield lines
