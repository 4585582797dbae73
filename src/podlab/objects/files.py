"""The files of configMap, secret, downwardAPI and projected volumes.

https://kubernetes.io/docs/concepts/storage/projected-volumes/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from podlab.errors import NotFound
from podlab.model import DownwardAPIFile, KeyToPath, Pod, Volume
from podlab.objects.fields import field_value, resource_value
from podlab.objects.kinds import data_of
from podlab.objects.surroundings import Surroundings

DEFAULT_MODE: Final = 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """`path` is below the volume's root. `mode` is as the manifest has it: ownership may widen it."""

    path: str
    data: bytes
    mode: int


def has_content(volume: Volume) -> bool:
    """Whether podlab writes what is in the volume."""
    return any((volume.config_map, volume.secret, volume.downward_api, volume.projected))


def is_secret(volume: Volume) -> bool:
    sources = volume.projected.sources if volume.projected else ()
    return volume.secret is not None or any(source.secret for source in sources)


def files(pod: Pod, volume: Volume, around: Surroundings) -> list[File]:
    """By path; of two with one path the later source counts. `NotFound` for what is missing and not optional."""
    made: dict[str, File] = {}
    for file in _files(pod, volume, around):
        made[file.path] = file
    return [made[path] for path in sorted(made)]


def _files(pod: Pod, volume: Volume, around: Surroundings) -> Iterator[File]:
    if volume.config_map:
        source = volume.config_map
        mode = source.default_mode
        yield from _keys("ConfigMap", source.name, source.items, source.optional, mode, around)
    if volume.secret:
        secret = volume.secret
        mode = secret.default_mode
        yield from _keys("Secret", secret.secret_name, secret.items, secret.optional, mode, around)
    if volume.downward_api:
        yield from _own(pod, volume.downward_api.items, volume.downward_api.default_mode, around)
    for each in volume.projected.sources if volume.projected else ():
        mode = volume.projected.default_mode if volume.projected else None
        for kind, projection in (("ConfigMap", each.config_map), ("Secret", each.secret)):
            if projection:
                items, optional = projection.items, projection.optional
                yield from _keys(kind, projection.name, items, optional, mode, around)
        if each.downward_api:
            yield from _own(pod, each.downward_api.items, mode, around)


def _keys(
    kind: str, name: str, items: tuple[KeyToPath, ...], optional: bool | None, mode: int | None,
    around: Surroundings,
) -> Iterator[File]:  # fmt: skip
    found = around.find(kind, name, optional=optional)
    if found is None:
        return
    data = data_of(found)
    for item in items or (KeyToPath(key=key, path=key) for key in data):
        if item.key in data:
            yield File(path=item.path, data=data[item.key], mode=_mode(item.mode, mode))
        else:
            error = NotFound(f"{kind} '{name}' has no key '{item.key}'", subject=name)
            around.lacks(optional, error)


def _own(
    pod: Pod, items: Iterable[DownwardAPIFile], mode: int | None, around: Surroundings
) -> Iterator[File]:
    for item in items:
        text = ""
        if item.field_ref:
            text = field_value(pod, item.field_ref, around.facts)
        elif item.resource_field_ref and pod.spec.containers:
            text = resource_value(pod, pod.spec.containers[0], item.resource_field_ref, around.facts)
        yield File(path=item.path, data=text.encode(), mode=_mode(item.mode, mode))


def _mode(own: int | None, of_volume: int | None) -> int:
    if own is not None:
        return own
    return DEFAULT_MODE if of_volume is None else of_volume
