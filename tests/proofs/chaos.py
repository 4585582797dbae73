"""Accidents in a seeded order, and an agent that undoes each: pods are ready again, nothing is lost, nothing is left.

`python -m tests.proofs.chaos --pods 10 --rounds 100` on the engine that DOCKER_HOST names, or on one of its own
with `--own-engine`, which is then also restarted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from podlab.engines.docker.daemon import place, start, stop
from podlab.engines.docker.daemon.place import Place
from podlab.engines.docker.engine import DockerEngine
from podlab.errors import PodlabError
from podlab.model import Container, EmptyDir, Metadata, Pod, PodSpec, Volume, VolumeMount
from podlab.node.conditions import summary
from podlab.pods.up import down, up
from podlab.status import Phase, PodStatus, State

SEEN_S = 8
"""For an agent's first look at all pods."""
PATIENCE_S = 90
"""How long a round may take at all; how long it took is measured."""


def pods_of(prefix: str, count: int, image: str) -> list[Pod]:
    """By turns plain ones, with init containers and a sidecar, and with shared processes."""
    mount = (VolumeMount(name="kept", mount_path="/kept"),)

    def container(name: str, script: str = "exec sleep 1000000", **settings: object) -> Container:
        return Container(
            name=name, image=image, command=("sh", "-c", script), volume_mounts=mount, **settings,  # type: ignore[arg-type]
        )  # fmt: skip

    found = []
    for number in range(count):
        inits: tuple[Container, ...] = ()
        if number % 3 == 1:
            inits = (
                container("prepare", "echo . >>/kept/prepared"),
                container("proxy", restart_policy="Always"),
            )
        found.append(
            Pod(
                metadata=Metadata(name=f"{prefix}-{number}"),
                spec=PodSpec(
                    containers=(container("app"), container("side")), init_containers=inits,
                    volumes=(Volume(name="kept", empty_dir=EmptyDir()),),
                    share_process_namespace=number % 3 == 2 or None, termination_grace_period_seconds=1,
                ),
            )
        )  # fmt: skip
    return found


@dataclass
class Chaos:
    """`where` is the engine's place, if it may be restarted."""

    engine: DockerEngine
    host: str
    pods: list[Pod]
    seed: int
    where: Place | None = None
    took_s: list[tuple[float, str]] = field(default_factory=list)
    _agent: subprocess.Popen[bytes] | None = None

    async def run(self, rounds: int) -> None:
        dice = random.Random(self.seed)
        async with self._up():
            order: list[int] = []
            for number in range(rounds):
                causes = self._accidents(dice)
                order = order or dice.sample(range(len(causes)), len(causes))  # each of them, then all again
                cause, act = causes[order.pop()]
                await act()
                began = time.monotonic()
                await self._until_ready(f"round {number} of seed {self.seed}: {cause}")
                self.took_s.append((time.monotonic() - began, cause))
            await self._nothing_is_lost()

    def _accidents(self, dice: random.Random) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        pod = dice.choice(self.pods)
        member = dice.choice([c.name for c in pod.members if c.name != "prepare"])
        infra, victim = f"podlab-{pod.name}-infra", f"podlab-{pod.name}-{member}"
        causes: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            (f"docker {' '.join(words)}", lambda words=words: self._docker(*words))  # type: ignore[misc]
            for words in (
                ("kill", infra), ("restart", "-t", "0", infra), ("rm", "-f", infra), ("kill", victim),
                ("restart", "-t", "0", victim), ("rm", "-f", victim),
                ("network", "disconnect", "-f", "podlab", infra),
            )
        ]  # fmt: skip
        causes.append(("the agent is killed", self._kill_agent))
        if self.where is not None:
            causes.append(("the engine is restarted", self._restart_engine))
        return causes

    @asynccontextmanager
    async def _up(self) -> AsyncIterator[None]:
        try:
            self._start_agent()
            await up(self.engine, self.pods, timeout_s=300)
            for pod in self.pods:
                async with await self.engine.exec(pod.name, "app", ["touch", "/kept/mine"]) as process:
                    while await process.read():
                        pass
            await self._until_ready("before the first round")
            yield
        finally:
            if self._agent is not None:
                self._agent.terminate()
                self._agent.wait(timeout=60)
            await down(self.engine, [pod.name for pod in self.pods], grace_s=0)

    def _start_agent(self) -> None:
        command = [sys.executable, "-m", "podlab.cli", "agent"]
        self._agent = subprocess.Popen(
            command,
            env=os.environ | {"DOCKER_HOST": self.host},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    async def _kill_agent(self) -> None:
        assert self._agent is not None
        self._agent.send_signal(signal.SIGKILL)
        self._agent.wait()
        self._start_agent()
        assert self._agent.stderr is not None
        await asyncio.to_thread(self._agent.stderr.readline)  # `watching the pods of …`
        # what a pod should be is a label of its infra: without that, nobody who has not seen it before can tell
        await asyncio.sleep(SEEN_S)

    async def _restart_engine(self) -> None:
        assert self.where is not None
        await stop(self.where)
        await start(self.where, own_network=True)

    async def _docker(self, *words: str) -> None:
        process = await asyncio.create_subprocess_exec(
            "docker", "--host", self.host, *words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        await process.wait()

    async def _until_ready(self, what: str) -> None:
        """All pods, and steadily so: twice, a second apart."""
        deadline, steady = time.monotonic() + PATIENCE_S, 0
        while steady < 2:
            lacking = []
            for pod in self.pods:
                try:
                    lacking += await self._lacks(pod)
                except PodlabError as error:
                    lacking.append(f"{pod.name}: {error.message}")
            assert time.monotonic() < deadline, f"{what}: {'; '.join(lacking)}"
            steady = 0 if lacking else steady + 1
            await asyncio.sleep(0.5)

    async def _lacks(self, pod: Pod) -> list[str]:
        status = await self.engine.get(pod.name)
        is_whole = status.phase is Phase.RUNNING and status.running == status.wanted and _is_fresh(status)
        if is_whole and status.ip and not await self.engine.plan(pod):
            return []
        return [
            f"{pod.name} is {summary(status)}, {[(c.name, str(c.state), c.reason) for c in status.containers]}"
        ]

    async def _nothing_is_lost(self) -> None:
        for pod in self.pods:
            files = set()
            async with await self.engine.exec(pod.name, "side", ["ls", "/kept"]) as process:
                while (chunk := await process.read()) is not None:
                    files |= {*chunk[1].decode().split()}
            assert "mine" in files, f"{pod.name} has lost its file: {files}"


def _is_fresh(status: PodStatus) -> bool:
    return all(
        c.reason != "Stale" and c.state in (State.RUNNING, State.TERMINATED) for c in status.containers
    )


async def _main(count: int, rounds: int, seed: int, *, own_engine: bool) -> None:
    where = place(f"c{uuid.uuid4().hex[:6]}") if own_engine else None
    host = os.environ.get("DOCKER_HOST", "")
    try:
        if where:
            saved = await asyncio.to_thread(_docker, "save", "busybox")
            host = (await start(where, own_network=True)).address
            await asyncio.to_thread(_docker, "--host", host, "load", stdin=saved)
        engine = await DockerEngine.connect(host)
        chaos = Chaos(engine, host, pods_of("chaos", count, "busybox"), seed, where)
        await chaos.run(rounds)
    finally:
        if where:
            await stop(where, purge=True)
    times = sorted(took for took, _ in chaos.took_s)
    median, most = times[len(times) // 2], times[-1]
    print(f"{rounds} rounds over {count} pods: ready again after {median:.1f} s, at most {most:.1f} s")
    for took, cause in sorted(chaos.took_s)[-5:]:
        print(f"  {took:.1f} s: {cause}")


def _docker(*words: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(["docker", *words], input=stdin, capture_output=True, check=True).stdout


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--own-engine", action="store_true", help="start an engine, and restart it, too")
    given = parser.parse_args()
    asyncio.run(_main(given.pods, given.rounds, given.seed, own_engine=given.own_engine))
