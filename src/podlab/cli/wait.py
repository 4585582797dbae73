"""`podlab wait`: until a pod is ready, its containers have ended, or something else is true of it."""

from __future__ import annotations

import asyncio

import click

from podlab.cli.command import command as declare
from podlab.cli.command import container_option, duration, pod_argument
from podlab.cli.output import output_option, print_json
from podlab.cli.session import session
from podlab.errors import TimedOut


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from podlab.pods.awaiting import CONDITIONS

    known = ["ready", "exit", "delete", "create", *(f"condition={name}" for name in CONDITIONS), "jsonpath="]
    return [each for each in known if each.startswith(incomplete)]


@declare(
    "wait",
    example="""podlab wait web --for ready --timeout 1m
        podlab wait job --for exit -c work
        podlab wait web --for condition=Ready=false
        podlab wait web --for delete
        podlab wait web --for jsonpath='{.status.phase}'=Running""",
)
@pod_argument()
@container_option(help="With --for exit: only this container.")
@click.option(
    "--for", "what", default="ready", show_default=True, shell_complete=_complete,
    metavar="ready|exit|delete|create|condition=NAME[=VALUE]|jsonpath=PATH[=VALUE]",
)  # fmt: skip
@click.option(
    "--timeout", "timeout_s", type=duration, metavar="DURATION", help="Give up after this time, with code 4."
)
@output_option("text", "json")
async def command(pod: str, container: str | None, what: str, timeout_s: int | None, output: str) -> None:
    """Wait until every container of a pod is ready, until containers have ended, or as `kubectl wait` does.

    With --for exit, their exit codes are printed; podlab's own is 0 whatever they are. A condition is to be true
    unless another value is given. A path is one of what `kubectl get -o json` prints of a pod; without a value it is
    enough that something is there.
    """
    from podlab.pods.awaiting import wait_until, wish

    wanted = wish(what)
    async with session() as engine:
        if wanted.kind not in ("ready", "exit") and wanted != wish("condition=Ready"):
            status = await wait_until(engine, pod, wanted, timeout_s=timeout_s)
            if output == "json":
                print_json(status)
            return
        if wanted.kind != "exit":
            from podlab.pods.ready import wait_ready

            status = await wait_ready(engine, pod, timeout_s=timeout_s)
            if output == "json":
                print_json(status)
            return
        names = [container] if container else [each.name for each in (await engine.get(pod)).containers]
        try:
            async with asyncio.timeout(timeout_s), asyncio.TaskGroup() as group:
                waiting = {name: group.create_task(engine.wait(pod, name)) for name in names}
        except TimeoutError as error:
            late = [name for name, task in waiting.items() if task.cancelled()]
            raise TimedOut(
                f"pod {pod!r}: {', '.join(late)} still running after {timeout_s} s", subject=pod
            ) from error
    codes = {name: task.result() for name, task in waiting.items()}
    if output == "json":
        print_json(codes)
    else:
        for name, code in codes.items():
            click.echo(f"{name} {code}" if len(codes) > 1 else code)
