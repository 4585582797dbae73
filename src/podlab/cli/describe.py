"""`podlab describe`: a pod in words, wanted and found, and what happened to it lately."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from podlab.cli import sources
from podlab.cli.command import command as declare
from podlab.cli.command import pods_argument
from podlab.cli.events import RECENT
from podlab.cli.output import output_option, plain, print_json, second, since
from podlab.cli.ps import left, phase, port
from podlab.cli.session import session
from podlab.node.tracker import probes_of
from podlab.wire import encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podlab.engines.base import Engine, PodEvent
    from podlab.model import Container, Pod, Probe
    from podlab.status import Condition, ContainerStatus, PodStatus

_EVENTS = 20


@declare("describe", example="podlab describe web")
@pods_argument()
@output_option("text", "json")
async def command(pods: tuple[str, ...], output: str) -> None:
    """Tell all about pods: what is wanted, what was found and why, and the events of the last hour."""
    async with session() as engine:
        found = [(await engine.spec(pod), await engine.get(pod), await _recent(engine, pod)) for pod in pods]
    if output == "json":
        told = [{"wanted": encode(w), "found": plain(f), "events": plain(e)} for w, f, e in found]
        print_json(told[0] if len(told) == 1 else told)
        return
    for place, (wanted, status, events) in enumerate(found):
        click.echo("\n" * bool(place), nl=False)
        click.echo("\n".join(_pod(wanted, status, events)))


async def _recent(engine: Engine, pod: str) -> list[PodEvent]:
    events = engine.watch(pod, since=datetime.now(UTC) - RECENT, follow=False)
    return [event async for event in events][-_EVENTS:]


def _pod(wanted: Pod, found: PodStatus, events: list[PodEvent]) -> Iterator[str]:
    spec = wanted.spec
    yield _field("Name", found.name)
    yield _field("Status", phase(found) + (f": {found.message}" if found.message else ""))
    yield _field(
        "Created",
        "-" if found.created_at is None else f"{second(found.created_at)} ({since(found.created_at)} ago)",
    )
    if found.ends_at is not None:
        yield _field("Ends", f"{second(found.ends_at)} ({left(found.ends_at)} left)")
    yield from _map("Labels", found.labels)
    yield from _map("Annotations", found.annotations)
    yield _field("IP", found.ip or "-")
    yield _field("Ports", ", ".join(map(port, found.ports)) or "-")
    yield _field("Host name", spec.hostname or wanted.name)
    yield _field("Restart policy", spec.restart_policy or "Always")
    yield _field("Processes", "shared" if spec.share_process_namespace else "each container's own")
    yield _field("Reachable", "by no other pod" if wanted.is_isolated else f"by other pods as {wanted.name}")
    for title, containers in (("Init containers:", spec.init_containers), ("Containers:", spec.containers)):
        yield from [title] if containers else []
        for container in containers:
            yield from _container(container, found.container(container.name))
    yield from _conditions(found.conditions)
    if spec.volumes:
        yield "Volumes:"
        yield from (f"  {volume.name}: {sources.volume(volume)}" for volume in spec.volumes)
    yield "Events (last hour):" if events else "Events (last hour): none"
    for event in events:
        yield f"  {since(event.at):>6} ago  {event.container or 'pod':15}  {event.action}"


def _container(wanted: Container, found: ContainerStatus | None) -> Iterator[str]:
    yield f"  {wanted.name}:"
    yield _field("Image", wanted.image, 4)
    if wanted.command or wanted.args:
        import shlex

        yield _field("Command", shlex.join([*wanted.command, *wanted.args]), 4)
    yield from _state(found)
    if wanted.ports:
        yield _field("Ports", ", ".join(f"{p.container_port}/{p.protocol or 'TCP'}" for p in wanted.ports), 4)
    if wanted.env or wanted.env_from:
        yield _field("Environment", "", 4)
        yield from (f"      {each}" for each in sources.variables(wanted))
    if wanted.volume_mounts:
        yield _field("Mounts", "", 4)
        yield from (f"      {sources.mount(each)}" for each in wanted.volume_mounts)
    if wanted.resources and wanted.resources.limits:
        yield _field("Limits", ", ".join(f"{k} {v}" for k, v in wanted.resources.limits.items()), 4)
    if wanted.security_context and wanted.security_context.privileged:
        yield _field("Privileged", "yes: root in it is root on the machine", 4)
    for kind, probe in probes_of(wanted).items():
        yield _field(kind.value, _probe(probe), 4)


def _state(found: ContainerStatus | None) -> Iterator[str]:
    if found is None:
        yield _field("State", "missing: `podlab up` makes it again", 4)
        return
    words = [found.state.value]
    if found.exit_code is not None:
        words.append(f"with exit code {found.exit_code}")
    if found.reason:
        words.append(f"({found.reason})")
    if found.message:
        words.append(f"- {found.message}")
    yield _field("State", " ".join(words), 4)
    if found.started_at is not None:
        yield _field("Started", f"{second(found.started_at)} ({since(found.started_at)} ago)", 4)
    if found.finished_at is not None:
        yield _field("Finished", f"{second(found.finished_at)} ({since(found.finished_at)} ago)", 4)
    if (last := found.last) is not None:
        when = f", {since(last.finished_at)} ago" if last.finished_at else ""
        yield _field("Last state", f"terminated with exit code {last.exit_code} ({last.reason}){when}", 4)
    if found.is_ready is not None:
        yield _field("Ready", str(found.is_ready), 4)
    yield _field("Restarts", str(found.restart_count), 4)
    yield _field("ID", found.container_id.rpartition("/")[2][:12] or "-", 4)


def _conditions(conditions: tuple[Condition, ...]) -> Iterator[str]:
    yield "Conditions:"
    for each in conditions:
        why = " ".join(filter(None, [each.reason, f"- {each.message}" if each.message else ""]))
        ago = f"since {since(each.since)}" if each.since else ""
        yield f"  {each.type:26}{each.status:9}{ago:12}{why}".rstrip()


def _field(title: str, value: str, indent: int = 0) -> str:
    return f"{' ' * indent}{title + ':':<17}{value}".rstrip()


def _map(title: str, pairs: object) -> Iterator[str]:
    if isinstance(pairs, dict) and pairs:
        first, *rest = (f"{key}={value}" for key, value in sorted(pairs.items()))
        yield _field(title, first)
        yield from (f"{'':17}{each}" for each in rest)


def _probe(probe: Probe) -> str:
    if probe.exec is not None:
        what = f"runs {' '.join(probe.exec.command)}"
    elif probe.tcp_socket is not None:
        what = f"connects to port {probe.tcp_socket.port}"
    elif probe.http_get is not None:
        what = f"gets port {probe.http_get.port}{probe.http_get.path or '/'}"
    else:
        what = "nothing"
    return f"{what} every {probe.period_seconds or 10} s"
