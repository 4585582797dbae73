"""`podlab up FILE|DIR…`: pods as their files say."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

import click

from podlab.cli import objects, workloads
from podlab.cli.command import command as declare
from podlab.cli.command import duration
from podlab.cli.output import output_option, print_json
from podlab.cli.prepared import prepare_images
from podlab.cli.runner import say, warn
from podlab.cli.session import is_for_cluster, session
from podlab.cli.waiting import Waiting
from podlab.errors import Usage
from podlab.pods.up import up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podlab.engines.base import Change, Engine
    from podlab.manifest import Loaded
    from podlab.model import Pod
    from podlab.model.workloads import Workload
    from podlab.objects import Object


@declare(
    "up",
    example="""
        podlab up pod.yaml
        podlab up --replicas 3 --no-wait pod.yaml
        podlab up --dry-run pod.yaml          the plain docker commands that would do the same
        cat pod.yaml | podlab up -""",
)
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR...", type=click.Path())
@click.option(
    "--dry-run", is_flag=True, help="Print the commands that would do the same, and change nothing."
)
@click.option(
    "--no-wait", is_flag=True, help="Return when the containers are started, not when they are ready."
)
@click.option(
    "--timeout",
    type=duration,
    default="2m",
    show_default=True,
    metavar="DURATION",
    help="How long to wait until ready.",
)
@click.option(
    "--replicas", type=click.IntRange(1, 1000), metavar="N", help="Make N pods of each: NAME-0, NAME-1, …"
)
@click.option("--name", metavar="NAME", help="Another name for the pod of the file.")
@click.option("--replace", is_flag=True, help="Remove the pods first, with what is in their volumes.")
@click.option("--isolated", is_flag=True, help="No other pod can reach these.")
@click.option(
    "--lifetime",
    type=duration,
    metavar="DURATION",
    help="The pods end after this time (activeDeadlineSeconds).",
)
@click.option(
    "--share", type=click.Choice(["pid"]), help="Share the process list, too (shareProcessNamespace)."
)
@click.option("--keep-on-error", is_flag=True, help="Leave what was made of a pod that cannot be made whole.")
@click.option(
    "--allow-ignored",
    multiple=True,
    metavar="FIELD",
    help="Warn of this field instead of refusing it; repeatable.",
)
@output_option("text", "json", "name")
async def command(
    paths: Sequence[str], dry_run: bool, no_wait: bool, timeout: int, replicas: int | None, name: str | None,
    replace: bool, isolated: bool, lifetime: int | None, share: str | None, keep_on_error: bool,
    allow_ignored: Sequence[str], output: str,
) -> None:  # fmt: skip
    """Make pods as their files say, and wait until they are ready.

    ConfigMaps, Secrets and claims of the files come first, then missing images. What is there already and does not
    differ is left alone; of a changed pod only the containers that differ are made anew. A pod that fails to come up
    is undone, as it is on Ctrl-C.
    """
    from podlab.manifest import load

    loaded = load(paths, allow_ignored=allow_ignored, for_cluster=is_for_cluster())
    await bring_up(
        loaded, dry_run=dry_run, no_wait=no_wait, timeout=timeout, replicas=replicas, name=name, replace=replace,
        isolated=isolated, lifetime=lifetime, share=share, keep_on_error=keep_on_error, output=output,
    )  # fmt: skip


async def bring_up(
    loaded: Loaded, *, dry_run: bool = False, no_wait: bool, timeout: int, replicas: int | None = None,
    name: str | None = None, replace: bool = False, isolated: bool = False, lifetime: int | None = None,
    share: str | None = None, keep_on_error: bool = False, output: str,
) -> None:  # fmt: skip
    """All that the files hold, with what the command line says of it; and tell what was done."""
    for warning in loaded.warnings:
        warn(warning)
    made = [
        workloads.changed(
            each, isolated=isolated, share=share, lifetime=lifetime, replicas=replicas, name=name
        )
        for each in loaded.workloads
    ]
    pods = [_changed(pod, isolated, lifetime, share) for pod in _named(loaded.pods, name, replicas)]
    changes: dict[str, set[str]] = {pod.name: set() for pod in pods}

    def on_change(change: Change) -> None:
        changes[change.pod].add(change.verb if not change.container else "change")

    started = time.monotonic()
    async with session(clear_first=True) as engine:
        if dry_run:
            if engine.has_node:
                await _preview(engine, pods, loaded.objects, made)
            else:
                await _preview(engine, [*pods, *workloads.all_pods(made)], loaded.objects)
            return
        kept = await objects.put(engine, loaded.objects)
        await prepare_images(engine, [*pods, *workloads.first_pods(made)], loaded.mirrored)
        with Waiting() as waiting:
            await up(
                engine, pods, wait=not no_wait, timeout_s=timeout, replace=replace, keep_on_error=keep_on_error,
                on_change=on_change, on_progress=waiting.show,
            )  # fmt: skip
            done = await workloads.up(
                engine, made, wait=not no_wait, timeout_s=timeout, replace=replace, on_progress=waiting.show
            )
        for warning in await objects.left_out(engine, pods):
            warn(warning)
        owned = [each for each in await engine.list() if workloads.is_of(each, made)] if made else []
        if output == "json":
            names = [*(pod.name for pod in pods), *(each.name for each in owned)]
            print_json([await engine.get(each) for each in names])
            return
    took = time.monotonic() - started
    if output == "name":
        click.echo("\n".join([pod.name for pod in pods] + [each.name for each in owned]))
        return
    for line in kept:
        click.echo(line)
    for pod in pods:
        did = "created" if "create" in changes[pod.name] else "changed" if changes[pod.name] else "unchanged"
        click.echo(f"pod/{pod.name} {did}{'' if no_wait else ', ready'}")
    for workload, put, has_changes in done:
        click.echo(workloads.line(workload, put, has_changes, owned, waited=not no_wait))
    count = len(pods) + len(owned)
    say(f"{count} pod{'s' * (count != 1)} in {took:.1f} s")


async def _preview(
    engine: Engine, pods: Sequence[Pod], kept: Sequence[Object], made: Sequence[Workload] = ()
) -> None:
    """Workloads that the engine runs itself are shown as they are. What such an engine is given are documents."""
    previews = await objects.preview(engine, [*kept, *made])
    for pod in pods:
        if text := await engine.preview(pod, objects=kept):
            previews.append(text)
    click.echo(
        ("---\n" if engine.has_node else "\n").join(previews)
        if previews
        else "# nothing to do: the pods are as wanted"
    )


def _named(pods: Sequence[Pod], name: str | None, replicas: int | None) -> list[Pod]:
    if name and len(pods) != 1:
        raise Usage(
            f"--name names one pod, and the files have {len(pods)}", hint="give one file with one pod"
        )
    named = [_renamed(pod, name) if name else pod for pod in pods]
    if replicas is None:
        return named
    return [_renamed(pod, f"{pod.name}-{ordinal}") for pod in named for ordinal in range(replicas)]


def _renamed(pod: Pod, name: str) -> Pod:
    from podlab.manifest import check_pod_name

    check_pod_name(name)
    return dataclasses.replace(pod, metadata=dataclasses.replace(pod.metadata, name=name))


def _changed(pod: Pod, isolated: bool, lifetime: int | None, share: str | None) -> Pod:
    from podlab.model import ISOLATED

    metadata, spec = pod.metadata, pod.spec
    if isolated:
        metadata = dataclasses.replace(metadata, annotations={**metadata.annotations, ISOLATED: "true"})
    if lifetime is not None:
        spec = dataclasses.replace(spec, active_deadline_seconds=lifetime)
    if share == "pid":
        spec = dataclasses.replace(spec, share_process_namespace=True)
    return dataclasses.replace(pod, metadata=metadata, spec=spec)
