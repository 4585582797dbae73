"""Accidents in a seeded order, and an agent that undoes each: pods are ready again, nothing is lost, nothing is left.

`python -m tests.proofs.chaos --pods 10 --rounds 100` on the engine that DOCKER_HOST names, or with `--own-engine` on
one of its own, which is then also killed, restarted and rebooted. `--within 5` fails where pods take longer than that
to be ready again: to be asked of a machine that has nothing else to do.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from podlab.engines.docker.daemon import place, start, stop
from podlab.engines.docker.engine import DockerEngine
from podlab.errors import PodlabError
from podlab.model import Container, EmptyDir, Metadata, Pod, PodSpec, Volume, VolumeMount
from podlab.node.conditions import summary
from podlab.pods.up import down, up
from podlab.status import Phase, PodStatus, State
from tests.proofs.accidents import Accident, AgentProcess, Machine, accidents

PATIENCE_S = 90
"""How long a round may take at all; how long it took is measured."""
STEADY_S = 0.7
"""For so long pods are ready before a round is over: longer than an agent waits before a repair's first step fails."""


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
    """`machine` is the engine's, if that may be killed. `only`: accidents of these kinds, else of all. `took_s` has, of
    each round, how long after the cause was gone all pods were ready again and stayed so; `progress` is told."""

    engine: DockerEngine
    agent: AgentProcess
    pods: list[Pod]
    seed: int
    machine: Machine | None = None
    only: Sequence[str] = ()
    took_s: list[tuple[float, Accident]] = field(default_factory=list)
    progress: Callable[[str], None] = lambda line: None

    async def run(self, rounds: int) -> None:
        dice = random.Random(self.seed)
        async with self._up():
            order: list[int] = []
            for number in range(rounds):
                possible = accidents(self.pods, dice, self.agent, self.machine)
                possible = [each for each in possible if not self.only or each.kind in self.only]
                order = order or dice.sample(range(len(possible)), len(possible))  # each, then all again
                accident = possible[order.pop()]
                await accident.act()
                took_s = await self._until_ready(f"round {number} of seed {self.seed}: {accident.what}")
                self.took_s.append((took_s, accident))
                self.progress(f"{number + 1}/{rounds}  {took_s:4.1f} s  {accident.what}")
            await self._nothing_is_lost()
        await self._nothing_is_left()

    @asynccontextmanager
    async def _up(self) -> AsyncIterator[None]:
        try:
            await self.agent.start()
            await up(self.engine, self.pods, timeout_s=300)
            for pod in self.pods:
                async with await self.engine.exec(pod.name, "app", ["touch", "/kept/mine"]) as process:
                    while await process.read():
                        pass
            await self._until_ready("before the first round")
            yield
        finally:
            await self.agent.end()
        await down(self.engine, [pod.name for pod in self.pods], grace_s=0)

    async def _until_ready(self, what: str) -> float:
        """Seconds until all pods were ready: one is asked after the other, so that asking takes little from those who
        repair, and all of them once more after a while."""
        began = time.monotonic()
        while True:
            for pod in self.pods:
                while why := await self._lacks(pod):
                    assert time.monotonic() < began + PATIENCE_S, f"{what}: {pod.name}: {why}"
                    await asyncio.sleep(0.2)
            took_s = time.monotonic() - began
            await asyncio.sleep(STEADY_S)
            if not any([await self._lacks(pod) for pod in self.pods]):
                return took_s

    async def _lacks(self, pod: Pod) -> str:
        try:
            return await self._differs(pod)
        except PodlabError as error:
            return error.message

    async def _differs(self, pod: Pod) -> str:
        status = await self.engine.get(pod.name)
        is_whole = status.phase is Phase.RUNNING and status.running == status.wanted and _is_fresh(status)
        if is_whole and status.ip and not (changes := await self.engine.plan(pod)):
            return ""
        told = [(c.name, str(c.state), c.reason) for c in status.containers]
        return f"{summary(status)}, {told}" + (f", {changes}" if is_whole and status.ip else "")

    async def _nothing_is_lost(self) -> None:
        for pod in self.pods:
            files = set()
            async with await self.engine.exec(pod.name, "side", ["ls", "/kept"]) as process:
                while (chunk := await process.read()) is not None:
                    files |= {*chunk[1].decode().split()}
            assert "mine" in files, f"{pod.name} has lost its file: {files}"

    async def _nothing_is_left(self) -> None:
        for what in (("ps", "-aq"), ("volume", "ls", "-q")):
            left = await asyncio.to_thread(
                _docker, "--host", self.agent.host, *what, "--filter", "label=podlab.io/pod"
            )
            names = {pod.name for pod in self.pods}
            assert self.machine is None or left == b"", f"of {names}, this is left: {left.decode()}"


def _is_fresh(status: PodStatus) -> bool:
    return all(
        c.reason != "Stale" and c.state in (State.RUNNING, State.TERMINATED) for c in status.containers
    )


def table(took_s: Iterable[tuple[float, Accident]]) -> list[str]:
    """Lines: each sort of accident, how often, median and worst."""
    by_kind: dict[str, list[float]] = {}
    for took, accident in took_s:
        by_kind.setdefault(accident.kind, []).append(took)
    lines = [f"{'ready again after':34} rounds  median  worst"]
    lines += [
        f"{kind:34} {len(times):6}  {statistics.median(times):4.1f} s  {max(times):4.1f} s"
        for kind, times in sorted(by_kind.items(), key=lambda item: max(item[1]))
    ]
    return lines


async def _main(given: argparse.Namespace) -> str:
    """What is to be said against it, or nothing."""
    where = place(f"c{uuid.uuid4().hex[:6]}") if given.own_engine else None
    agent = AgentProcess(os.environ.get("DOCKER_HOST", ""), given.log)
    machine = Machine(where, agent) if where else None
    try:
        if where:
            saved = await asyncio.to_thread(_docker, "save", "busybox")
            agent.host = (await start(where, own_network=True)).address
            await asyncio.to_thread(_docker, "--host", agent.host, "load", stdin=saved)
        engine = await DockerEngine.connect(agent.host)
        pods = pods_of("chaos", given.pods, "busybox")
        chaos = Chaos(
            engine, agent, pods, given.seed, machine, given.only or (), progress=partial(print, file=sys.stderr)
        )
        try:
            await chaos.run(given.rounds)
        finally:
            print("\n".join(table(chaos.took_s)))
    finally:
        if where:
            await stop(where, purge=True)
    times = [took for took, _ in chaos.took_s]
    told = f"ready again after {statistics.median(times):.1f} s, at most {max(times):.1f} s"
    print(f"{given.rounds} rounds over {given.pods} pods: {told}")
    late = [f"  {took:.1f} s: {each.what}" for took, each in chaos.took_s if took > given.within]
    head = f"{len(late)} of {given.rounds} rounds took longer than {given.within:g} s:"
    return "\n".join([head, *late]) if late else ""


def _docker(*words: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(["docker", *words], input=stdin, capture_output=True, check=True).stdout


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--within", type=float, default=PATIENCE_S, metavar="S", help="fail where it takes longer"
    )
    parser.add_argument(
        "--only", action="append", metavar="KIND", help="accidents of this kind, as the table calls it"
    )
    parser.add_argument(
        "--own-engine", action="store_true", help="start an engine, and kill and restart it, too"
    )
    parser.add_argument(
        "--log", type=Path, default=os.devnull, metavar="FILE", help="for what the agent does"
    )
    if wrong := asyncio.run(_main(parser.parse_args())):
        raise SystemExit(wrong)
