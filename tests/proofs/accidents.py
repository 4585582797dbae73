"""What happens to pods behind podlab's back, and to the agent and the engine themselves."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from podlab.engines.docker.daemon import processes, start, status
from podlab.engines.docker.daemon.place import Place
from podlab.engines.docker.daemon.program import find, path
from podlab.model import Pod

PATIENCE_S = 90
"""For an engine or an agent to come up, or to end."""
MID_REPAIR_S = (0.8, 2.0)
"""After an accident, an agent is in the middle of its repair."""


@dataclass(frozen=True)
class Accident:
    """`kind` is the same for all of a sort, `what` says to whom it happens. When `act` returns, the cause is gone."""

    kind: str
    what: str
    act: Callable[[], Awaitable[None]]


@dataclass
class AgentProcess:
    """`podlab agent` of this checkout, on one engine. What it does goes to `log`."""

    host: str
    log: Path = Path(os.devnull)
    _process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns when it says that it watches."""
        with self.log.open("a") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "podlab.cli", "agent", env=os.environ | {"DOCKER_HOST": self.host},
                stdout=log, stderr=subprocess.PIPE,
            )  # fmt: skip
        assert self._process.stderr is not None
        told = await asyncio.wait_for(self._process.stderr.readline(), PATIENCE_S)
        assert b"watching" in told, f"the agent does not come up: {told.decode()}"

    async def kill(self) -> None:
        assert self._process is not None
        assert self._process.returncode is None, f"the agent has ended with {self._process.returncode}"
        self._process.kill()
        await self._process.wait()

    async def end(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await asyncio.wait_for(self._process.wait(), PATIENCE_S)


@dataclass
class Machine:
    """An engine of podlab's own, in a network of its own, as if it were a machine."""

    place: Place
    agent: AgentProcess

    async def restart_engine(self) -> None:
        """As its service does: containers are stopped, and the engine starts those again that it is to."""
        await self._end_engine(signal.SIGTERM)
        await self._start_engine()

    async def kill_engine(self) -> None:
        """The containers live on, and are killed by the engine that comes after it."""
        await self._end_engine(signal.SIGKILL)
        await self._start_engine()

    async def restart_with_live_restore(self) -> None:
        """The containers live on. https://docs.docker.com/engine/daemon/live-restore/"""
        file = self.place.run / "daemon.json"
        before = file.read_text()
        file.write_text(json.dumps(json.loads(before) | {"live-restore": True}))
        os.kill(processes.pid_of(self.place), signal.SIGHUP)
        await asyncio.sleep(1)  # it has no answer to that
        await self._end_engine(signal.SIGTERM)
        await self._start_engine()
        file.write_text(before)
        os.kill(processes.pid_of(self.place), signal.SIGHUP)

    async def reboot(self) -> None:
        """At once and without a word: every process, namespace and control group is gone, and the agent, too. Then
        engine and agent are started as at boot."""
        await self.agent.kill()
        await processes.kill_all(self.place)
        await start(self.place, own_network=True, timeout_s=PATIENCE_S)
        await self.agent.start()

    async def _end_engine(self, how: signal.Signals) -> None:
        pid = processes.pid_of(self.place)
        os.kill(pid, how)
        async with asyncio.timeout(PATIENCE_S):
            while processes.alive(pid):  # noqa: ASYNC110 - no child of ours
                await asyncio.sleep(0.05)

    async def _start_engine(self) -> None:
        """Alone: its containerd has never ended. A process that nobody has waited for yet still has its number."""
        self.place.pidfile.unlink(missing_ok=True)
        command = ("nsenter", f"--net={self.place.namespace}", find("dockerd"))
        with self.place.log.open("a") as log:
            await asyncio.create_subprocess_exec(
                *command, "--config-file", str(self.place.run / "daemon.json"), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True, env=os.environ | {"PATH": path()},
            )  # fmt: skip
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not (await status(self.place)).running:  # noqa: ASYNC110 - it tells nobody
                    await asyncio.sleep(0.05)
        except TimeoutError:
            said = self.place.log.read_text(errors="replace").splitlines()[-5:]
            raise AssertionError("the engine does not come up again: " + "\n".join(said)) from None


def accidents(
    pods: Sequence[Pod], dice: random.Random, agent: AgentProcess, machine: Machine | None
) -> list[Accident]:
    """One of each sort, to pods that the dice choose; those of a whole machine where there is one."""
    pod = dice.choice(pods)
    member = dice.choice([c.name for c in pod.members if c.name != "prepare"])
    infra, victim = f"podlab-{pod.name}-infra", f"podlab-{pod.name}-{member}"
    pause_s = dice.uniform(*MID_REPAIR_S)

    async def kill_agent() -> None:
        await agent.kill()
        await agent.start()

    async def kill_agent_mid_repair(*words: str) -> None:
        await docker(agent.host, *words)
        await asyncio.sleep(pause_s)
        await kill_agent()

    async def strike_while_no_agent_looks(*words: str) -> None:
        await agent.kill()
        await docker(agent.host, *words)
        await agent.start()

    found = [
        Accident(f"docker {kind}", f"docker {' '.join(words)}", lambda words=words: docker(agent.host, *words))  # type: ignore[misc]
        for kind, words in (
            ("kill infra", ("kill", infra)), ("restart infra", ("restart", "-t", "0", infra)),
            ("rm -f infra", ("rm", "-f", infra)), ("kill member", ("kill", victim)),
            ("restart member", ("restart", "-t", "0", victim)), ("rm -f member", ("rm", "-f", victim)),
            ("network disconnect infra", ("network", "disconnect", "-f", "podlab", infra)),
        )
    ]  # fmt: skip
    after = f"{pause_s:.1f} s after"
    found += [
        Accident("agent killed", "the agent is killed", kill_agent),
        Accident(
            "agent killed mid-repair (infra)",
            f"the agent is killed {after} docker rm -f {infra}",
            lambda: kill_agent_mid_repair("rm", "-f", infra),
        ),
        Accident(
            "agent killed mid-repair (member)",
            f"the agent is killed {after} docker rm -f {victim}",
            lambda: kill_agent_mid_repair("rm", "-f", victim),
        ),
        Accident(
            "rm -f infra while no agent runs",
            f"docker rm -f {infra} while no agent runs",
            lambda: strike_while_no_agent_looks("rm", "-f", infra),
        ),
    ]
    if machine is not None:
        found += [
            Accident("engine restarted", "the engine is restarted", machine.restart_engine),
            Accident("engine killed", "the engine is killed and started again", machine.kill_engine),
            Accident(
                "engine restarted, live-restore",
                "the engine is restarted while its containers live on",
                machine.restart_with_live_restore,
            ),
            Accident("machine rebooted", "the machine is rebooted", machine.reboot),
        ]
    return found


async def docker(host: str, *words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        "docker", "--host", host, *words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    await process.wait()
