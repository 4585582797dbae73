"""The Docker Engine behind the promise of `engines.base`. Each method finds the container and delegates."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Self

from podlab import naming
from podlab.engines.docker import find, status
from podlab.engines.docker.address import resolve
from podlab.engines.docker.api import Client
from podlab.engines.docker.found import FoundContainer, FoundPod
from podlab.errors import Conflict, NotFound, Unsupported

if TYPE_CHECKING:
    from podlab.engines.agents import AgentContainer
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
    from podlab.engines.docker.images import DockerImages
    from podlab.engines.guards import Security
    from podlab.engines.labs import Ground, Shared
    from podlab.model import Pod, PodSpec
    from podlab.objects import Object
    from podlab.record import Record
    from podlab.status import PodStatus


class DockerEngine:
    """Pods on the engine at one address. It holds no connection, and between calls nothing but ids that it has seen."""

    name = "docker"
    has_node = False

    def __init__(self, client: Client, infra_image: str = "") -> None:
        self.client = client
        self.infra_image = infra_image or naming.infra_image()
        self._ids: dict[tuple[str, str], str] = {}

    @classmethod
    async def connect(cls, host: str = "") -> Self:
        """`host` as in DOCKER_HOST; without it the engine that the docker command line would use."""
        return cls(Client(resolve(host)))

    async def close(self) -> None:
        """Nothing is open between calls."""

    @property
    def image_store(self) -> DockerImages:
        from podlab.engines.docker.images import DockerImages

        return DockerImages(self.client)

    async def product(self) -> str:
        """By the component that carries the engine's name; Docker's own calls itself `Engine`."""
        components = (await self.client.json("GET", "/version")).get("Components") or ()
        names = (str(each.get("Name", "")) for each in components)
        return next((name for name in names if name.endswith(" Engine")), "Docker Engine")

    async def version(self) -> str:
        return str((await self.client.json("GET", "/version"))["Version"])

    # --- the machine, closed to isolated pods (engines.guards)

    async def security(self) -> Security:
        from podlab.engines.docker.security import security

        return await security(self.client)

    async def close_machine(self, *, closes_lan: bool = False) -> str:
        from podlab.engines.docker import firewall

        return (await firewall.close(self.client, closes_lan=closes_lan)).id

    async def open_machine(self) -> None:
        from podlab.engines.docker import firewall

        await firewall.open_again(self.client)

    # --- the agent in a container (engines.agents)

    async def install_agent(
        self, program: Mapping[str, bytes], version: str, *, socket: str = ""
    ) -> AgentContainer:
        from podlab.engines.docker.agent_container import install

        return await install(self.client, self.client.address, program, version, socket=socket)

    def agent_preview(self, version: str, *, socket: str = "") -> str:
        from podlab.engines.docker.agent_container import preview

        return preview(self.client.address, version, socket=socket)

    async def installed_agent(self) -> AgentContainer | None:
        from podlab.engines.docker.agent_container import find

        return await find(self.client)

    async def uninstall_agent(self) -> bool:
        from podlab.engines.docker.agent_container import uninstall

        return await uninstall(self.client)

    async def guarded_network(self) -> str:
        try:
            return str((await self.client.json("GET", f"/networks/{naming.ISOLATED_NETWORK}"))["Id"])
        except NotFound:
            return ""

    # --- a class (engines.labs)

    def at_lab(self, lab: str) -> Self:
        return self

    def seat(self, spec: PodSpec) -> PodSpec:
        return spec

    async def lay_ground(self, ground: Ground) -> str:
        return await self.close_machine(closes_lan=ground.closes_lan)

    async def ground(self) -> str:
        return await self.guarded_network()

    async def clear_ground(self, lab: str) -> None:
        """The machine stays closed: other workshops may need it."""

    async def share(self, pod: Pod, port: int, *, keeps: str = "") -> Shared:
        from podlab.engines.docker.sharing import share

        return await share(self, pod, port)

    async def unshare(self, pod: Pod) -> None:
        from podlab.engines.docker.sharing import unshare

        await unshare(self, pod)

    # --- wanted state

    async def plan(self, pod: Pod) -> list[Change]:
        from podlab.engines.base import Change
        from podlab.engines.docker.plan import plan

        steps = plan(pod, await find.pod(self.client, pod.name))
        return [
            Change(
                verb=s.verb, pod=pod.name, container=s.target if s.concerns_container else "", reason=s.reason
            )
            for s in steps
        ]

    async def apply(
        self,
        pod: Pod,
        *,
        hold: Collection[str] = (),
        based_on: Pod | None = None,
        keep_on_error: bool = False,
        on_change: Callable[[Change], None] = lambda change: None,
    ) -> None:
        from podlab.engines.docker.apply import apply

        await apply(
            self.client,
            pod,
            self.infra_image,
            hold=hold,
            based_on=based_on,
            keep_on_error=keep_on_error,
            on_change=on_change,
        )

    async def preview(self, pod: Pod, *, objects: Collection[Object] = ()) -> str:
        from podlab.engines.docker.commands import render
        from podlab.engines.docker.contents.around import shown
        from podlab.engines.docker.plan import plan

        steps = plan(pod, await find.pod(self.client, pod.name))
        around = await shown(self.client, pod, steps, objects)
        return render(pod, steps, self.infra_image, time.time(), around)

    async def delete(self, name: str, *, grace_s: int | None = None) -> None:
        from podlab.engines.docker.delete import delete

        await delete(self.client, name, grace_s=grace_s, engine=self)

    async def prune(self, *, dry_run: bool = False) -> list[Change]:
        from podlab.engines.docker.delete import prune

        return await prune(self.client, dry_run=dry_run)

    # --- objects

    async def put(self, made: Object) -> Put:
        from podlab.engines.docker.contents.refresh import refresh
        from podlab.engines.docker.objects import store

        done = await store.put(self.client, made)
        if done == "configured":
            await refresh(self.client, made)
        return done

    async def object(self, kind: str, name: str) -> Object:
        from podlab.engines.docker.objects import store

        return await store.get(self.client, kind, name)

    async def objects(self, *kinds: str) -> Sequence[Object]:
        from podlab.engines.docker.objects import store

        return await store.everything(self.client, kinds)

    async def remove(self, kind: str, name: str) -> None:
        from podlab.engines.docker.objects import store

        await store.remove(self.client, kind, name)

    async def rollout(self, kind: str, name: str) -> Rollout:
        raise Unsupported("a Docker Engine runs no workloads: podlab does", subject=name)

    # --- found state

    async def spec(self, name: str) -> Pod:
        found = await find.listed_pod(self.client, name)
        if not found.exists:
            raise find.no_such_pod(name)
        if found.spec is None:
            raise Conflict(
                f"what pod '{name}' should be is lost with its infra container",
                subject=name,
                hint="`podlab up` with its file repairs it",
            )
        from podlab.model import Pod
        from podlab.wire import decode

        return decode(Pod, found.spec)

    async def get(self, name: str) -> PodStatus:
        return status.pod_status(await self._existing(name))

    async def list(self) -> list[PodStatus]:
        return [status.pod_status(found) for found in await find.pods(self.client) if found.exists]

    async def record(self, name: str) -> Record | None:
        found = await find.listed_pod(self.client, name)
        if not found.exists:
            raise find.no_such_pod(name)
        return found.record(with_history=True)

    async def write_record(self, name: str, record: Record, *, based_on: int) -> None:
        from podlab.engines.docker.records import write

        await write(self.client, name, record, based_on=based_on)

    async def restarts(self, name: str, container: str, *, by: Literal["agent", "engine"]) -> None:
        from podlab.engines.docker import translate
        from podlab.engines.docker.records import set_restarts

        policy = "no" if by == "agent" else translate.restarts(await self.spec(name), container)["Name"]
        await set_restarts(self.client, name, container, policy)

    async def expired(self) -> Sequence[str]:
        infras = await find.infras_with_lifetime(self.client)
        return [c.labels[naming.POD] for c in infras if c.has_expired(time.time())]

    async def watch(
        self, name: str = "", *, since: datetime | None = None, follow: bool = True
    ) -> AsyncIterator[PodEvent]:
        from podlab.engines.docker.events import watch

        async for event in watch(self.client, name, since=since, follow=follow):
            yield event

    # --- a pod's containers

    async def start(self, name: str, container: str | None = None) -> None:
        """Members whose infra was started after them are restarted: they hold namespaces that are gone."""
        if container is not None:
            await self._post(name, container, "start")
            return
        found = await self._whole(name)
        if found.spec and found.spec["spec"].get("initContainers"):  # one after another
            await self.apply(await self.spec(name))
            return
        infra = found.infra
        assert infra is not None  # noqa: S101 - _whole refuses such a pod
        await self._each([infra, *found.publishers.values()], "start")
        await self._furnish(found)
        await self._each(found.members.values(), lambda c: "restart" if found.is_stale(c) else "start")

    async def stop(self, name: str, container: str | None = None, *, grace_s: int | None = None) -> None:
        from podlab.engines.docker.stopping import post_in_order, running, stop_in_order

        query = {} if grace_s is None else {"t": grace_s}
        if container is not None:
            await post_in_order(self, self.client, name, container, "stop", grace_s)
            return
        found = await self._existing(name)
        await stop_in_order(self, self.client, name, running(found), grace_s=grace_s)
        await self._each(found.members.values(), "stop", **query)
        await self._each([c for c in [found.infra, *found.publishers.values()] if c], "stop")

    async def restart(self, name: str, container: str | None = None, *, grace_s: int | None = None) -> None:
        """A whole pod keeps its namespaces: its members are restarted, its infra is only started if it is down.
        Init containers that are through stay so.

        Stop and start: the engine's own restart leaves a container without grace period with a root that is not
        mounted, so that nobody can exec into it (engine 26.1)."""
        from podlab.engines.docker.stopping import post_in_order, restart_order, running, stop_in_order

        query = {} if grace_s is None else {"t": grace_s}
        if container is not None:
            await post_in_order(self, self.client, name, container, "restart", grace_s)
            return
        found = await self._whole(name)
        await stop_in_order(self, self.client, name, running(found), grace_s=grace_s)
        if found.infra and not found.infra.is_up:
            await self._each([found.infra], "start")
            await self._furnish(found)
        for group in restart_order(found):
            await self._each(group, "stop", **query)
            await self._each(group, "start")

    async def kill(self, name: str, container: str | None = None, *, signal: str = "KILL") -> None:
        if container is not None:
            await self._post(name, container, "kill", signal=signal)
            return
        found = await self._existing(name)
        await self._each([c for c in found.members.values() if c.is_up], "kill", signal=signal)

    async def pause(self, name: str, container: str | None = None) -> None:
        await self._freeze(name, container, "pause", "running")

    async def unpause(self, name: str, container: str | None = None) -> None:
        await self._freeze(name, container, "unpause", "paused")

    async def _freeze(self, name: str, container: str | None, verb: str, state: str) -> None:
        if container is not None:
            await self._post(name, container, verb)
            return
        found = await self._existing(name)
        await self._each([c for c in found.members.values() if c.state == state], verb)

    async def wait(self, name: str, container: str) -> int:
        id = await find.container_id(self.client, name, container)
        answer = await self.client.json("POST", f"/containers/{id}/wait")
        return int(answer["StatusCode"])

    async def renew(self, name: str, container: str, *, grace_s: int | None = None) -> None:
        from podlab.engines.docker.delete import remove_container

        id = await self._id(name, container)
        others = (await self.get(name)).containers
        hold = [c.name for c in others if c.state not in ("running", "paused") and c.name != container]
        await self.stop(name, container, grace_s=grace_s)
        await remove_container(self.client, id)
        await self.apply(await self.spec(name), hold=hold)

    # --- streams

    async def exec(
        self, name: str, container: str, command: Sequence[str], options: ExecOptions | None = None
    ) -> Process:
        from podlab.engines.base import ExecOptions
        from podlab.engines.docker.streams import exec_process

        options = options or ExecOptions()
        if known := self._ids.get((name, container)):  # a terminal opens a fifth sooner than after a list
            try:
                return await exec_process(self.client, known, command, options)
            except NotFound:  # made anew since
                self._ids.pop((name, container), None)
        self._ids[name, container] = id = await self._id(name, container)
        return await exec_process(self.client, id, command, options)

    async def attach(
        self, name: str, container: str, *, stdin: bool = False, detach_keys: str = ""
    ) -> Process:
        from podlab.engines.docker.streams import attach_process

        return await attach_process(
            self.client, await self._id(name, container), stdin=stdin, detach_keys=detach_keys
        )

    @asynccontextmanager
    async def debug(
        self, name: str, image: str, command: Sequence[str] = (), *, target: str = "",
        options: ExecOptions | None = None,
    ) -> AsyncIterator[Process]:  # fmt: skip
        from podlab.engines.base import ExecOptions
        from podlab.engines.docker.debugging import debugging

        pod, found = await self.spec(name), await self._existing(name)
        async with debugging(
            self.client, pod, found, image, command, target=target, options=options or ExecOptions()
        ) as process:
            yield process

    async def logs(
        self, name: str, container: str, *, follow: bool = False, tail: int | None = None,
        since: datetime | None = None, previous: bool = False,
    ) -> AsyncIterator[LogLine]:  # fmt: skip
        if previous:
            from podlab.engines.docker.previous import previous_logs

            async for line in previous_logs(self.client, name, container, tail=tail, since=since):
                yield line
            return
        from podlab.engines.docker.streams import logs

        id = await self._id(name, container)
        async for line in logs(self.client, id, follow=follow, tail=tail, since=since):
            yield line

    async def dial(self, name: str, port: int, *, patience_s: float = 0) -> ByteStream:
        from podlab.engines.docker.streams import dial

        try:  # by its name, without a list: a pod is probed again and again
            return await dial(self.client, naming.container(name, naming.INFRA), port, patience_s)
        except NotFound:
            return await dial(self.client, await self._id(name, naming.INFRA), port, patience_s)

    async def read_archive(self, name: str, container: str, path: str) -> AsyncIterator[bytes]:
        from podlab.engines.docker.streams import read_archive

        async for chunk in read_archive(self.client, await self._id(name, container), path):
            yield chunk

    async def write_archive(self, name: str, container: str, path: str, tar: AsyncIterable[bytes]) -> None:
        from podlab.engines.docker.streams import write_archive

        await write_archive(self.client, await self._id(name, container), path, tar)

    async def stat(self, name: str, container: str, path: str) -> FileStat:
        from podlab.engines.docker.streams import stat

        return await stat(self.client, await self._id(name, container), path)

    # --- looking inside

    async def namespaces(self, name: str) -> Sequence[NamespaceRow]:
        from podlab.engines.docker.namespaces import rows

        return rows(await self._existing(name), is_local=self.client.address.kind == "unix")

    async def processes(self, name: str, container: str) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        id = await self._id(name, container)
        answer = await self.client.json("GET", f"/containers/{id}/top")
        return answer["Titles"], answer["Processes"] or []

    async def usage(self, name: str, container: str, *, follow: bool = True) -> AsyncIterator[Usage]:
        from podlab.engines.docker.usage import usage

        async for reading in usage(self.client, await self._id(name, container), container, follow=follow):
            yield reading

    async def isolated_gateway(self) -> str:
        from podlab.engines.docker.gateway import isolated_gateway

        return await isolated_gateway(self.client)

    # --- inside

    async def _id(self, name: str, container: str) -> str:
        return await find.container_id(self.client, name, container)

    async def _existing(self, name: str) -> FoundPod:
        found = await find.pod(self.client, name)
        if not found.exists:
            raise find.no_such_pod(name)
        return found

    async def _whole(self, name: str) -> FoundPod:
        found = await self._existing(name)
        if found.infra is None:
            raise Conflict(
                f"pod '{name}' has lost its infra container",
                subject=name,
                hint="`podlab up` with its file repairs it",
            )
        return found

    async def _furnish(self, found: FoundPod) -> None:
        """Volumes in memory are empty after their infra was down, and its address may be another one now."""
        from podlab.engines.docker.contents.again import furnish, shows_address
        from podlab.errors import ungrouped
        from podlab.model import Pod
        from podlab.wire import decode

        if found.spec is None or not (found.spec["spec"].get("volumes") or shows_address(found)):
            return
        pod = decode(Pod, found.spec)
        with ungrouped():
            await (self.apply(pod) if shows_address(found) else furnish(self.client, pod, self.infra_image))

    async def _post(self, name: str, container: str, verb: str, **query: Any) -> None:
        await self.client.json("POST", f"/containers/{await self._id(name, container)}/{verb}", query=query)

    async def _each(
        self,
        containers: Collection[FoundContainer],
        verb: str | Callable[[FoundContainer], str],
        **query: Any,
    ) -> None:
        """At once; the first failure is raised when all have been tried."""

        def post(c: FoundContainer) -> Awaitable[Any]:
            action = verb if isinstance(verb, str) else verb(c)
            return self.client.json("POST", f"/containers/{c.id}/{action}", query=query)

        for result in await asyncio.gather(*map(post, containers), return_exceptions=True):
            if isinstance(result, BaseException) and not isinstance(result, NotFound):
                raise result
