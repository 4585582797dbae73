"""What a cluster lacks. An API server drops a field that it does not know in silence, so podlab asks first; and one
whose feature gate is off, so podlab looks afterwards, too.

Each field is named with the first version that has it on by default, or at all where none has yet:
https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from podlab.errors import Invalid
from podlab.wire import encode

if TYPE_CHECKING:
    from podlab.engines.kubernetes.client import Client
    from podlab.model import Pod

Version: TypeAlias = tuple[int, int]

SIDECARS: Final = (1, 29)
DEBUG_CONTAINERS: Final = (1, 23)
STREAMS_THAT_CLOSE: Final = (1, 30)
"""`v5.channel.k8s.io`: the input of a command may end while its output goes on."""

SINCE: Final[Mapping[str, Version]] = {
    "hostUsers": (1, 33),
    "os": (1, 24),
    "hostnameOverride": (1, 35),
    "resources": (1, 34),
    "securityContext.appArmorProfile": (1, 30),
    "securityContext.supplementalGroupsPolicy": (1, 33),
    "volumes.ephemeral": (1, 21),
    "volumes.image": (1, 35),
    "initContainers.restartPolicy": SIDECARS,
    "containers.restartPolicy": (1, 35),
    "*.resizePolicy": (1, 33),
    "*.securityContext.appArmorProfile": (1, 30),
    "*.securityContext.procMount": (1, 33),
    "*.volumeMounts.recursiveReadOnly": (1, 31),
    "*.livenessProbe.grpc": (1, 24),
    "*.readinessProbe.grpc": (1, 24),
    "*.startupProbe.grpc": (1, 24),
    "*.livenessProbe.terminationGracePeriodSeconds": (1, 25),
    "*.startupProbe.terminationGracePeriodSeconds": (1, 25),
    "*.lifecycle.preStop.sleep": (1, 30),
    "*.lifecycle.postStart.sleep": (1, 30),
    "*.lifecycle.stopSignal": (1, 33),
}
"""Paths from a pod's spec; `*` stands for `containers` and `initContainers`. All others 1.20 has already."""


def parsed(git_version: str) -> Version:
    """`v1.20.2`, `v1.29.4-gke.1043002`, `v1.31.0+k3s1` → (1, 20)."""
    found = re.match(r"v?(\d+)\.(\d+)", git_version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


async def of(client: Client) -> Version:
    """Asked once."""
    if "version" not in client.seen:
        client.seen["version"] = parsed((await client.json("GET", "/version"))["gitVersion"])
    version: Version = client.seen["version"]
    return version


async def refuse(client: Client, pod: Pod) -> None:
    """`Invalid` where the cluster would not honour a field, each with its path."""
    spec = encode(pod.spec)
    if not any(_newer(spec, (1, 0))):
        return
    version = await of(client)
    problems = tuple(lacking(spec, version))
    if problems:
        raise Invalid(
            f"pod '{pod.name}': the cluster is Kubernetes {version[0]}.{version[1]}, and {problems[0]}"
            + f" (and {len(problems) - 1} more)" * (len(problems) > 1),
            problems=problems,
            subject=pod.name,
            hint="leave it out, or use a newer cluster",
        )


def lacking(spec: Mapping[str, Any], version: Version) -> Iterator[str]:
    """`spec.initContainers[0].restartPolicy needs Kubernetes 1.29`."""
    for path, since in _newer(spec, version):
        yield f"spec.{path} needs Kubernetes {since[0]}.{since[1]}"


def _newer(spec: Mapping[str, Any], version: Version) -> Iterator[tuple[str, Version]]:
    for pattern, since in SINCE.items():
        if since <= version:
            continue
        head, _, rest = pattern.partition(".")
        for first in ("initContainers", "containers") if head == "*" else (head,):
            yield from ((path, since) for path in _at(spec, [first, *filter(None, rest.split("."))], ""))


def _at(value: Any, keys: list[str], path: str) -> Iterator[str]:
    if not keys:
        yield path
        return
    if not isinstance(value, Mapping) or keys[0] not in value:
        return
    below, path = value[keys[0]], f"{path}.{keys[0]}".removeprefix(".")
    if isinstance(below, list) and len(keys) > 1:
        for number, each in enumerate(below):
            yield from _at(each, keys[1:], f"{path}[{number}]")
    else:
        yield from _at(below, keys[1:], path)


def refuse_dropped(sent: Mapping[str, Any], kept: Mapping[str, Any], what: str) -> None:
    """`Invalid` where the server has left out something of the `spec` that it was sent."""
    problems = tuple(f"{path} is not kept" for path in dropped(sent["spec"], kept.get("spec") or {}, "spec"))
    if problems:
        raise Invalid(
            f"{what}: the cluster does not honour {problems[0].removesuffix(' is not kept')}"
            + f" (and {len(problems) - 1} more)" * (len(problems) > 1),
            problems=problems,
            subject=what,
            hint="leave it out, or use a cluster that has it, with its feature gate on",
        )


def dropped(sent: Any, kept: Any, path: str) -> Iterator[str]:
    """Paths that say something and are gone. What the server has added is none of them."""
    if isinstance(sent, Mapping):
        for key, value in sent.items():
            if value and key not in kept:
                yield f"{path}.{key}"
            elif value and isinstance(kept[key], Mapping | list):
                yield from dropped(value, kept[key], f"{path}.{key}")
    elif isinstance(sent, list) and len(sent) == len(kept):
        for number, (one, other) in enumerate(zip(sent, kept, strict=True)):
            yield from dropped(one, other, f"{path}[{number}]")
