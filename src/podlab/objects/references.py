"""Which objects a pod refers to, and which of them are missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from podlab.errors import NotFound
from podlab.model import ConfigMap, Container, KeyToPath, Pod, Secret, Volume
from podlab.objects.kinds import Object
from podlab.objects.surroundings import PUT


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """`key` is empty for an object as a whole. `place` says who refers to it: `container 'app', env 'A'`."""

    kind: str
    name: str
    key: str = ""
    is_optional: bool = False
    place: str = ""


def references(pod: Pod, containers: Iterable[Container] | None = None) -> Iterator[Reference]:
    """Of these containers and of the volumes that they mount; without `containers`, of all. What nobody mounts asks
    for nothing, as in Kubernetes."""
    chosen = pod.members if containers is None else tuple(containers)
    for container in chosen:
        yield from _of_environment(container)
    mounted = {mount.name for container in chosen for mount in container.volume_mounts}
    for volume in pod.spec.volumes:
        if volume.name in mounted:
            yield from of_volume(volume)


def of_volume(volume: Volume) -> Iterator[Reference]:
    place = f"volume '{volume.name}'"
    if volume.config_map:
        source = volume.config_map
        yield from _files("ConfigMap", source.name, source.items, source.optional, place)
    if volume.secret:
        secret = volume.secret
        yield from _files("Secret", secret.secret_name, secret.items, secret.optional, place)
    if volume.persistent_volume_claim:
        name = volume.persistent_volume_claim.claim_name
        yield Reference(kind="PersistentVolumeClaim", name=name, place=place)
    for each in volume.projected.sources if volume.projected else ():
        for kind, projection in (("ConfigMap", each.config_map), ("Secret", each.secret)):
            if projection:
                yield from _files(kind, projection.name, projection.items, projection.optional, place)


def missing(pod: Pod, found: Iterable[Reference], objects: Mapping[tuple[str, str], Object]) -> None:
    """Raise `NotFound` for the first of these references that counts and leads nowhere."""
    for each in found:
        if each.is_optional:
            continue
        there = objects.get((each.kind, each.name))
        if there is None:
            raise NotFound(
                f"pod '{pod.name}' needs {each.kind} '{each.name}' ({each.place}), and there is none",
                subject=each.name,
                hint=PUT,
            )
        if each.key and each.key not in _keys(there):
            raise NotFound(
                f"pod '{pod.name}' needs key '{each.key}' of {each.kind} '{each.name}' ({each.place}), which has "
                f"{', '.join(sorted(_keys(there))) or 'no key'}",
                subject=each.name,
            )


def _keys(made: Object) -> set[str]:
    if isinstance(made, ConfigMap):
        return {*made.data, *made.binary_data}
    return {*made.data, *made.string_data} if isinstance(made, Secret) else set()


def _of_environment(container: Container) -> Iterator[Reference]:
    for source in container.env_from:
        for kind, ref in (("ConfigMap", source.config_map_ref), ("Secret", source.secret_ref)):
            if ref:
                place = f"container '{container.name}', envFrom"
                yield Reference(kind=kind, name=ref.name, is_optional=bool(ref.optional), place=place)
    for variable in container.env:
        if not variable.value_from:
            continue
        place = f"container '{container.name}', env '{variable.name}'"
        refs = (
            ("ConfigMap", variable.value_from.config_map_key_ref),
            ("Secret", variable.value_from.secret_key_ref),
        )
        for kind, key in refs:
            if key:
                optional = bool(key.optional)
                yield Reference(kind=kind, name=key.name, key=key.key, is_optional=optional, place=place)


def _files(
    kind: str, name: str, items: tuple[KeyToPath, ...], optional: bool | None, place: str
) -> Iterator[Reference]:
    yield Reference(kind=kind, name=name, is_optional=bool(optional), place=place)
    for item in items:
        yield Reference(kind=kind, name=name, key=item.key, is_optional=bool(optional), place=place)
