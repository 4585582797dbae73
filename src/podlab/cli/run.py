"""podlab run: an image as a new container of a pod, as `docker run --network container:…` does by hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from podlab.cli import terminal
from podlab.cli.command import command as declare
from podlab.cli.completion import complete_pods
from podlab.cli.prepared import prepare_images
from podlab.cli.runner import report
from podlab.cli.session import session
from podlab.cli.streaming import detach_keys_option, stream
from podlab.errors import PodlabError, Usage

if TYPE_CHECKING:
    from podlab.model import Pod

PODLAB_FAILED = 125
"""docker's code for what is no fault of the command.
https://docs.docker.com/reference/cli/docker/container/run/#exit-status"""


@declare(
    "run",
    example="""podlab run -d --pod lab --name registry registry:2
        podlab run -d --pod lab --privileged -v certs:/certs docker:dind
        podlab run -it --rm --pod lab -e DOCKER_HOST=tcp://localhost:2375 docker:cli sh""",
    context_settings={"allow_interspersed_args": False},
)
@click.option("--pod", required=True, metavar="POD", shell_complete=complete_pods, help="The pod to join.")
@click.option("--name", metavar="NAME", default=None, help="Its name in the pod; else one after the image.")
@click.option("-i", "--interactive", is_flag=True, help="Keep its input open, and pass ours on.")
@click.option("-t", "--tty", is_flag=True, help="Give it a terminal.")
@click.option("-d", "--detach", is_flag=True, help="Start it, print its name and leave.")
@click.option("-e", "--env", multiple=True, metavar="NAME=VALUE", help="A variable; NAME alone takes ours.")
@click.option(
    "-v", "--volume", "volumes", multiple=True, metavar="SOURCE:PATH[:ro]",
    help="A folder of the engine's machine (/…), or a volume of the pod by its name.",
)  # fmt: skip
@click.option("-w", "--workdir", metavar="DIR", default=None, help="Where it starts.")
@click.option("-u", "--user", metavar="UID[:GID]", default=None, help="Numbers, as pods know users.")
@click.option("--privileged", is_flag=True, help="With all rights of the machine.")
@click.option("--rm", is_flag=True, help="Remove the container when it has ended.")
@click.option(
    "--pull", type=click.Choice(["always", "missing", "never"]), default=None, help="When to pull the image."
)
@detach_keys_option
@click.argument("image")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND]...")
async def command(
    pod: str, name: str | None, interactive: bool, tty: bool, detach: bool, env: tuple[str, ...],
    volumes: tuple[str, ...], workdir: str | None, user: str | None, privileged: bool, rm: bool,
    pull: str | None, detach_keys: str, image: str, words: tuple[str, ...],
) -> int:  # fmt: skip
    """Run IMAGE as a new container of a pod: it shares the pod's network, and belongs to it from then on.

    Without -d its output is shown until it ends, and its exit code is ours; signals such as Ctrl-C go to it.
    With -it every key goes there, and Ctrl-P Ctrl-Q leaves it running. It is restarted as the pod's
    restartPolicy says. 125: podlab failed. 126: COMMAND cannot be run. 127: it is not there.
    """
    from podlab.cli.variables import variables
    from podlab.pods.change import change
    from podlab.pods.member import Wish, added, without

    if detach and rm:
        raise Usage("--rm and -d exclude each other", hint="`podlab rm POD NAME` removes it later")
    if interactive and tty and not detach:
        terminal.require_tty()
    wish = Wish(
        image=image, name=name, args=words, env=variables(env), volumes=volumes, workdir=workdir, user=user,
        is_privileged=privileged, stdin=interactive, tty=tty, pull=pull, ends_with_input=not detach,
    )  # fmt: skip
    try:
        async with session() as engine:
            wanted, name = added(await engine.spec(pod), wish)
            await prepare_images(engine, [wanted])
            hold: set[str] = set()

            def one_more(now: Pod) -> Pod:
                nonlocal name
                wanted, name = added(now, wish)  # a name that nobody gave is the next free one
                hold.clear()
                hold.update(() if detach else {name})
                return wanted

            await change(engine, pod, one_more, hold=hold)
            if detach:
                click.echo(name)
                return 0
            try:
                process = await engine.attach(pod, name, stdin=interactive, detach_keys=detach_keys)
                try:
                    await engine.start(pod, name)
                except BaseException:
                    await process.__aexit__()
                    raise
            except BaseException:
                await change(engine, pod, lambda now: without(now, name))
                raise
            if tty and (size := terminal.size()):
                await process.resize(*size)
            code = await stream(process, stdin=interactive, tty=tty, ends_with_us=False)
            if rm and not process.is_detached:
                await change(engine, pod, lambda now: without(now, name))
            return code
    except PodlabError as error:
        report(error)
        return _code(error.message)


def _code(message: str) -> int:
    """https://github.com/docker/cli/blob/v26.1.5/cli/command/container/run.go#L330"""
    if re.search(r"executable file not found|no such file or directory", message):
        return 127
    if re.search(r"permission denied|is a directory", message):
        return 126
    return PODLAB_FAILED
