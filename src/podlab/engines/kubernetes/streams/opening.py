"""The way to a container's streams, and what it means when there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from podlab.engines.kubernetes.streams.channels import PROTOCOLS, Channels
from podlab.engines.kubernetes.streams.websocket import connect
from podlab.errors import Conflict, Denied, Invalid, NotFound, PodlabError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from podlab.engines.kubernetes.client import Client


@dataclass(frozen=True, slots=True)
class Place:
    """A container of a pod."""

    client: Client
    pod: str
    container: str

    async def found(self) -> Found:
        """`NotFound` where there is no such pod, or no such container in it."""
        pod = await self.client.json("GET", self.client.pod(self.pod))
        there = dict(containers(pod))
        if self.container not in there:
            raise NotFound(
                f"pod '{self.pod}' has no container '{self.container}'",
                subject=self.container,
                hint=f"its containers: {', '.join(there)}",
            )
        return Found(pod, there[self.container], status_of(pod, self.container))


@dataclass(frozen=True, slots=True)
class Found:
    """JSON of the pod, and of the container in its `spec` and in its `status`, empty before there is one."""

    pod: dict[str, Any]
    container: dict[str, Any]
    status: dict[str, Any]

    @property
    def is_running(self) -> bool:
        return "running" in (self.status.get("state") or {})

    @property
    def has_run(self) -> bool:
        """So that there may be a log."""
        return bool(self.status.get("containerID") or self.status.get("lastState"))

    @property
    def state(self) -> str:
        """In a word or two, for messages."""
        for state, detail in (self.status.get("state") or {}).items():
            return f"{state} ({detail['reason']})" if (detail or {}).get("reason") else str(state)
        return str(self.pod.get("status", {}).get("reason") or "waiting")


def containers(pod: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All of a pod's, by name, init and debug containers included."""
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for each in pod["spec"].get(kind) or ():
            yield each["name"], each


def status_of(pod: dict[str, Any], container: str) -> dict[str, Any]:
    status = pod.get("status") or {}
    for kind in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
        for each in status.get(kind) or ():
            if each["name"] == container:
                return dict(each)
    return {}


async def open_exec(place: Place, command: Sequence[str], *, stdin: bool, tty: bool) -> Channels:
    """`Conflict` where the container does not run."""
    query = [("command", word) for word in command]
    for word in command:
        try:
            word.encode()
        except UnicodeEncodeError as error:
            raise Invalid(
                f"Kubernetes takes commands in UTF-8 only, and this is not: {word!r}", subject=place.container
            ) from error
    return await _open(place, "exec", query, stdin=stdin, tty=tty)


async def open_attach(place: Place, *, stdin: bool, tty: bool) -> Channels:
    """To the container's own process. `Conflict` where it does not run."""
    return await _open(place, "attach", [], stdin=stdin, tty=tty)


async def _open(place: Place, part: str, query: list[tuple[str, str]], *, stdin: bool, tty: bool) -> Channels:
    flags = {"stdin": stdin, "stdout": True, "stderr": not tty, "tty": tty}
    query = [("container", place.container), *query, *((name, "true") for name, on in flags.items() if on)]
    try:
        return Channels(await connect(place.client, place.client.pod(place.pod, part), query, PROTOCOLS))
    except (Invalid, Unavailable, NotFound, Conflict) as error:
        if (better := await explained(place, error)) is error:
            raise
        raise better from error


async def explained(place: Place, error: PodlabError) -> PodlabError:
    """What a refusal means: API servers and kubelets have had many words for a container that does not run."""
    try:
        found = await place.found()
    except (NotFound, Denied) as better:
        return error if isinstance(better, Denied) else better
    except PodlabError:
        return error
    return error if found.is_running else not_running(place, found)


def not_running(place: Place, found: Found) -> Conflict:
    return Conflict(
        f"container '{place.container}' of pod '{place.pod}' does not run: {found.state}",
        subject=place.container,
        hint=f"`podlab describe {place.pod}` tells why",
    )
