"""What a pod's volumes need before its containers are created and before they start. Pure, as `plan` is.

A volume in memory is empty after each start of the infra container, and an object may have changed while its readers
were down: so what podlab writes is written before every start of a container that mounts it, and nothing happens where
it is there already.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from podlab import naming
from podlab.engines.docker import translate
from podlab.engines.docker.found import FoundPod
from podlab.engines.docker.steps import Step, Steps, Verb
from podlab.model import Container, Pod, Volume
from podlab.objects.fields import needs_address
from podlab.objects.files import has_content

_UNCHECKED: Final = (None, "")
"""The type of a hostPath that may be anything. https://kubernetes.io/docs/concepts/storage/volumes/#hostpath-volume-types"""


class Volumes:
    def __init__(self, steps: Steps, wanted: Pod, found: FoundPod) -> None:
        self._steps, self._wanted, self._found = steps, wanted, found
        self._volumes = {v.name: v for v in wanted.spec.volumes}
        self.own = translate.own_volumes(wanted)
        self._created: dict[str, Step] = {}
        self._opened: dict[str, Step] = {}
        self._ready: dict[tuple[Verb, str], Step] = {}

    def before_infra(self) -> list[Step]:
        """The infra mounts those in memory: made after it, they would be the engine's own volumes of that name, on
        the disk."""
        if self._found.infra is None:
            for name, volume in self.own.items():
                if translate.is_in_memory(volume) and name not in self._found.volumes:
                    self._created[name] = self._steps.add(Verb.CREATE_VOLUME, name)
        return list(self._created.values())

    def create(self, *, after: Collection[Step]) -> None:
        for name in self.own:
            if name not in self._found.volumes and name not in self._created:
                self._created[name] = self._steps.add(Verb.CREATE_VOLUME, name, after=after)

    def before_create(
        self, container: Container, *, infra_ready: Step | None, after: Collection[Step]
    ) -> list[Step]:
        """A container whose environment shows the pod's address waits until there is one."""
        needs = [infra_ready] if infra_ready and needs_address(container) else []
        for volume in self._mounted(container):
            if volume.host_path and volume.host_path.type not in _UNCHECKED:
                needs.append(self._once(Verb.SEE_TO_PATH, volume.name, after))
            if claim := volume.persistent_volume_claim:
                name = naming.claim_volume(claim.claim_name)
                # One that is there stays as it is.
                self._created[name] = needed = self._once(Verb.CREATE_VOLUME, name, after)
                self._opened[name] = self._once(Verb.OPEN_VOLUME, name, [needed])
            if created := self._created.get(translate.source(self._wanted, volume)):
                needs.append(created)
        return needs

    def open(self) -> None:
        """A volume on the disk is root's alone as the engine makes it."""
        for name, volume in self.own.items():
            if translate.is_scratch(volume) and not self._has_been_used(name):
                self._opened[name] = self._steps.add(Verb.OPEN_VOLUME, name, after=self._after(name))

    def before_start(self, container: Container, *, infra_ready: Step | None) -> list[Step]:
        needs = []
        up = [infra_ready] if infra_ready else []
        for volume in self._mounted(container):
            name = translate.source(self._wanted, volume)
            before = [*self._after(name), *up]
            if opened := self._opened.get(name):
                needs.append(opened)
            if has_content(volume) or (volume.image and not self._has_been_used(name)):
                needs.append(self._once(Verb.FILL_VOLUME, name, before))
            elif self._has_folders(volume):
                opened_before = [opened] if opened else []
                needs.append(self._once(Verb.MAKE_FOLDERS, name, [*before, *opened_before]))
        return needs

    def superfluous(self) -> list[str]:
        return sorted(self._found.volumes - self.own.keys())

    def _mounted(self, container: Container) -> list[Volume]:
        return [self._volumes[name] for name in dict.fromkeys(m.name for m in container.volume_mounts)]

    def _has_folders(self, volume: Volume) -> bool:
        """Whether a container mounts a folder of it that podlab makes; a hostPath's the engine makes."""
        return not (volume.host_path or volume.image) and any(
            mount.name == volume.name and (mount.sub_path or mount.sub_path_expr)
            for container in self._wanted.members
            for mount in container.volume_mounts
        )

    def _once(self, verb: Verb, target: str, after: Collection[Step]) -> Step:
        key = (verb, target)
        if key not in self._ready:
            self._ready[key] = self._steps.add(verb, target, after=after)
        return self._ready[key]

    def _after(self, name: str) -> list[Step]:
        return [self._created[name]] if name in self._created else []

    def _has_been_used(self, name: str) -> bool:
        """Whether a container that mounts it has ever run; one that exists may have been made and not opened."""
        if name not in self._found.volumes:
            return False
        own = self.own[name].name
        mounters = {c.name for c in self._wanted.members for m in c.volume_mounts if m.name == own}
        return not mounters or any(m.started_at for n, m in self._found.members.items() if n in mounters)
