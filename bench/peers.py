"""Everybody who can make a pod of three: an infra container and two members, each under an init.

The same image, the same command and a bridge with names on it for all; forced removal where a peer has it.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from bench import raw
from bench.ground import IMAGE, NETWORK, SLEEP
from bench.shell import sh
from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.wire import encode

if TYPE_CHECKING:
    from pathlib import Path

MEMBERS = ("a", "b")


class Peer(Protocol):
    async def up(self, pod: str) -> None:
        """Returns when all containers run."""
        ...

    async def down(self, pod: str) -> None:
        """Returns when nothing of the pod is left."""
        ...


def wanted(name: str, members: tuple[str, ...] = MEMBERS) -> Pod:
    containers = tuple(Container(name=m, image=IMAGE, command=tuple(SLEEP)) for m in members)
    return Pod(metadata=Metadata(name=name), spec=PodSpec(containers=containers))


def pod_file(folder: Path, pod: Pod) -> Path:
    """JSON is YAML."""
    path = folder / f"{pod.name}.yaml"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "Pod", **encode(pod)}))
    return path


@dataclass(frozen=True, slots=True)
class Library:
    """`import podlab`, one connection for all."""

    engine: Any

    async def up(self, pod: str) -> None:
        await self.engine.apply(wanted(pod))

    async def down(self, pod: str) -> None:
        await self.engine.delete(pod)


@dataclass(frozen=True, slots=True)
class Cli:
    """`podlab up FILE`, `podlab down FILE`."""

    folder: Path

    async def up(self, pod: str) -> None:
        await sh(f"podlab up {pod_file(self.folder, wanted(pod))}")

    async def down(self, pod: str) -> None:
        await sh(f"podlab down {pod}")


@dataclass(frozen=True, slots=True)
class Raw:
    """The Engine API by hand."""

    api: raw.Api

    async def up(self, pod: str) -> None:
        body = {"Image": IMAGE, "Cmd": SLEEP, "HostConfig": {"Init": True}}
        infra = {**body, "HostConfig": {"Init": True, "NetworkMode": NETWORK}}
        await raw.up(self.api, pod, infra, [(m, body) for m in MEMBERS])

    async def down(self, pod: str) -> None:
        await raw.down(self.api, pod, MEMBERS)


class DockerCli:
    """The tutorial's sequence."""

    async def up(self, pod: str) -> None:
        run = f"docker run -d --init --name {pod}"
        sleep = f"{IMAGE} {' '.join(SLEEP)}"
        joined = "\n".join(f"{run}-{m} --network container:{pod}-infra {sleep}" for m in MEMBERS)
        await sh(f"{run}-infra --network {NETWORK} {sleep}\n{joined}")

    async def down(self, pod: str) -> None:
        await sh("docker rm -f -v " + " ".join(f"{pod}-{m}" for m in (*MEMBERS, "infra")))


@dataclass(frozen=True, slots=True)
class Compose:
    """`docker compose up -d`, `down`."""

    folder: Path

    async def up(self, pod: str) -> None:
        service = {"image": IMAGE, "command": SLEEP, "init": True}
        members = {m: {**service, "network_mode": "service:infra"} for m in MEMBERS}
        network = {"default": {"name": NETWORK, "external": True}}
        file = {"name": pod, "services": {"infra": service, **members}, "networks": network}
        self._file(pod).write_text(json.dumps(file))
        await sh(f"docker compose -f {self._file(pod)} up -d")

    async def down(self, pod: str) -> None:
        await sh(f"docker compose -f {self._file(pod)} down -v -t 0")

    def _file(self, pod: str) -> Path:
        return self.folder / f"{pod}.compose.yaml"


@dataclass(frozen=True, slots=True)
class Podman:
    """`podman pod create`, `podman run --pod`: another engine, with pods of its own, and no daemon.

    Kept apart from the user's own in a folder. runc as the Docker Engine has it, whatever is the default.
    """

    folder: Path

    @property
    def command(self) -> str:
        at = self.folder / "podman"
        places = f"--root {at}/root --runroot {at}/run --tmpdir {at}/tmp --network-config-dir {at}/net"
        return f"podman {places} --runtime runc --cgroup-manager cgroupfs"

    async def prepare(self) -> None:
        """Without podman nothing: its turns then say so."""
        if shutil.which("podman"):
            await sh(f"docker save {IMAGE} | {self.command} load; {self.command} network create {NETWORK}")

    async def clear(self) -> None:
        if (self.folder / "podman").exists():
            await sh(f"{self.command} pod rm -fa -t 0; {self.command} network rm -f {NETWORK}")
            await sh(f"umount -l {self.folder}/podman/root/overlay || true")  # podman binds it to itself

    async def up(self, pod: str) -> None:
        run = f"{self.command} run -d --init --pod {pod}"
        joined = "\n".join(f"{run} --name {pod}-{m} {IMAGE} {' '.join(SLEEP)}" for m in MEMBERS)
        await sh(f"{self.command} pod create --name {pod} --network {NETWORK}\n{joined}")

    async def down(self, pod: str) -> None:
        await sh(f"{self.command} pod rm -f -t 0 {pod}")


@dataclass(frozen=True, slots=True)
class KubePlay:
    """`podman kube play FILE`, `podman kube down FILE`: the same file as podlab's."""

    podman: Podman

    async def up(self, pod: str) -> None:
        file = pod_file(self.podman.folder, self._wanted(pod))
        await sh(f"{self.podman.command} kube play --network {NETWORK} {file}")

    async def down(self, pod: str) -> None:
        await sh(f"{self.podman.command} kube down --force {self.podman.folder}/{pod}.yaml")

    @staticmethod
    def _wanted(name: str) -> Pod:
        init = {f"io.podman.annotations.init/{m}": "TRUE" for m in MEMBERS}
        spec = replace(wanted(name).spec, termination_grace_period_seconds=1)
        return Pod(metadata=Metadata(name=name, annotations=init), spec=spec)
