"""A workshop seat, made by three: a registry, a Docker daemon and a work shell that share one network.

A seat is up when registry and daemon answer *in the seat*, asked over loopback.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from bench import raw
from bench.ground import IMAGE, NETWORK, SLEEP
from bench.shell import sh
from podlab.model import (  # fmt: skip
    ISOLATED,
    Container,
    EnvVar,
    HTTPGetAction,
    Metadata,
    Pod,
    PodSpec,
    Probe,
    SecurityContext,
)
from podlab.pods import up as pods

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from podlab.engines.base import Engine

IMAGES = ("registry:2", "docker:dind", "podlab/work:latest")
DAEMON = ["dockerd", "--host=tcp://127.0.0.1:2375", "--tls=false"]
ANSWERS = """
for url in http://127.0.0.1:5000/v2/ http://127.0.0.1:2375/_ping
do until curl -sf "$url" >/dev/null; do sleep 0.1; done; done
"""
MEMBERS: dict[str, dict[str, Any]] = {
    "registry": {"Image": IMAGES[0]},
    "daemon": {
        "Image": IMAGES[1],
        "Cmd": DAEMON,
        "Env": ["DOCKER_TLS_CERTDIR="],
        "HostConfig": {"Privileged": True},
    },
    "work": {"Image": IMAGES[2], "Cmd": SLEEP, "Env": ["DOCKER_HOST=tcp://127.0.0.1:2375"]},
}
AT_ONCE = 8
"""Seats that the concurrent ones make at a time: more only queue in the engine."""


class Maker(Protocol):
    async def up(self, seats: Sequence[str]) -> None:
        """Returns when every registry and daemon answers."""
        ...

    async def down(self, seats: Sequence[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Library:
    engine: Engine

    async def up(self, seats: Sequence[str]) -> None:
        await pods.up(self.engine, [wanted(seat) for seat in seats])

    async def down(self, seats: Sequence[str]) -> None:
        await pods.down(self.engine, seats, grace_s=0)


def wanted(seat: str) -> Pod:
    """The same as `MEMBERS`, as a pod."""
    asked = {
        "registry": HTTPGetAction(port=5000, path="/v2/"),
        "daemon": HTTPGetAction(port=2375, path="/_ping"),
    }
    containers = tuple(
        Container(
            name=name,
            image=body["Image"],
            args=tuple(body.get("Cmd", ())),
            env=tuple(EnvVar(name=k, value=v) for k, _, v in (e.partition("=") for e in body.get("Env", ()))),
            security_context=SecurityContext(privileged=True) if "HostConfig" in body else None,
            readiness_probe=Probe(http_get=asked[name]) if name in asked else None,
        )
        for name, body in MEMBERS.items()
    )
    metadata = Metadata(name=seat, annotations={ISOLATED: "true"})
    return Pod(metadata=metadata, spec=PodSpec(containers=containers))


@dataclass(frozen=True, slots=True)
class Raw:
    api: raw.Api

    async def up(self, seats: Sequence[str]) -> None:
        init = {"Init": True, "CgroupnsMode": "private"}
        infra = {"Image": IMAGE, "Cmd": SLEEP, "HostConfig": {**init, "NetworkMode": NETWORK}}
        members = [(n, {**b, "HostConfig": {**init, **b.get("HostConfig", {})}}) for n, b in MEMBERS.items()]
        making = asyncio.Semaphore(AT_ONCE)

        async def one(seat: str) -> None:
            async with making:
                await raw.up(self.api, seat, infra, members)
            await raw.execute(self.api, f"{seat}-work", ["sh", "-c", ANSWERS])

        await _together(one, seats)

    async def down(self, seats: Sequence[str]) -> None:
        removing = asyncio.Semaphore(AT_ONCE)

        async def one(seat: str) -> None:
            async with removing:
                await raw.down(self.api, seat, MEMBERS)

        await _together(one, seats)


async def _together(one: Callable[[str], Awaitable[None]], seats: Sequence[str]) -> None:
    async with asyncio.TaskGroup() as group:
        for seat in seats:
            group.create_task(one(seat))  # type: ignore[arg-type]


class DockerCli:
    """The tutorial's commands in a loop, then a look into each."""

    async def up(self, seats: Sequence[str]) -> None:
        await sh("\n".join(line for seat in seats for line in _commands(seat)))
        await sh("\n".join(f"docker exec {seat}-work sh -c '{ANSWERS}'" for seat in seats))

    async def down(self, seats: Sequence[str]) -> None:
        await sh("\n".join("docker rm -f -v " + " ".join(containers(seat)) for seat in seats))


def _commands(seat: str) -> list[str]:
    run = f"docker run -d --init --cgroupns private --name {seat}"
    lines = [f"{run}-infra --network {NETWORK} {IMAGE} {' '.join(SLEEP)}"]
    for name, body in MEMBERS.items():
        flags = " ".join(["--privileged"] * ("HostConfig" in body) + [f"-e {e}" for e in body.get("Env", ())])
        command = " ".join(body.get("Cmd", ()))
        lines.append(f"{run}-{name} --network container:{seat}-infra {flags} {body['Image']} {command}")
    return lines


def containers(seat: str) -> list[str]:
    return [f"{seat}-{name}" for name in (*MEMBERS, "infra")]


async def memory_bytes(api: raw.Api, prefix: str) -> float:
    """What the containers with such names hold, without the page cache that the kernel can take back:
    https://docs.docker.com/reference/cli/docker/container/stats/#description"""
    filters = json.dumps({"name": [f"^/?(podlab-)?{prefix}-"]})
    total = 0.0
    for container in await api.call("GET", "/containers/json", filters=filters):
        stats = await api.call("GET", f"/containers/{container['Id']}/stats", stream=0, **{"one-shot": 1})
        memory = stats["memory_stats"]
        cache = memory["stats"].get("total_inactive_file", memory["stats"].get("inactive_file", 0))
        total += memory["usage"] - cache
    return total
