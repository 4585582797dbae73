"""The objects that a fake engine keeps, and what its containers have of them."""

from __future__ import annotations

import dataclasses
import posixpath
from typing import TYPE_CHECKING

from podlab.errors import Conflict, NotFound
from podlab.objects import Facts, Object, Surroundings, key_of, missing, references
from podlab.objects.environment import environment
from podlab.objects.files import files, has_content
from podlab.objects.kinds import hidden, replaced, settled
from podlab.testing.fake.pods import Pods
from podlab.testing.fake.world import FakeContainer, FakeFile
from podlab.wire import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from podlab.engines.base import Put
    from podlab.model import Container, Pod, Volume, VolumeMount
    from podlab.testing.fake.shell import Program

ADDRESS = "10.88.0.2"


class Objects(Pods):
    def __init__(self, *, programs: Mapping[str, Program], start: datetime | None) -> None:
        super().__init__(programs=programs, start=start)
        self._objects: dict[tuple[str, str], Object] = {}
        self._claims: dict[str, dict[str, FakeFile | None]] = {}

    async def put(self, made: Object) -> Put:
        await self._answer()
        wanted, before = settled(made), self._objects.get(key_of(made))
        if before is not None and encode(replaced(before, wanted)) == encode(before):
            return "unchanged"
        self._objects[key_of(made)] = wanted
        for pod in self._pods.values():
            for container in pod.containers.values():
                self._show(pod.spec, container)
        return "configured" if before else "created"

    async def object(self, kind: str, name: str) -> Object:
        await self._answer()
        if (kind, name) not in self._objects:
            raise NotFound(f"there is no {kind} {name!r}", subject=name)
        return self._objects[kind, name]

    async def objects(self, *kinds: str) -> Sequence[Object]:
        await self._answer()
        return [made for (kind, _), made in sorted(self._objects.items()) if not kinds or kind in kinds]

    async def remove(self, kind: str, name: str) -> None:
        await self._answer()
        if kind == "PersistentVolumeClaim":
            for pod in self._pods.values():
                if any(r.kind == kind and r.name == name for r in references(pod.spec)):
                    raise Conflict(f"{kind} {name!r} is in use by pod {pod.spec.name!r}", subject=name)
            self._claims.pop(name, None)
        self._objects.pop((kind, name), None)

    def _need(self, pod: Pod, containers: Iterable[Container]) -> None:
        missing(pod, references(pod, containers), self._objects)

    def _shown(self, pod: Pod, containers: Iterable[Container], put: Iterable[Object]) -> Surroundings:
        """For people to look at, as if these objects had been put."""
        objects = self._objects | {key_of(each): settled(each) for each in put}
        missing(pod, references(pod, containers), objects)
        around = self._around(pod)
        return dataclasses.replace(around, objects={key: hidden(each) for key, each in objects.items()})

    def _furnish(self, pod: Pod, container: FakeContainer) -> None:
        """What a container begins with."""
        container.env = environment(pod, container.spec, self._around(pod))
        for mount, volume in _mounted(pod, container.spec):
            if claim := volume.persistent_volume_claim:
                container.files[mount.mount_path] = None
                for path, content in self._claims.get(claim.claim_name, {}).items():
                    container.files[posixpath.join(mount.mount_path, path)] = content
        self._show(pod, container)

    def _show(self, pod: Pod, container: FakeContainer) -> None:
        """A file that is mounted alone stays as it was, as a `subPath` does."""
        for mount, volume in _mounted(pod, container.spec):
            if not has_content(volume) or (mount.sub_path and mount.mount_path in container.files):
                continue
            for path in list(_below(container, mount.mount_path)):
                del container.files[path]
            made = files(pod, volume, self._around(pod))
            container.files |= {} if mount.sub_path else {mount.mount_path: None}
            for file in made:
                path = posixpath.normpath(posixpath.join(mount.mount_path, file.path))
                if mount.sub_path:
                    path = mount.mount_path if file.path == mount.sub_path else ""
                if path:
                    container.files[path] = FakeFile(file.data, file.mode, self._clock.now())

    def _keep(self, pod: Pod, container: FakeContainer) -> None:
        """What a container leaves behind."""
        for mount, volume in _mounted(pod, container.spec):
            if claim := volume.persistent_volume_claim:
                self._claims[claim.claim_name] = {
                    posixpath.relpath(path, mount.mount_path): container.files[path]
                    for path in _below(container, mount.mount_path)
                }

    def _around(self, pod: Pod) -> Surroundings:
        addresses = {"pod_ips": (ADDRESS,), "host_ips": ("10.88.0.1",)}
        facts = Facts(uid=f"fake-{pod.name}", node="fake", cpus=4, memory_bytes=1 << 33, **addresses)
        return Surroundings(objects=self._objects, facts=facts)


def _mounted(pod: Pod, container: Container) -> Iterator[tuple[VolumeMount, Volume]]:
    volumes = {volume.name: volume for volume in pod.spec.volumes}
    return ((mount, volumes[mount.name]) for mount in container.volume_mounts if mount.name in volumes)


def _below(container: FakeContainer, folder: str) -> Iterator[str]:
    return (path for path in container.files if path.startswith(folder.rstrip("/") + "/"))
