"""`podlab start|stop|restart|kill|pause|unpause`: what one can do to a pod or to one of its containers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from podlab.cli.command import command as declare
from podlab.cli.command import container_option, duration, pods_argument
from podlab.cli.session import session

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from podlab.engines.base import Engine

READY_S = 120
"""For a pod with init containers, as `podlab up` waits."""

_grace = click.option(
    "-t", "--time", "grace_s", type=duration, default=None, metavar="DURATION",
    help="How long after SIGTERM to kill; otherwise the pod's own terminationGracePeriodSeconds.",
)  # fmt: skip


async def _each(pods: Sequence[str], act: Callable[[Engine, str], Awaitable[None]]) -> None:
    """All pods at once; each name is printed when it is done."""

    async def one(engine: Engine, pod: str) -> None:
        await act(engine, pod)
        click.echo(pod)

    async with session() as engine, asyncio.TaskGroup() as group:
        for pod in dict.fromkeys(pods):
            group.create_task(one(engine, pod))


@declare("start", example="podlab start web\npodlab start web -c app")
@pods_argument()
@container_option()
async def start(pods: tuple[str, ...], container: str | None) -> None:
    """Start what is not running in pods, shared namespaces first. Init containers run again, and are waited for."""

    async def act(engine: Engine, pod: str) -> None:
        await engine.start(pod, container)
        if container is None and (await engine.spec(pod)).spec.init_containers:
            from podlab.pods.ready import wait_ready

            await wait_ready(engine, pod, timeout_s=READY_S, drives=True)

    await _each(pods, act)


@declare("stop", example="podlab stop web\npodlab stop web -c app --time 1s")
@pods_argument()
@container_option()
@_grace
async def stop(pods: tuple[str, ...], container: str | None, grace_s: int | None) -> None:
    """Stop pods, or one container of them. They stay and can be started again; `podlab down` removes them."""
    await _each(pods, lambda engine, pod: engine.stop(pod, container, grace_s=grace_s))


@declare("restart", example="podlab restart web\npodlab restart web -c app")
@pods_argument()
@container_option()
@_grace
async def restart(pods: tuple[str, ...], container: str | None, grace_s: int | None) -> None:
    """Restart pods, or one container of them."""
    await _each(pods, lambda engine, pod: engine.restart(pod, container, grace_s=grace_s))


@declare("kill", example="podlab kill web\npodlab kill web -c app --signal HUP")
@pods_argument()
@container_option()
@click.option(
    "-s", "--signal", default="KILL", show_default=True, metavar="NAME", help="Which signal to send."
)
async def kill(pods: tuple[str, ...], container: str | None, signal: str) -> None:
    """Send a signal to the first process of each container."""
    await _each(pods, lambda engine, pod: engine.kill(pod, container, signal=signal))


@declare("pause", example="podlab pause web")
@pods_argument()
@container_option()
async def pause(pods: tuple[str, ...], container: str | None) -> None:
    """Freeze all processes, until `podlab unpause`."""
    await _each(pods, lambda engine, pod: engine.pause(pod, container))


@declare("unpause", example="podlab unpause web")
@pods_argument()
@container_option()
async def unpause(pods: tuple[str, ...], container: str | None) -> None:
    """Let frozen processes go on."""
    await _each(pods, lambda engine, pod: engine.unpause(pod, container))
