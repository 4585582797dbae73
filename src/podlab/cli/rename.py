"""`podlab rename OLD NEW`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podlab.cli.ask import confirm
from podlab.cli.command import command as declare
from podlab.cli.command import duration, pod_argument
from podlab.cli.output import output_option, print_json
from podlab.cli.prepared import prepare_images
from podlab.cli.session import session
from podlab.cli.waiting import Waiting
from podlab.status import Phase

if TYPE_CHECKING:
    from podlab.model import Pod


@declare("rename", example="podlab rename web shop\npodlab rename --force web shop")
@pod_argument()
@click.argument("new")
@click.option("-f", "--force", is_flag=True, help="Do not ask.")
@click.option("--no-wait", is_flag=True, help="Return when the containers are started.")
@click.option("--timeout", type=duration, default="2m", show_default=True, metavar="DURATION",
              help="How long to wait until ready.")  # fmt: skip
@output_option("text", "json")
async def command(pod: str, new: str, force: bool, no_wait: bool, timeout: int, output: str) -> None:
    """Give POD another name, which is also its name on the network.

    This is not done without a restart: no engine lets the labels of a container be changed, by which a pod is found.
    The pod is stopped and made anew with its ports. What its emptyDir volumes hold on disk is copied over; what is in
    memory, and what containers wrote outside of volumes, is lost. A lifetime begins anew. Claims, ConfigMaps and
    Secrets stay what they are. Where anything fails, the pod goes on under its old name.
    """
    from podlab.pods.ready import wait_ready
    from podlab.pods.rename import rename

    async with session(clear_first=True) as engine:
        before = await engine.spec(pod)
        if not force and not await confirm(_question(before, new)):
            raise click.Abort
        await prepare_images(engine, [before])
        await rename(engine, pod, new)
        if not no_wait and (await engine.get(new)).phase in (Phase.PENDING, Phase.RUNNING):
            with Waiting() as waiting:
                await wait_ready(engine, new, timeout_s=timeout, drives=True, on_progress=waiting.show)
        status = await engine.get(new)
    if output == "json":
        print_json(status)
    else:
        click.echo(f"pod/{pod} renamed: pod/{new}")


def _question(pod: Pod, new: str) -> str:
    from podlab.pods.rename import kept_volumes, lost_volumes

    kept = list(dict.fromkeys(each.volume for each in kept_volumes(pod)))
    parts = [f"Pod '{pod.name}' is stopped and made anew as '{new}'."]
    if kept:
        parts.append(f"Copied: {', '.join(kept)}.")
    if lost := lost_volumes(pod):
        parts.append(f"Lost, as it is in memory: {', '.join(lost)}.")
    return " ".join([*parts, "Go on?"])
