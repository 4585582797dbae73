"""`podlab deploy kubernetes|images`: a class in a cluster, portal and all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from podlab.cli.command import Group
from podlab.cli.level import level_option
from podlab.cli.main import version
from podlab.cli.runner import say, warn
from podlab.cli.session import session
from podlab.errors import AlreadyExists, Unsupported, Usage

if TYPE_CHECKING:
    from podlab.deploy.cluster import Deployment
    from podlab.engines.base import Engine
    from podlab.engines.kubernetes.engine import KubernetesEngine
    from podlab.manifest.level import Choice
    from podlab.manifest.workshop import Workshop

command = Group("deploy", help="Give a workshop from inside a cluster: its portal runs there, too.")
_SEATS = click.option(
    "--seats", type=click.IntRange(1, 500), metavar="N", help="So many seats, made at once."
)


@command.subcommand(
    "kubernetes",
    example="""
        podlab deploy kubernetes examples/docker-pods --level privileged --public-url https://lab.example.org
        podlab deploy kubernetes examples/docker-pods --level privileged --dry-run | less
        podlab deploy kubernetes examples/docker-pods --level privileged -o manifests""",
)
@click.argument("path", metavar="DIR", type=click.Path(exists=True, path_type=Path))
@_SEATS
@level_option
@click.option("--public-url", default="", metavar="URL", help="How browsers come there; makes an Ingress.")
@click.option(
    "--preview-names",
    default="",
    metavar="URL",
    help="Where web pages of seats are: https://*.previews.example.org",
)
@click.option("--tls-secret", default="", metavar="NAME", help="The certificate's Secret, for the Ingress.")
@click.option("--ingress-class", default="", metavar="NAME", help="Which Ingress controller is meant.")
@click.option("--storage-class", default="", metavar="NAME", help="For the portal's volume.")
@click.option(
    "--image", default="", metavar="IMAGE", help="The portal's; without, podlab/portal of this version."
)
@click.option("--language", default="", metavar="en|de", help="For browsers that ask for none of these.")
@click.option("--dry-run", is_flag=True, help="Print the manifests; change nothing.")
@click.option(
    "-o", "--output", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path),
    help="Write the manifests to files, and change nothing.",
)  # fmt: skip
@click.option("--no-wait", is_flag=True, help="Do not wait until the portal answers.")
async def kubernetes(
    path: Path, seats: int | None, level: Choice | None, public_url: str, preview_names: str, tls_secret: str,
    ingress_class: str, storage_class: str, image: str, language: str, dry_run: bool, folder: Path | None,
    no_wait: bool,
) -> None:  # fmt: skip
    """Run a workshop's portal in a cluster, with all that its seats need there.

    Plain manifests are made and applied: a namespace for seats with quota, limits, network policies and an account
    without rights; a namespace for the portal with its account, volume, Service and Ingress; and a Role with what the
    portal does in the seats' namespace, and no more. Done again, only what differs is applied.

    The portal's password and codes are in its log. Its image and those of the seats must be on the nodes, or where
    the nodes pull them: `podlab deploy images` writes them to a file.
    """
    from podlab.deploy import carrying_out, cluster
    from podlab.deploy.folder import files
    from podlab.deploy.portal import Portal
    from podlab.engines.kubernetes.engine import KubernetesEngine
    from podlab.engines.kubernetes.lab.laying import addresses
    from podlab.engines.kubernetes.lab.sharing import has_default_storage
    from podlab.images.portal import reference
    from podlab.lesson import load_workshop
    from podlab.workshop.lab import mirror as lab_mirror
    from podlab.workshop.lab import set_up as lab
    from podlab.workshop.lab.level import settle

    if dry_run and folder:
        raise Usage("--dry-run prints and --output writes; say one of the two")
    workshop, lesson = load_workshop(path, for_cluster=True)
    for warning in lesson.warnings:
        warn(warning)
    workshop = lab.at_level(workshop, level)
    found = files(path)
    async with session() as connected:
        engine = _cluster(lab.at_lab(connected, workshop), KubernetesEngine)
        workshop, known = await settle(engine, workshop)
        if known.warning:
            warn(known.warning)
        ground = lab.ground_of(lab.fitted(engine, workshop), seats=seats)
        wanted = Portal(
            image=image or reference(version()), seats_namespace=engine.client.namespace,
            options=_options(workshop, ground.seats if seats else None, language), public_url=public_url,
            preview_names=preview_names, tls_secret=tls_secret, ingress_class=ingress_class,
            storage_class=storage_class,
        )  # fmt: skip
        keeps = lab_mirror.kept(workshop)
        made = cluster.deployment(
            ground, wanted, found, closed=await addresses(engine.client), keeps=keeps,
            has_storage=not keeps or await has_default_storage(engine.client),
        )  # fmt: skip
        if dry_run or folder:
            _write(made, folder)
            return
        await carrying_out.carry_out(
            engine.client, ground, made, on_done=lambda kind, name: say(f"{kind} {name}")
        )
        if not no_wait:
            say("waiting for the portal")
            await carrying_out.answered(engine.client, made)
    _tell(made, public_url)


@command.subcommand(
    "images",
    example="""
        podlab deploy images examples/docker-pods class.tar --level privileged
        ctr --namespace k8s.io images import class.tar        on each node, where no registry is""",
)
@click.argument("path", metavar="DIR", type=click.Path(exists=True, path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
@level_option
async def images(path: Path, file: Path, level: Choice | None) -> None:
    """Write all images that a cluster's nodes need for a workshop to FILE, made with a Docker Engine.

    Those of the seats at this level, the lab's mirror with what seats pull, and the portal's, which is made of this
    podlab. `ctr images import`, `docker load` and `podman load` read it; a registry's own tools push it.
    """
    from podlab.cli.image_progress import lines
    from podlab.cli.prepared import prepare_named, prepare_workshop
    from podlab.images import bundle, portal
    from podlab.images.store import HoldsImages
    from podlab.lesson import load_workshop
    from podlab.naming import FIREWALL_IMAGE, PYTHON_IMAGE
    from podlab.portal.static_files import StaticFiles
    from podlab.workshop.bundle.wheels import installed
    from podlab.workshop.lab import set_up as lab
    from podlab.workshop.lab.images import wanted

    workshop, lesson = load_workshop(path, for_cluster=True)
    workshop = lab.at_level(workshop, level or "privileged")
    StaticFiles()  # a portal without its front-end is of no use
    async with session() as engine:
        if not isinstance(engine, HoldsImages):
            raise Unsupported(
                f"the engine {engine.name!r} makes no images",
                subject=engine.name,
                hint="--engine docker does",
            )
        await prepare_workshop(engine, workshop, lesson)
        await prepare_named(engine, PYTHON_IMAGE)
        say("making the portal's image")
        program = installed("podlab", "kubernetes_asyncio")
        await portal.make(engine.image_store, program, version())
        names = [name for name in wanted(workshop, lesson).pods if name != FIREWALL_IMAGE]
        names.append(portal.reference(version()))
        with lines() as shown:
            written = await bundle.save(
                engine.image_store, names, file, on_bytes=lambda done: shown.bytes(str(file), done)
            )
    for name in names:
        click.echo(name)
    say(f"{len(names)} images in {file} ({written / 1e6:.0f} MB)")


def _cluster(engine: Engine, kind: type[KubernetesEngine]) -> KubernetesEngine:
    if isinstance(engine, kind):
        return engine
    raise Unsupported(
        f"the engine {engine.name!r} is no cluster", subject=engine.name, hint="say --engine kubernetes"
    )


def _options(workshop: Workshop, seats: int | None, language: str) -> tuple[str, ...]:
    """Of `podlab serve` in the cluster."""
    found = ["--level", workshop.spec.level] if workshop.spec.level else []
    found += ["--seats", str(seats)] if seats else []
    return (*found, *(["--language", language] if language else []))


def _write(made: Deployment, folder: Path | None) -> None:
    """A document each to a file in the order of their making, or all to the standard output."""
    from podlab.manifest.emit import text

    if folder is None:
        click.echo("---\n".join(text(each) for each in made.documents), nl=False)
        return
    folder.mkdir(parents=True, exist_ok=True)
    for number, each in enumerate(made.documents, 1):
        file = folder / f"{number:02}-{_name(each)}.yaml"
        try:
            with file.open("x", encoding="utf-8") as out:
                out.write(text(each))
        except FileExistsError as error:
            raise AlreadyExists(f"there is a file {file} already", subject=str(file)) from error
    say(f"{len(made.documents)} manifests in {folder}; kubectl apply --server-side -f {folder} applies them")


def _name(manifest: dict[str, Any]) -> str:
    return f"{manifest['kind'].lower()}-{manifest['metadata']['name']}"


def _tell(made: Deployment, public_url: str) -> None:
    from podlab.deploy.portal import NAME, PORT

    if public_url:
        click.echo(public_url)
    else:
        click.echo(f"kubectl --namespace {made.own} port-forward service/{NAME} {PORT}:{PORT}")
        click.echo(f"http://localhost:{PORT}")
    say(f"password and codes: kubectl --namespace {made.own} logs deployment/{NAME}")
    say(f"to remove all of it: kubectl delete namespace {made.seats} {made.own}")
