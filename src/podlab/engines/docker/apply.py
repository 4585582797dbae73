"""Run a plan: concurrently where its steps allow, to the end or back to how it was.

The container's name is the lock: "name in use" means that somebody else did this step, so the engine is
looked at again and planned anew. A request that is under way is never cut off, because nobody could tell
whether the engine still carries it out; a cancelled `apply` lets it end, and then undoes.
"""

from __future__ import annotations

import asyncio
import io
import tarfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace

from podlab import naming
from podlab.engines.base import Change
from podlab.engines.docker import find, pod_group, publishers, resizing, translate
from podlab.engines.docker.ability import refuse_what_cannot_be
from podlab.engines.docker.api import Client
from podlab.engines.docker.contents import folders, image_files
from podlab.engines.docker.contents.around import for_container, gather
from podlab.engines.docker.contents.claims import open_claim, refuse_second
from podlab.engines.docker.contents.fill import fill
from podlab.engines.docker.contents.host_paths import see_to
from podlab.engines.docker.contents.last_words import make_file
from podlab.engines.docker.delete import delete, remove_container, remove_volume
from podlab.engines.docker.dialect import in_its_words, update
from podlab.engines.docker.explain import explain
from podlab.engines.docker.former import remove_former, set_aside
from podlab.engines.docker.found import FoundPod
from podlab.engines.docker.image_user import refuse_unmapped, settled
from podlab.engines.docker.oom import scored
from podlab.engines.docker.plan import Step, Verb, plan
from podlab.engines.docker.starting import start
from podlab.engines.docker.stopping import stop_found
from podlab.engines.docker.translate.last_words import has_file, last_words_volume
from podlab.errors import Conflict, NotFound, Overtaken, PodlabError, Unsupported
from podlab.model import PersistentVolumeClaim, Pod, Volume
from podlab.objects import Surroundings
from podlab.wire import decode, encode

ATTEMPTS = 5
"""How often the pod may change under our hands before we say so."""
FIRST_PAUSE_S = 0.05
"""Before the second attempt, and twice as long before each further one: 0.75 s in all."""

OnChange = Callable[[Change], None]


async def apply(
    client: Client,
    pod: Pod,
    infra_image: str,
    *,
    hold: Collection[str],
    based_on: Pod | None,
    keep_on_error: bool,
    on_change: OnChange,
) -> None:
    before = await find.pod(client, pod.name)
    if before.infra and before.infra.has_expired(time.time()):
        await delete(client, pod.name, grace_s=0)
        before = FoundPod(name=pod.name, networks=before.networks)
    if before.removed_since is not None:
        if based_on is not None:
            raise _is_being_removed(pod.name)
        await remove_volume(client, naming.removal_volume(pod.name))  # it is wanted again
        before = replace(before, removed_since=None)
    run = _Run(client, pod, infra_image, on_change, based_on)
    try:
        await run.until_nothing_differs(before, hold)
    except BaseException:
        if not keep_on_error and run.has_changed:
            await _finish(_undo(client, before, run, infra_image))
        raise


def _is_being_removed(name: str) -> Overtaken:
    return Overtaken(f"pod '{name}' is being removed by somebody else", subject=name, hint="`podlab up` makes it again")


async def _undo(client: Client, before: FoundPod, run: _Run, infra_image: str) -> None:
    """A pod that was not there is removed as far as we made it; one that was there gets its old wanted state. What was
    to be repaired is left nearer to it than it was found: a new infra container may have the last copy of what is
    wanted."""
    if before.infra is None and before.spec == encode(run.pod):
        return
    if before.spec is None:
        async with asyncio.TaskGroup() as group:
            for id in run.made_containers:
                group.create_task(remove_container(client, id))
        async with asyncio.TaskGroup() as group:
            for name in run.made_volumes:
                group.create_task(remove_volume(client, name))
        if translate.is_bounded(run.pod):
            with suppress(PodlabError):  # it was why this has to be undone
                await pod_group.let_go(client, before.name, infra_image)
        return
    now = await find.pod(client, before.name)
    if now.spec == encode(run.pod) and now.removed_since is None:  # else somebody has gone on from here
        back = _Run(client, decode(Pod, before.spec), infra_image, lambda change: None)
        await back.until_nothing_differs(now, ())


async def _finish(work: Awaitable[object]) -> None:
    """Await to the end, even when cancelled meanwhile; the cancellation is raised afterwards."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        task.exception()
        raise cancelled
    task.result()


@dataclass(eq=False)
class _Run:
    client: Client
    pod: Pod
    infra_image: str
    on_change: OnChange
    based_on: Pod | None = None
    made_containers: list[str] = field(default_factory=list)
    made_volumes: list[str] = field(default_factory=list)
    has_changed: bool = False
    around: Surroundings = field(default_factory=Surroundings)
    found: FoundPod = field(default_factory=lambda: FoundPod(name=""))
    _stopped: bool = False

    async def until_nothing_differs(self, found: FoundPod, hold: Collection[str]) -> None:
        for attempt in range(ATTEMPTS):
            self._heed_others(found)
            self.found = found
            steps = plan(self.pod, found, hold=hold)
            refuse_what_cannot_be(self.pod, self.client.features)
            if not steps:
                return
            self.around = await gather(self.client, self.pod, steps)
            await refuse_second(self.client, self.pod, steps, self.around)
            try:
                await self._all(steps)
            except _MovedOn as moved:
                if attempt + 1 == ATTEMPTS:
                    raise moved.error from moved
            else:
                return
            # A name is taken from the moment that somebody asks for it, and its container listed only when made.
            await asyncio.sleep(FIRST_PAUSE_S * 2**attempt)
            found = await find.pod(self.client, self.pod.name)

    def _heed_others(self, found: FoundPod) -> None:
        """A wanted state that came after ours is made of ours, so from then on it is what we help to reach."""
        if found.removed_since is not None:
            raise _is_being_removed(self.pod.name)
        if self.has_changed:
            if found.spec not in (None, encode(self.pod)):
                self.pod = decode(Pod, found.spec)
        elif self.based_on is not None and found.spec not in (encode(self.based_on), encode(self.pod)):
            raise Overtaken(
                f"pod '{self.pod.name}' was changed by somebody else meanwhile",
                subject=self.pod.name,
                hint="look at it again, then repeat the change",
            )

    async def _all(self, steps: list[Step]) -> None:
        """Every step as soon as those before it are done. After a failure nothing new is begun."""
        self._stopped = False
        tasks: dict[Step, asyncio.Task[None]] = {}
        for step in steps:
            tasks[step] = asyncio.create_task(self._after(step, [tasks[s] for s in step.after]))
        if not tasks:
            return
        try:
            await asyncio.wait(tasks.values())
        except asyncio.CancelledError:
            self._stopped = True
            await _finish(asyncio.wait(tasks.values()))
            raise
        failed = [error for task in tasks.values() if (error := task.exception())]
        if failed:
            raise failed[0]

    async def _after(self, step: Step, before: list[asyncio.Task[None]]) -> None:
        for task in before:
            await asyncio.wait([task])
            if task.exception() is not None:
                self._stopped = True
        if self._stopped:
            return
        # What cannot write its wanted state has changed nothing yet, and must not undo what others did.
        self.has_changed |= step.verb is not Verb.WRITE_SPEC
        try:
            await self._do(step)
        except PodlabError as error:
            self._stopped = True
            explained = await explain(self.client, self.pod.name, step, error)
            if isinstance(error, NotFound | Conflict) and "No such image" not in error.message:
                raise _MovedOn(explained) from error
            raise explained from error
        if step.verb in (Verb.PUBLISH, Verb.UNPUBLISH, Verb.BOUND):
            self.on_change(Change(verb=step.verb, pod=self.pod.name, reason=step.reason))
        if step.concerns_container:
            container = "" if step.target == naming.INFRA else step.target
            self.on_change(Change(verb=step.verb, pod=self.pod.name, container=container, reason=step.reason))

    async def _do(self, step: Step) -> None:
        client, pod, name = self.client, self.pod, naming.container(self.pod.name, step.target)
        match step.verb:
            case Verb.CREATE_NETWORK:
                await self._create_network()
            case Verb.CONNECT:
                await self._connect(step.target)
            case Verb.WRITE_SPEC:
                await self._write_spec(int(step.target.rpartition(".")[2]))
            case Verb.CREATE:
                await self._create(step.target, name)
            case Verb.START:
                await start(client, name)
            case Verb.RESTART:
                # One request leaves a container without grace period with a root that nobody can exec into.
                await client.json("POST", f"/containers/{name}/stop")
                await start(client, name)
            case Verb.STOP:
                await stop_found(client, self.infra_image, self.found, step.target)
                await client.json("POST", f"/containers/{name}/stop")
            case Verb.UPDATE:
                bounds = resizing.update(pod, step.target)
                await update(client, name, bounds)
            case Verb.REMOVE:
                await self._remove(step.target, name)
            case Verb.REMOVE_VOLUME | Verb.REMOVE_SPEC:
                await remove_volume(client, step.target)
            case Verb.PUBLISH | Verb.UNPUBLISH:
                await publishers.carry_out(client, pod, step, self.infra_image)
            case _:
                await self._do_other(step)

    async def _do_other(self, step: Step) -> None:
        client, pod, image = self.client, self.pod, self.infra_image
        match step.verb:
            case Verb.SET_ASIDE:
                await set_aside(client, image, self.found, step.target)
            case Verb.CREATE_VOLUME:
                await self._create_volume(self._volume(step.target))
            case Verb.OPEN_VOLUME if step.target in translate.claimed(pod):
                await open_claim(client, pod, step.target, image)
            case Verb.OPEN_VOLUME:
                await self._open_volume(step.target)
            case Verb.FILL_VOLUME:
                await self._fill_volume(translate.own_volumes(pod)[step.target])
            case Verb.MAKE_FOLDERS:
                await folders.make(client, pod, step.target, self.around, image)
            case Verb.BOUND:
                self.made_volumes.append(await pod_group.bound(client, pod, image))
            case Verb.SEE_TO_PATH:
                await see_to(client, pod, step.target, image)

    async def _create(self, container: str, name: str) -> None:
        if container == naming.INFRA:
            lifetime = self.pod.spec.active_deadline_seconds
            ends_at = None if lifetime is None else int(time.time()) + lifetime
            await refuse_unmapped(self.client, self.pod)
            body = translate.infra(self.pod, self.infra_image, ends_at)
        else:
            wanted = self.pod.container(container)
            assert wanted is not None  # noqa: S101 - the plan names the pod's own containers
            around = await for_container(self.client, self.pod, wanted, self.around)
            if has_file(wanted, has_subpaths=around.has_subpaths):
                volume = last_words_volume(self.pod, wanted)
                await self._create_volume(volume)
                await make_file(self.client, self.pod, volume["Name"], self.infra_image)
            body = await settled(self.client, self.pod, wanted, translate.member(self.pod, wanted, around))
            body = await scored(self.client, self.pod, wanted, body)
        body = await pod_group.put_in(self.client, self.pod.name, body)
        body = in_its_words(body, self.client.features)
        answer = await self.client.json("POST", "/containers/create", query={"name": name}, body=body)
        self.made_containers.append(answer["Id"])

    async def _remove(self, container: str, name: str) -> None:
        await stop_found(self.client, self.infra_image, self.found, container)
        await self.client.json("POST", f"/containers/{name}/stop")
        await remove_container(self.client, name)
        await remove_former(self.client, self.found, container)
        if (member := self.found.members.get(container)) and naming.LAST_WORDS in member.labels:
            await remove_volume(self.client, naming.last_words_volume(self.pod.name, container))

    async def _connect(self, network: str) -> None:
        settings = translate.endpoint(self.pod)["EndpointsConfig"][network]
        body = {"Container": naming.container(self.pod.name, naming.INFRA), "EndpointConfig": settings}
        await self.client.json("POST", f"/networks/{network}/connect", body=body)

    async def _create_network(self) -> None:
        body = translate.network(self.pod)
        try:
            await self.client.json("POST", "/networks/create", body=body | {"CheckDuplicate": True})
        except Conflict:  # somebody else made it at the same time
            await self.client.json("GET", f"/networks/{body['Name']}")

    async def _write_spec(self, generation: int) -> None:
        """Whoever was slow may write a generation that others have passed and removed: look after writing."""
        body = translate.spec_volume(self.pod, generation)
        await self._create_volume(body)
        label = f"{naming.POD}={self.pod.name}"
        generations = [
            int(v["Labels"].get(naming.GENERATION, 0)) for v in await find.volumes(self.client, label)
        ]
        if max(generations) > generation:
            await remove_volume(self.client, body["Name"])
            raise Conflict(f"pod '{self.pod.name}' was changed meanwhile")
        self.has_changed = True

    def _volume(self, name: str) -> translate.Body:
        if claim := translate.claimed(self.pod).get(name):
            found = self.around.objects.get(("PersistentVolumeClaim", claim))
            return translate.claim(claim, found if isinstance(found, PersistentVolumeClaim) else None)
        return translate.volume(self.pod, translate.own_volumes(self.pod)[name])

    async def _fill_volume(self, volume: Volume) -> None:
        if volume.image:
            await image_files.copy(self.client, self.pod, volume, self.infra_image)
        else:
            await fill(self.client, self.pod, volume, self.around)

    async def _create_volume(self, body: translate.Body) -> None:
        """Creating a volume that exists succeeds whatever its labels are, so they are compared."""
        try:
            answer = await self.client.json("POST", "/volumes/create", body=body)
        except PodlabError as error:
            if "size" not in body.get("DriverOpts", {}):
                raise
            # An engine that cannot bound it has made it nevertheless, without a bound.
            await remove_volume(self.client, body["Name"])
            raise Unsupported(
                f"this engine cannot bound a volume on its disk: {error.message}",
                subject=body["Name"],
                hint="bound it in memory (emptyDir: {medium: Memory, sizeLimit: …}), leave sizeLimit out, or keep the "
                "engine's data on xfs that is mounted with pquota",
            ) from error
        if (answer.get("Labels") or {}) != body["Labels"]:
            raise Conflict(f"volume '{body['Name']}' is not the one that pod '{self.pod.name}' needs")
        if naming.POD in body["Labels"]:  # a claim's data is nobody's to undo
            self.made_volumes.append(body["Name"])

    async def _open_volume(self, volume: str) -> None:
        """An emptyDir is writable for every user, as in Kubernetes; the engine makes it root's alone."""
        body = translate.opener(self.pod, volume, self.infra_image)
        upload = _folder_for_all("v", translate.group_of_volumes(self.pod))
        id = (await self.client.json("POST", "/containers/create", body=body))["Id"]
        try:
            async with self.client.request(
                "PUT", f"/containers/{id}/archive", query={"path": "/"}, upload=upload
            ) as response:
                await response.body()
        finally:
            await remove_container(self.client, id)


class _MovedOn(Exception):
    """The engine was not as it was found. Look again; `error` is what to say when that does not help."""

    def __init__(self, error: PodlabError) -> None:
        super().__init__(error.message)
        self.error = error


async def _folder_for_all(name: str, group: int | None) -> AsyncIterator[bytes]:
    """What is made in a folder of a group belongs to that group, too."""
    folder = tarfile.TarInfo(name)
    folder.type, folder.mode, folder.gid = tarfile.DIRTYPE, 0o777 if group is None else 0o2777, group or 0
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.addfile(folder)
    yield buffer.getvalue()
