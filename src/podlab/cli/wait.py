"""`podlab wait`: until a pod is ready, or its containers have ended."""

from __future__ import annotations

import asyncio

import click

from podlab.cli.command import command as declare
from podlab.cli.command import container_option, duration, pod_argument
from podlab.cli.output import output_option, print_json
from podlab.cli.session import session
from podlab.errors import TimedOut


@declare("wait", example="podlab wait web --for ready --timeout 1m\npodlab wait job --for exit -c work")
@pod_argument()
@container_option(help="With --for exit: only this container.")
@click.option("--for", "what", type=click.Choice(["ready", "exit"]), default="ready", show_default=True)
@click.option(
    "--timeout", "timeout_s", type=duration, metavar="DURATION", help="Give up after this time, with code 4."
)
@output_option("text", "json")
async def command(pod: str, container: str | None, what: str, timeout_s: int | None, output: str) -> None:
    """Wait until every container of a pod is ready, or until containers have ended.

    With --for exit, their exit codes are printed; podlab's own is 0 whatever they are.
    """
    async with session() as engine:
        if what == "ready":
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
