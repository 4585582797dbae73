"""`podlab set image|env|resources`: change what a pod is wanted to be, a word at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from podlab.cli.command import Group, duration, pod_argument
from podlab.cli.completion import complete_containers
from podlab.cli.output import output_option, print_json
from podlab.cli.prepared import prepare_images
from podlab.cli.runner import say
from podlab.cli.session import session
from podlab.cli.waiting import Waiting
from podlab.errors import Usage
from podlab.pods import edits
from podlab.pods.change import change

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from podlab.model import Pod
    from podlab.status import PodStatus

command = Group("set", help="Change images, variables or bounds of a pod's containers.")


def _options(function: Any) -> Any:
    for option in (
        output_option("text", "json"),
        click.option("--timeout", type=duration, default="2m", show_default=True, metavar="DURATION",
                     help="How long to wait until ready."),
        click.option("--no-wait", is_flag=True, help="Return when the containers are started."),
    ):  # fmt: skip
        function = option(function)
    return function


@command.subcommand(
    "image", example="podlab set image web app=nginx:1.27\npodlab set image web '*=busybox:1.37'"
)
@_options
@pod_argument()
@click.argument("images", nargs=-1, required=True, metavar="CONTAINER=IMAGE...")
async def image(pod: str, images: tuple[str, ...], no_wait: bool, timeout: int, output: str) -> None:
    """Other images for containers of POD; * is every container. Only those are made anew whose image differs."""
    wanted = dict(_pair(each, "CONTAINER=IMAGE, such as app=nginx:1.27") for each in images)
    await _changed(pod, lambda now: edits.with_images(now, wanted), no_wait, timeout, output)


@command.subcommand(
    "env",
    example="""podlab set env web LOG_LEVEL=debug
        podlab set env web app LOG_LEVEL=debug CACHE-     CACHE is removed
        podlab set env web --list""",
)
@_options
@click.option("--list", "only_list", is_flag=True, help="Print the variables, and change nothing.")
@pod_argument()
@click.argument("words", nargs=-1, metavar="[CONTAINER] NAME=VALUE|NAME-...")
async def env(
    pod: str, words: tuple[str, ...], only_list: bool, no_wait: bool, timeout: int, output: str
) -> None:
    """Set variables of a container of POD, or of all, and remove those that end with a dash.

    A container whose variables change is made anew, since no process can be given others.
    """
    containers = [each for each in words[:1] if "=" not in each and not each.endswith("-")]
    rest = words[len(containers) :]
    if only_list:
        await _list(pod, containers, output)
        return
    if not rest:
        raise Usage("say which variables", hint="NAME=VALUE sets one, NAME- removes it")
    add = dict(_pair(each, "NAME=VALUE or NAME-") for each in rest if "=" in each or not each.endswith("-"))
    remove = {each.removesuffix("-") for each in rest if "=" not in each}
    await _changed(
        pod, lambda now: edits.with_env(now, containers, add=add, remove=remove), no_wait, timeout, output
    )


@command.subcommand(
    "resources",
    example="""podlab set resources web app --limits cpu=500m,memory=256Mi
        podlab set resources web --requests cpu=100m --limits memory-     no bound for memory any more""",
)
@_options
@click.option(
    "--limits", metavar="NAME=QUANTITY,...", default="", help="At most so much; NAME- for no bound."
)
@click.option("--requests", metavar="NAME=QUANTITY,...", default="", help="At least so much.")
@pod_argument()
@click.argument("container", required=False, shell_complete=complete_containers)
async def resources(
    pod: str, container: str | None, limits: str, requests: str, no_wait: bool, timeout: int, output: str
) -> None:
    """Bounds for a container of POD, which runs on with them: no restart, unless its resizePolicy says so or a bound
    goes altogether. CONTAINER may be left out where the pod has one."""
    most, least = _quantities(limits), _quantities(requests)
    if not most and not least:
        raise Usage("say which bounds", hint="such as --limits cpu=500m,memory=256Mi")

    def edit(now: Pod) -> Pod:
        names = [each.name for each in now.spec.containers]
        if container is None and len(names) != 1:
            raise Usage(f"pod '{pod}' has several containers; name one", hint=f"it has {', '.join(names)}")
        return edits.with_resources(now, container or names[0], limits=most, requests=least)

    await _changed(pod, edit, no_wait, timeout, output)


async def _changed(pod: str, edit: Callable[[Pod], Pod], no_wait: bool, timeout: int, output: str) -> None:
    from podlab.manifest import check_pod
    from podlab.pods.ready import wait_ready

    def checked(now: Pod) -> Pod:
        wanted = edit(now)
        check_pod(wanted)
        return wanted

    async with session() as engine:
        before = await engine.spec(pod)
        wanted = checked(before)
        names = [each.name for each in wanted.members if before.container(each.name) != each]
        if names:
            await prepare_images(engine, [wanted])
            hold = _stopped(await engine.get(pod), names)
            await change(engine, pod, checked, hold=hold)
            if hold and not no_wait:
                say(f"not waiting: {', '.join(hold)} did not run before")
            elif not no_wait:
                with Waiting() as waiting:
                    await wait_ready(engine, pod, timeout_s=timeout, drives=True, on_progress=waiting.show)
        status = await engine.get(pod)
    if output == "json":
        print_json(status)
    else:
        click.echo(f"pod/{pod} {'changed: ' + ', '.join(names) if names else 'unchanged'}")


def _stopped(status: PodStatus, changed: Sequence[str]) -> list[str]:
    """What did not run before and is not what this is about."""
    from podlab.status import Kind

    return [
        each.name
        for each in status.containers
        if each.state != "running" and each.kind is not Kind.INIT and each.name not in changed
    ]


async def _list(pod: str, containers: Sequence[str], output: str) -> None:
    async with session() as engine:
        wanted = edits.with_env(await engine.spec(pod), containers, add={})  # refuses a name that is none
    shown = [each for each in wanted.members if not containers or each.name in containers]
    if output == "json":
        print_json({each.name: each.env for each in shown})
        return
    for each in shown:
        click.echo(f"# {each.name}")
        for variable in each.env:
            click.echo(f"{variable.name}={variable.value}")


def _pair(text: str, form: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise Usage(f"{text!r} is not {form}")
    return name, value


def _quantities(text: str) -> Mapping[str, str | None]:
    """`cpu=1,memory-` as a quantity, and none."""
    words = [each.strip() for each in text.split(",") if each.strip()]
    return {
        each.removesuffix("-") if gone else each.partition("=")[0]: None
        if gone
        else _pair(each, "NAME=QUANTITY, such as cpu=500m")[1]
        for each in words
        for gone in ["=" not in each and each.endswith("-")]
    }
