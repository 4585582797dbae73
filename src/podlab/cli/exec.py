"""podlab exec: a command in a container."""

from __future__ import annotations

import re

import click

from podlab.cli import terminal
from podlab.cli.command import command as declare
from podlab.cli.command import container_option, pod_argument
from podlab.cli.session import session
from podlab.cli.streaming import detach_keys_option, stream
from podlab.engines.base import ExecOptions
from podlab.errors import Invalid


@declare(
    "exec",
    rest_after=1,
    example="""podlab exec web -- ls -l /srv
        podlab exec -it web -c app -- sh
        tar c . | podlab exec -i web -- tar x -C /srv""",
)
@click.option("-i", "--stdin", "--interactive", is_flag=True, help="Pass our input on to the command.")
@click.option("-t", "--tty", is_flag=True, help="Give the command a terminal.")
@click.option("-d", "--detach", is_flag=True, help="Start it and leave; its output is lost.")
@click.option("-e", "--env", multiple=True, metavar="NAME=VALUE", help="A variable; NAME alone takes ours.")
@click.option("-w", "--workdir", metavar="DIR", default="", help="Where it starts, in the container.")
@click.option("-u", "--user", metavar="USER[:GROUP]", default="", help="A name or number.")
@click.option("--privileged", is_flag=True, help="With all rights of the machine.")
@detach_keys_option
@container_option(help="In this container; the pod's default one otherwise.")
@pod_argument()
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="[--] COMMAND...")
async def command(
    pod: str, container: str | None, words: tuple[str, ...], stdin: bool, tty: bool, detach: bool,
    env: tuple[str, ...], workdir: str, user: str, privileged: bool, detach_keys: str,
) -> int:  # fmt: skip
    """Run COMMAND in a container of POD; its exit code is ours.

    Without -c it runs in the pod's default container: the one that the annotation
    kubectl.kubernetes.io/default-container names, else the first with a terminal, else the first.

    Without -t, Ctrl-C and other signals go to the command, so that nothing runs on unseen. With -it every key
    goes there, and Ctrl-P Ctrl-Q leaves the command running. 126: it cannot be run. 127: it is not there.
    """
    from podlab.cli.variables import variables
    from podlab.pods.target import chosen_container

    if stdin and tty and not detach:
        terminal.require_tty()
    options = ExecOptions(
        tty=tty, stdin=stdin, detach=detach, env=variables(env), workdir=workdir, user=user,
        privileged=privileged, size=terminal.size() if tty else None, detach_keys=detach_keys,
    )  # fmt: skip
    async with session() as engine:
        container = await chosen_container(engine, pod, container)
        try:
            process = await engine.exec(pod, container, words, options)
        except (
            Invalid
        ) as error:  # only a detached one tells so: https://github.com/moby/moby/blob/v26.1.5/daemon/exec.go
            if not (detach and re.search(r"runtime exec failed", error.message)):
                raise
            click.echo(f"error: {error.message}", err=True)
            return 127 if re.search(r"not found|no such file", error.message) else 126
        if detach:
            return 0
        return await stream(process, stdin=stdin, tty=tty, ends_with_us=True)
