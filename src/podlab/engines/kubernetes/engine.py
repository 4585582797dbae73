"""A namespace of a Kubernetes cluster behind the promise of `engines.base`. Each method delegates."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Self

from podlab.errors import Unsupported

if TYPE_CHECKING:
    from podlab.engines.base import (
        ByteStream,
        Change,
        ExecOptions,
        FileStat,
        LogLine,
        NamespaceRow,
        PodEvent,
        Process,
        Put,
        Rollout,
        Usage,
    )
    from podlab.engines.guards import Security
    from podlab.engines.kubernetes.client import Client
    from podlab.engines.labs import Ground, Shared
    from podlab.model import Pod, PodSpec
    from podlab.objects import Object
    from podlab.record import Record
    from podlab.status import PodStatus


_ANEW = "`podlab up --replace` makes the whole pod anew"


class KubernetesEngine:
    """Pods in one namespace. Between calls it holds idle connections, and what the cluster can do."""

    name = "kubernetes"
    has_node = True
    lab = ""
    """The workshop whose pods are made here; empty where there is none (`at_lab`)."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._labs: list[Self] = []

    @classmethod
    async def connect(cls, address: str = "kubernetes") -> Self:
        """`address` as in `--engine` (`address.parse`)."""
        from podlab.engines.kubernetes import access
        from podlab.engines.kubernetes.client import Client

        return cls(Client(await access.find(address)))

    async def close(self) -> None:
        for each in self._labs:
            await each.close()
        await self.client.close()

    async def product(self) -> str:
        return "Kubernetes"

    async def version(self) -> str:
        found = await self.client.json("GET", "/version")
        return str(found["gitVersion"]).removeprefix("v")

    # --- a class (engines.labs)

    def at_lab(self, lab: str) -> Self:
        from podlab.engines.kubernetes.client import Client
        from podlab.engines.kubernetes.lab.ground import namespace_of

        made = type(self)(Client(self.client.access))
        if not self.client.access.is_namespace_named:
            made.client.namespace = namespace_of(lab)
        made.lab = lab
        self._labs.append(made)
        return made

    async def security(self) -> Security:
        from podlab.engines.kubernetes.lab.security import security

        return await security(self.client)

    def seat(self, spec: PodSpec) -> PodSpec:
        from podlab.engines.kubernetes.lab.seats import fitted

        return fitted(spec)

    async def lay_ground(self, ground: Ground) -> str:
        from podlab.engines.kubernetes.lab.laying import lay

        return await lay(self.client, ground)

    async def ground(self) -> str:
        from podlab.engines.kubernetes.lab.laying import laid

        return await laid(self.client, self.lab)

    async def clear_ground(self, lab: str) -> None:
        from podlab.engines.kubernetes.lab.laying import clear

        await clear(self.client, lab)

    async def share(self, pod: Pod, port: int, *, keeps: str = "") -> Shared:
        from podlab.engines.kubernetes.lab.sharing import share

        return await share(self.client, self.lab, pod, port, keeps=keeps)

    async def unshare(self, pod: Pod) -> None:
        from podlab.engines.kubernetes.lab.sharing import unshare

        await unshare(self.client, self.lab, pod)

    # --- wanted state

    async def plan(self, pod: Pod) -> list[Change]:
        from podlab.engines.kubernetes.apply import planned

        return await planned(self.client, pod)

    async def apply(
        self,
        pod: Pod,
        *,
        hold: Collection[str] = (),
        based_on: Pod | None = None,
        keep_on_error: bool = False,
        on_change: Callable[[Change], None] = lambda change: None,
    ) -> None:
        from podlab.engines.kubernetes.apply import apply

        await apply(
            self.client, pod, hold=hold, based_on=based_on, keep_on_error=keep_on_error, on_change=on_change
        )

    async def preview(self, pod: Pod, *, objects: Collection[Object] = ()) -> str:
        from podlab.engines.kubernetes.apply import preview

        return await preview(self.client, pod, objects)

    async def delete(self, name: str, *, grace_s: int | None = None) -> None:
        from podlab.engines.kubernetes.delete import delete

        await delete(self.client, name, grace_s=grace_s)

    async def prune(self, *, dry_run: bool = False) -> list[Change]:
        from podlab.engines.kubernetes.delete import prune

        return await prune(self.client, dry_run=dry_run)

    # --- objects beside pods

    async def put(self, made: Object) -> Put:
        from podlab.engines.kubernetes import objects

        return await objects.put(self.client, made)

    async def object(self, kind: str, name: str) -> Object:
        from podlab.engines.kubernetes import objects

        return await objects.get(self.client, kind, name)

    async def objects(self, *kinds: str) -> Sequence[Object]:
        from podlab.engines.kubernetes import objects

        return await objects.everything(self.client, kinds)

    async def remove(self, kind: str, name: str) -> None:
        from podlab.engines.kubernetes import objects

        await objects.remove(self.client, kind, name)

    async def rollout(self, kind: str, name: str) -> Rollout:
        from podlab.engines.kubernetes.rollout import rollout

        return await rollout(self.client, kind, name)

    # --- found state

    async def spec(self, name: str) -> Pod:
        from podlab.engines.kubernetes import find, manifest

        return manifest.wanted(await find.pod(self.client, name))

    async def get(self, name: str) -> PodStatus:
        from podlab.engines.kubernetes import find, status

        return status.pod_status(await find.pod(self.client, name))

    async def list(self) -> list[PodStatus]:
        from podlab.engines.kubernetes import find, status

        found = [status.pod_status(each) for each in await find.pods(self.client)]
        return sorted(found, key=lambda each: each.name)

    async def record(self, name: str) -> Record | None:
        from podlab.engines.kubernetes.happening import record

        return await record(self.client, name)

    async def write_record(self, name: str, record: Record, *, based_on: int) -> None:
        raise _kubelets("what a node knows of a pod", name)

    async def restarts(self, name: str, container: str, *, by: Literal["agent", "engine"]) -> None:
        if by == "agent":
            raise _kubelets("restarting a container", name)

    async def expired(self) -> Sequence[str]:
        from podlab.engines.kubernetes import find, status

        ended = await find.pods(self.client, fields="status.phase=Failed")  # as a kubelet ends a lifetime
        return [each["metadata"]["name"] for each in ended if status.is_past_deadline(each)]

    async def watch(
        self, name: str = "", *, since: datetime | None = None, follow: bool = True
    ) -> AsyncIterator[PodEvent]:
        from podlab.engines.kubernetes.happening import watch

        async for event in watch(self.client, name, since=since, follow=follow):
            yield event

    # --- a pod's containers

    async def start(self, name: str, container: str | None = None) -> None:
        raise await self._never("start a container that is down", _ANEW, name, container)

    async def stop(self, name: str, container: str | None = None, *, grace_s: int | None = None) -> None:
        instead = "`podlab down` removes the pod, and `podlab up` makes it again"
        raise await self._never("stop a container and keep its pod", instead, name, container)

    async def restart(self, name: str, container: str | None = None, *, grace_s: int | None = None) -> None:
        raise await self._never("restart a container that runs", _ANEW, name, container)

    async def kill(self, name: str, container: str | None = None, *, signal: str = "KILL") -> None:
        from podlab.engines.kubernetes.kill import kill

        await kill(self.client, name, container, signal)

    async def pause(self, name: str, container: str | None = None) -> None:
        raise await self._never("freeze a container", "", name, container)

    async def unpause(self, name: str, container: str | None = None) -> None:
        raise await self._never("freeze a container, and so none is frozen", "", name, container)

    async def wait(self, name: str, container: str) -> int:
        from podlab.engines.kubernetes.happening import exit_code

        return await exit_code(self.client, name, container)

    async def renew(self, name: str, container: str, *, grace_s: int | None = None) -> None:
        raise await self._never("make one container of a pod anew", _ANEW, name, container)

    # --- streams

    async def exec(
        self, name: str, container: str, command: Sequence[str], options: ExecOptions | None = None
    ) -> Process:
        from podlab.engines.base import ExecOptions
        from podlab.engines.kubernetes.streams import exec_process

        return await exec_process(self.client, name, container, command, options or ExecOptions())

    async def attach(
        self, name: str, container: str, *, stdin: bool = False, detach_keys: str = ""
    ) -> Process:
        from podlab.engines.kubernetes.streams import attach_process

        return await attach_process(self.client, name, container, stdin=stdin, detach_keys=detach_keys)

    @asynccontextmanager
    async def debug(
        self, name: str, image: str, command: Sequence[str] = (), *, target: str = "",
        options: ExecOptions | None = None,
    ) -> AsyncIterator[Process]:  # fmt: skip
        from podlab.engines.base import ExecOptions
        from podlab.engines.kubernetes.streams import debugging

        async with debugging(
            self.client, name, image, command, target=target, options=options or ExecOptions()
        ) as process:
            yield process

    async def logs(
        self, name: str, container: str, *, follow: bool = False, tail: int | None = None,
        since: datetime | None = None, previous: bool = False,
    ) -> AsyncIterator[LogLine]:  # fmt: skip
        from podlab.engines.kubernetes.streams import logs

        async for line in logs(
            self.client, name, container, follow=follow, tail=tail, since=since, previous=previous
        ):
            yield line

    async def dial(self, name: str, port: int, *, patience_s: float = 0) -> ByteStream:
        from podlab.engines.kubernetes.streams import dial

        return await dial(self.client, name, port, patience_s)

    async def read_archive(self, name: str, container: str, path: str) -> AsyncIterator[bytes]:
        from podlab.engines.kubernetes.streams import read_archive

        async for chunk in read_archive(self.client, name, container, path):
            yield chunk

    async def write_archive(self, name: str, container: str, path: str, tar: AsyncIterable[bytes]) -> None:
        from podlab.engines.kubernetes.streams import write_archive

        await write_archive(self.client, name, container, path, tar)

    async def stat(self, name: str, container: str, path: str) -> FileStat:
        from podlab.engines.kubernetes.streams import stat

        return await stat(self.client, name, container, path)

    # --- looking inside

    async def namespaces(self, name: str) -> Sequence[NamespaceRow]:
        from podlab.engines.kubernetes.streams import namespaces

        return await namespaces(self.client, name)

    async def processes(self, name: str, container: str) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        from podlab.engines.kubernetes.streams import processes

        return await processes(self.client, name, container)

    async def usage(self, name: str, container: str, *, follow: bool = True) -> AsyncIterator[Usage]:
        from podlab.engines.kubernetes.streams import usage

        async for reading in usage(self.client, name, container, follow=follow):
            yield reading

    async def isolated_gateway(self) -> str:
        raise Unsupported(
            "a cluster has no address that isolated pods share",
            subject="kubernetes",
            hint="what they share is a Service; the classroom's mirror is one",
        )

    # --- inside

    async def _never(self, what: str, instead: str, name: str, container: str | None) -> Unsupported:
        """`NotFound` first, where there is nothing that it could be done to."""
        from podlab.engines.kubernetes import find

        await (find.container(self.client, name, container) if container else find.pod(self.client, name))
        return Unsupported(f"Kubernetes does not {what}", subject=name, hint=instead)


def _kubelets(what: str, name: str) -> Unsupported:
    return Unsupported(f"on Kubernetes {what} is the kubelet's", subject=name)
