"""`podlab stats`: what containers use."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import click

from podlab.cli.command import command as declare
from podlab.cli.command import container_option, pod_argument
from podlab.cli.output import output_option, print_json, print_table, size
from podlab.cli.session import session
from podlab.status import State

if TYPE_CHECKING:
    from podlab.engines.base import Engine, Usage

_TITLES = ["CONTAINER", "CPU", "MEMORY", "LIMIT", "PIDS", "NET IN", "NET OUT", "DISK READ", "DISK WRITTEN"]
_REDRAW = "\x1b[H\x1b[J"  # cursor home, clear to the end


@declare("stats", example="podlab stats web\npodlab stats web --no-stream -o json")
@pod_argument()
@container_option()
@click.option(
    "--no-stream", is_flag=True, help="One reading, then end; also where the output is no terminal."
)
@output_option("table", "json")
async def command(pod: str, container: str | None, no_stream: bool, output: str) -> None:
    """Show what a pod's running containers use, again every second on a terminal.

    CPU is in percent of one processor. The network is the whole pod's.
    """
    async with session() as engine:
        names = [container] if container else await _running(engine, pod)
        if no_stream or output == "json" or not sys.stdout.isatty():
            pairs = await asyncio.gather(*(_twice(engine, pod, name) for name in names))
            _print(dict(zip(names, pairs, strict=True)), output)
            return
        latest: dict[str, tuple[Usage, Usage]] = {}
        async with asyncio.TaskGroup() as group:
            for name in names:
                group.create_task(_follow(engine, pod, name, latest))


async def _running(engine: Engine, pod: str) -> list[str]:
    return [each.name for each in (await engine.get(pod)).containers if each.state is State.RUNNING]


async def _twice(engine: Engine, pod: str, name: str) -> tuple[Usage, Usage]:
    """Two readings: what a container uses is their difference. The same one twice where it has ended."""
    readings = []
    async for reading in engine.usage(pod, name):
        readings.append(reading)
        if len(readings) == 2:
            break
    if not readings:
        from podlab.errors import Conflict

        raise Conflict(f"container {name!r} of pod {pod!r} is not running", subject=name)
    return readings[0], readings[-1]


async def _follow(engine: Engine, pod: str, name: str, latest: dict[str, tuple[Usage, Usage]]) -> None:
    last: Usage | None = None
    async for reading in engine.usage(pod, name):
        latest[name] = (last or reading, reading)
        last = reading
        click.echo(_REDRAW, nl=False, color=True)
        _print(dict(sorted(latest.items())), "table")
    latest.pop(name, None)


def _print(found: dict[str, tuple[Usage, Usage]], output: str) -> None:
    if output == "json":
        print_json([_json(first, last) for first, last in found.values()])
        return
    rows = [
        [
            name, f"{_percent(first, last):.1f}%", size(last.memory_bytes), size(last.memory_limit_bytes),
            str(last.pids), size(last.received_bytes), size(last.sent_bytes), size(last.read_bytes),
            size(last.written_bytes),
        ]
        for name, (first, last) in found.items()
    ]  # fmt: skip
    print_table(_TITLES, rows)


def _json(first: Usage, last: Usage) -> dict[str, Any]:
    from podlab.cli.output import plain

    return {**plain(last), "cpuPercent": round(_percent(first, last), 2)}


def _percent(first: Usage, last: Usage) -> float:
    seconds = (last.at - first.at).total_seconds()
    return (last.cpu_ns - first.cpu_ns) / 1e7 / seconds if seconds > 0 else 0.0
