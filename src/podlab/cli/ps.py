"""`podlab ps`: the list of pods."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from podlab.cli.command import command as declare
from podlab.cli.output import output_option, print_json, print_table, since, span
from podlab.cli.session import session
from podlab.cli.workloads import owner
from podlab.node import conditions
from podlab.status import Phase, State

if TYPE_CHECKING:
    from podlab.status import PodStatus, PublishedPort

COLOURS = {
    "Running": "green", "Ready": "green", "Succeeded": "dim", "Failed": "red", "Pending": "yellow",
    "Paused": "yellow", "Stale": "red", "Unknown": "red", "over": "red", "Completed": "dim", "Error": "red",
    "CrashLoopBackOff": "red", "OOMKilled": "red", "ContainerCreating": "yellow", "NotReady": "yellow",
}  # fmt: skip
_ENDED = (Phase.SUCCEEDED, Phase.FAILED)


@declare("ps", example="podlab ps\npodlab ps --all -l team=blue -o json\npodlab down $(podlab ps -aq)")
@click.option("-a", "--all", "everything", is_flag=True, help="Also pods that have ended or were stopped.")
@click.option("-q", "--quiet", is_flag=True, help="Print names only; the same as -o name.")
@click.option("-l", "--selector", metavar="SELECTOR", help="Only pods with such labels: app=web,tier!=db")
@output_option("table", "wide", "json", "name")
async def command(everything: bool, quiet: bool, selector: str | None, output: str) -> None:
    """List pods: those in which something runs or is about to, or with --all every one.

    CONTAINERS counts those that run of those that are wanted; LEFT is what is left of a pod's lifetime; OWNER,
    where any pod has one, is the Deployment or other workload that made it.
    """
    from podlab.pods.select import selector as parse

    fits = parse(selector) if selector else None
    async with session() as engine:
        pods = [
            pod
            for pod in await engine.list()
            if (everything or pod.phase not in _ENDED) and (fits is None or fits(pod.labels))
        ]
        if output == "wide":  # restarts are not in the engine's cheap list
            pods = list(await asyncio.gather(*(engine.get(pod.name) for pod in pods)))
    if quiet or output == "name":
        for pod in pods:
            click.echo(pod.name)
    elif output == "json":
        print_json(pods)
    else:
        is_wide = output == "wide"
        is_owned = is_wide or any(owner(pod) != "-" for pod in pods)
        titles = ["NAME", "STATUS", "CONTAINERS", "AGE", "LEFT", "PORTS"]
        more = ["RESTARTS", "IP", "IMAGES"] if is_wide else []
        if is_owned:
            more = ["OWNER", *more]
        rows = [
            _row(pod) + ([owner(pod)] if is_owned else []) + (_more(pod) if is_wide else []) for pod in pods
        ]
        print_table(titles + more, rows, colours=COLOURS)


def _row(pod: PodStatus) -> list[str]:
    return [
        pod.name, summary(pod), f"{pod.running}/{pod.wanted}", since(pod.created_at), left(pod.ends_at),
        ", ".join(map(port, pod.ports)) or "-",
    ]  # fmt: skip


def _more(pod: PodStatus) -> list[str]:
    restarts = sum(each.restart_count for each in pod.containers)
    return [str(restarts), pod.ip or "-", ", ".join(each.image for each in pod.containers) or "-"]


def summary(pod: PodStatus) -> str:
    """One word, as `kubectl get pods` has it: the phase, or what matters more than that."""
    return _of_engine(pod) or conditions.summary(pod)


def phase(pod: PodStatus) -> str:
    """One word, as `kubectl describe pod` has it."""
    return _of_engine(pod) or pod.reason or pod.phase.value


def _of_engine(pod: PodStatus) -> str:
    """What Kubernetes has no word for."""
    if pod.containers and all(each.state is State.PAUSED for each in pod.containers):
        return "Paused"
    return "Stale" if any(each.reason == "Stale" for each in pod.containers) else ""


def left(ends_at: datetime | None) -> str:
    if ends_at is None:
        return "-"
    rest = ends_at - datetime.now(UTC)
    return span(rest) if rest.total_seconds() > 0 else "over"


def port(published: PublishedPort) -> str:
    """`0.0.0.0:8080->80/tcp`, as docker prints it."""
    host = f"[{published.host_ip}]" if ":" in published.host_ip else published.host_ip
    return f"{host}:{published.host_port}->{published.container_port}/{published.protocol.lower()}"
