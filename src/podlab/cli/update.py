"""`podlab update`: newer images for pods that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from podlab.cli.command import command as declare
from podlab.cli.command import duration, pods_argument
from podlab.cli.output import output_option, plain, print_json
from podlab.cli.prepared import fetch
from podlab.cli.runner import warn
from podlab.cli.session import session
from podlab.cli.waiting import Waiting
from podlab.errors import Unsupported

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.images.store import ImageStore
    from podlab.pods.update import Outdated


@declare("update", example="podlab update web\npodlab update --dry-run web api\npodlab update --no-pull web")
@pods_argument()
@click.option("--dry-run", is_flag=True, help="Ask the registries and tell; get nothing, change nothing.")
@click.option("--no-pull", is_flag=True, help="Only with what the engine has, such as an image just built.")
@click.option("--no-wait", is_flag=True, help="Return when the containers are started.")
@click.option("--timeout", type=duration, default="2m", show_default=True, metavar="DURATION",
              help="How long to wait until ready.")  # fmt: skip
@output_option("text", "json")
async def command(
    pods: tuple[str, ...], dry_run: bool, no_pull: bool, no_wait: bool, timeout: int, output: str
) -> None:
    """Pull the images of pods again, and make those containers anew whose image is another one now.

    The pod keeps its namespaces, ports and volumes, and the other containers go on. An image by digest stays, as does
    one whose registry says that it is the newest. A registry that cannot be reached is an error, and nothing is
    changed; --no-pull asks none.
    """
    from podlab.images.store import HoldsImages

    timeout_s = None if no_wait else timeout
    async with session() as engine:
        if not isinstance(engine, HoldsImages):
            raise Unsupported(
                "this engine gets images by itself", hint="`podlab restart` makes it look again"
            )
        store = engine.image_store
        told = [await _one(engine, store, pod, dry_run, no_pull, timeout_s) for pod in dict.fromkeys(pods)]
    if output == "json":
        print_json(told[0] if len(told) == 1 else told)
        return
    for each in told:
        _tell(each, dry_run)


async def _one(
    engine: Engine, store: ImageStore, pod: str, dry_run: bool, no_pull: bool, timeout_s: int | None
) -> dict[str, Any]:
    from podlab.pods import pull_secrets
    from podlab.pods.ready import wait_ready
    from podlab.pods.update import offered, outdated, renew

    wanted = await engine.spec(pod)
    images = list(dict.fromkeys(each.image for each in wanted.members if "@" not in each.image))
    found: list[Any] = []
    if not no_pull:
        logins = await pull_secrets.of_pods(engine, [wanted], on_warning=warn)
        if dry_run:
            found = await offered(store, images, logins)
        else:
            await fetch(engine, dict.fromkeys(images, "Always"), logins)
    rows: list[Outdated] = await outdated(store, await engine.get(pod))
    if rows and not dry_run:
        await renew(engine, pod, rows)
        if timeout_s is not None:
            with Waiting() as waiting:
                await wait_ready(engine, pod, timeout_s=timeout_s, drives=True, on_progress=waiting.show)
    return {"pod": pod, "containers": plain(rows), "registries": plain(found)}


def _tell(told: dict[str, Any], dry_run: bool) -> None:
    pod = told["pod"]
    for row in told["containers"]:
        verb = "would be made anew" if dry_run else "made anew"
        click.echo(
            f"pod/{pod} {row['container']} {verb}: {row['image']} {_short(row['now'])} -> {_short(row['newer'])}"
        )
    for row in told["registries"]:
        why = f" ({row['message']})" if row["message"] else ""
        click.echo(f"{row['image']}: {_WORDS[row['what']]}{why}")
    if not told["containers"] and not any(row["what"] == "newer" for row in told["registries"]):
        click.echo(f"pod/{pod} unchanged")


_WORDS = {
    "newer": "the registry has a newer one", "same": "the newest", "unknown": "nobody can tell",
}  # fmt: skip


def _short(id: str) -> str:
    return id.removeprefix("sha256:")[:12]
