"""podlab attach: a container's own process."""

from __future__ import annotations

import click

from podlab.cli import terminal
from podlab.cli.command import command as declare
from podlab.cli.command import container_option, pod_argument
from podlab.cli.session import session
from podlab.cli.streaming import detach_keys_option, stream
from podlab.errors import Conflict
from podlab.status import State


@declare("attach", example="podlab attach web\npodlab attach --no-stdin web -c app")
@click.option("--no-stdin", is_flag=True, help="Only show its output.")
@detach_keys_option
@container_option(help="To this container; the pod's default one otherwise.")
@pod_argument()
async def command(pod: str, container: str | None, no_stdin: bool, detach_keys: str) -> int:
    """Connect to the process that a container was started with; its exit code is ours.

    Signals such as Ctrl-C go to the process. Of a container with a terminal (`tty: true`), every key goes
    there, and Ctrl-P Ctrl-Q leaves it running.
    """
    from podlab.pods.target import chosen_container

    async with session() as engine:
        container = await chosen_container(engine, pod, container)
        found = (await engine.get(pod)).container(container)
        if found and found.state is not State.RUNNING:
            raise Conflict(
                f"cannot attach to container '{container}' of pod '{pod}': it is not running",
                subject=container,
                hint=f"`podlab start {pod} -c {container}` starts it; `podlab logs {pod}` has its output",
            )
        spec = (await engine.spec(pod)).container(container)
        stdin = not no_stdin and bool(spec and spec.stdin)
        tty = bool(spec and spec.tty)
        if stdin and tty:
            terminal.require_tty()
        process = await engine.attach(pod, container, stdin=stdin, detach_keys=detach_keys)
        if tty and (size := terminal.size()):
            # A program redraws only when the size differs: https://github.com/docker/cli/blob/v26.1.5/cli/command/container/attach.go#L165
            await process.resize(size[0], size[1] % 9999 + 1)
            await process.resize(*size)
        return await stream(process, stdin=stdin, tty=tty, ends_with_us=False)
