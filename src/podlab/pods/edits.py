"""What one may change about a pod by a word on the command line: pure functions from a wanted state to the next.

Whether the result may be honoured is `manifest.check_pod`'s word, and the engine's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping

from podlab import naming
from podlab.errors import AlreadyExists, NotFound
from podlab.model import PUBLISH, Container, ContainerPort, EnvVar, Pod, Quantity, Resources
from podlab.ports import parse, published, text

EVERY = "*"
"""Instead of a container's name: all of them, init containers too."""


def with_images(pod: Pod, images: Mapping[str, str]) -> Pod:
    """`images` by container's name, or for `*`, all. `NotFound` for a container that the pod has not."""
    _known(pod, images.keys() - {EVERY})

    def edit(container: Container) -> Container:
        image = images.get(container.name, images.get(EVERY, container.image))
        return dataclasses.replace(container, image=image)

    return _each(pod, edit)


def with_env(
    pod: Pod, containers: Collection[str], *, add: Mapping[str, str], remove: Collection[str] = ()
) -> Pod:
    """Variables of these containers, or without any, of all. One that is there keeps its place, and one that is to be
    removed and is not there is as good. `NotFound` for a container that the pod has not."""
    _known(pod, containers)

    def edit(container: Container) -> Container:
        if containers and container.name not in containers:
            return container
        kept = [each for each in container.env if each.name not in remove]
        names = {each.name for each in kept}
        env = [EnvVar(name=e.name, value=add[e.name]) if e.name in add else e for e in kept]
        env += [EnvVar(name=name, value=value) for name, value in add.items() if name not in names]
        return dataclasses.replace(container, env=tuple(env))

    return _each(pod, edit)


def with_resources(
    pod: Pod, container: str, *, limits: Mapping[str, str | None], requests: Mapping[str, str | None]
) -> Pod:
    """Quantities by resource; those that are not named stay, and one that is None goes."""
    _known(pod, [container])

    def merged(before: Mapping[str, Quantity], new: Mapping[str, str | None]) -> dict[str, Quantity]:
        both = {**before, **new}
        return {name: value for name, value in both.items() if value is not None}

    def edit(each: Container) -> Container:
        if each.name != container:
            return each
        now = each.resources or Resources()
        resources = dataclasses.replace(
            now, limits=merged(now.limits, limits), requests=merged(now.requests, requests)
        )
        said = resources if resources.limits or resources.requests else None
        return dataclasses.replace(each, resources=said)

    return _each(pod, edit)


def renamed(pod: Pod, name: str) -> Pod:
    """Nobody's pod, as no workload made it. `Invalid` where a pod cannot have this name."""
    from podlab.manifest import check_pod_name

    check_pod_name(name)
    labels = {key: value for key, value in pod.metadata.labels.items() if key not in naming.OF_OWNER}
    return dataclasses.replace(pod, metadata=dataclasses.replace(pod.metadata, name=name, labels=labels))


def publishing(pod: Pod, ports: Iterable[ContainerPort]) -> Pod:
    """The pod with these ports, too. One that it has is as good; `AlreadyExists` where it has the machine's port for
    another one."""
    own = published(pod)
    added = list(own)
    for port in ports:
        if text(port) in map(text, added):
            continue
        if other := next((each for each in added if _place(each) == _place(port)), None):
            raise AlreadyExists(
                f"pod '{pod.name}' publishes {text(other)} already",
                subject=pod.name,
                hint=f"`podlab unpublish {pod.name} {other.host_port}` first, or take another port of the machine",
            )
        added.append(port)
    return _annotated(pod, [*_annotation(pod), *map(text, added[len(own) :])])


def unpublishing(pod: Pod, which: Iterable[str]) -> tuple[Pod, list[str]]:
    """The pod without these ports, each given as it was published or by the machine's port alone; and what went.

    `NotFound` where it does not publish one, or where its containers say so themselves: then their file says it, too.
    """
    left = _annotation(pod)
    gone: list[str] = []
    for wish in which:
        found = [each for each in left if wish in _spellings(each)]
        if not found:
            own = next((p for p in published(pod) if wish in _spellings(text(p))), None)
            raise NotFound(
                f"pod '{pod.name}' does not publish {wish}"
                if own is None
                else f"port {wish} of pod '{pod.name}' is the hostPort of one of its containers",
                subject=wish,
                hint="take it out of the pod's file, and `podlab up --replace`" if own else _has(pod),
            )
        left = [each for each in left if each not in found]
        gone += found
    return _annotated(pod, left), gone


def without_host_ports(pod: Pod) -> Pod:
    """It publishes nothing; its containers' ports are still known."""
    return moved_ports(_annotated(pod, []), lambda port: None)


def moved_ports(pod: Pod, to: Callable[[int], int | None]) -> Pod:
    """Each port of the machine becomes another one, or none."""

    def port(each: ContainerPort) -> ContainerPort:
        host = None if each.host_port is None else to(each.host_port)
        return dataclasses.replace(each, host_port=host, host_ip=None if host is None else each.host_ip)

    moved = [port(parse(each)) for each in _annotation(pod)]
    pod = _annotated(pod, [text(each) for each in moved if each.host_port is not None])
    return _each(pod, lambda c: dataclasses.replace(c, ports=tuple(map(port, c.ports))))


def _each(pod: Pod, edit: Callable[[Container], Container]) -> Pod:
    spec = dataclasses.replace(
        pod.spec,
        containers=tuple(map(edit, pod.spec.containers)),
        init_containers=tuple(map(edit, pod.spec.init_containers)),
    )
    return dataclasses.replace(pod, spec=spec)


def _known(pod: Pod, names: Iterable[str]) -> None:
    for name in names:
        if pod.container(name) is None:
            raise NotFound(
                f"pod '{pod.name}' has no container '{name}'",
                subject=name,
                hint=f"it has {', '.join(each.name for each in pod.members) or 'none'}",
            )


def _place(port: ContainerPort) -> tuple[str, int | None, str]:
    return port.host_ip or "", port.host_port, port.protocol or "TCP"


def _annotation(pod: Pod) -> list[str]:
    return [text(parse(each)) for each in pod.metadata.annotations.get(PUBLISH, "").split(",") if each]


def _annotated(pod: Pod, ports: list[str]) -> Pod:
    annotations = {key: value for key, value in pod.metadata.annotations.items() if key != PUBLISH}
    if ports:
        annotations[PUBLISH] = ",".join(each.removesuffix("/tcp") for each in ports)
    return dataclasses.replace(pod, metadata=dataclasses.replace(pod.metadata, annotations=annotations))


def _spellings(port: str) -> set[str]:
    """`127.0.0.1:8080:80/tcp` may be said as a whole, without `/tcp`, as `8080`, or as `8080/tcp`."""
    found = parse(port)
    protocol = (found.protocol or "TCP").lower()
    return {port, port.removesuffix("/tcp"), str(found.host_port), f"{found.host_port}/{protocol}"}


def _has(pod: Pod) -> str:
    return f"it publishes {', '.join(map(text, published(pod))) or 'nothing'}"
