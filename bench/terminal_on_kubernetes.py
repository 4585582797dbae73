"""A key's echo through the API server, beside `kubectl exec` in the same container, in turns.

    python -m bench.terminal_on_kubernetes [--keys N] [--rounds N]

Needs a cluster (KUBECONFIG) with busybox on its node. `exec` is podlab's library, as `podlab exec -it` uses it, and
`browser` the portal's terminals with a websocket client; `kubectl` is on a pseudo-terminal, and `ttyd` shows the same
kubectl in a browser. Each types a key in turn, in another order each time; medians, and the median of the ratios to
kubectl within a round.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import pty
import random
import select
import statistics
import time
import tty
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from bench.rounds import reason
from bench.table import markdown
from bench.terminal_peers import PROMPT, Podlab, Ttyd
from podlab.engines.base import Engine, ExecOptions
from podlab.engines.connect import connect
from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.portal.loop import loop_factory

ENGINE = os.environ.setdefault("PODLAB_ENGINE", "kubernetes")
POD = f"benchpod-echo-{os.getpid()}"
KUBECTL = ["kubectl", "exec", "-it", POD, "--", "sh"]
_LETTERS = [bytes((letter,)) for letter in b"abcdefghijklmnopqrstuvwxyz"]
_WAIT_S = 10


class Typist(NamedTuple):
    """`echo` returns the seconds from the key to its letter."""

    type: Callable[[bytes], Awaitable[None]]
    echo: Callable[[bytes], Awaitable[float]]


@asynccontextmanager
async def by_library(engine: Engine) -> AsyncIterator[Typist]:
    async with await engine.exec(POD, "app", ["sh"], ExecOptions(tty=True, stdin=True)) as process:

        async def until(wanted: bytes) -> None:
            seen = b""
            while wanted not in seen:
                piece = await process.read()
                if piece is None:
                    raise RuntimeError("the shell has ended")
                seen += piece[1]

        async def echo(letter: bytes) -> float:
            began = time.perf_counter()
            await process.write(letter)
            await until(letter)
            return time.perf_counter() - began

        await until(PROMPT)
        yield Typist(process.write, echo)
        await process.hang_up()


@asynccontextmanager
async def by_kubectl() -> AsyncIterator[Typist]:
    """Read without the event loop, as the thread that types does nothing else meanwhile."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    process = await asyncio.create_subprocess_exec(
        *KUBECTL, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)

    def until(wanted: bytes) -> None:
        seen = b""
        while wanted not in seen:
            if not select.select([ours], [], [], _WAIT_S)[0]:
                raise RuntimeError(f"kubectl says nothing: {seen!r}")
            seen += os.read(ours, 1 << 16)

    async def press(letter: bytes) -> None:
        os.write(ours, letter)

    async def echo(letter: bytes) -> float:
        began = time.perf_counter()
        os.write(ours, letter)
        until(letter)
        return time.perf_counter() - began

    try:
        await asyncio.to_thread(until, PROMPT)
        yield Typist(press, echo)
    finally:
        process.kill()
        await process.wait()
        os.close(ours)


class _TtydWithKubectl(Ttyd):
    def __init__(self) -> None:
        super().__init__(POD, "app")
        self.exec = " ".join(KUBECTL)


@asynccontextmanager
async def by_server(server: Podlab | Ttyd) -> AsyncIterator[Typist]:
    async with server.running():
        wire = await asyncio.to_thread(server.wire, "echo")
        await asyncio.to_thread(wire.until, PROMPT)

        async def press(letter: bytes) -> None:
            wire.type(letter)

        async def echo(letter: bytes) -> float:
            return wire.echo_s(letter)

        try:
            yield Typist(press, echo)
        finally:
            wire.close()


async def measure(keys: int, rounds: int) -> str:
    engine = await connect(ENGINE)
    shell = Container(name="app", image="busybox", command=("sleep", "1000000"))
    pod = Pod(
        metadata=Metadata(name=POD), spec=PodSpec(containers=(shell,), termination_grace_period_seconds=0)
    )
    try:
        await engine.apply(pod)
        async with AsyncExitStack() as stack:
            typists: dict[str, Typist] = {}
            ways = {
                "kubectl": by_kubectl(),
                "podlab exec": by_library(engine),
                "podlab, in the browser": by_server(Podlab(POD, "app")),
                "ttyd, in the browser": by_server(_TtydWithKubectl()),
            }
            for name, way in ways.items():
                try:
                    typists[name] = await stack.enter_async_context(way)
                except (OSError, RuntimeError) as error:
                    print(f"{name} is not measured: {reason(error)}")
            found = [await _round(typists, keys) for _ in range(rounds + 1)][1:]
    finally:
        await engine.delete(POD, grace_s=0)
        await engine.close()
    rows = []
    for name in typists:
        ratios = [each[name] / each["kubectl"] for each in found]
        median_ms = 1000 * statistics.median(each[name] for each in found)
        rows.append([name, f"{median_ms:.2f} ms", f"{statistics.median(ratios):.2f}"])
    return markdown(["echo of a key", "median", "× kubectl"], rows)


async def _round(typists: dict[str, Typist], keys: int) -> dict[str, float]:
    waits: dict[str, list[float]] = {name: [] for name in typists}
    for number in range(keys):
        for name in random.sample(list(typists), len(typists)):
            await asyncio.sleep(0.01 + random.random() * 0.02)
            waits[name].append(await typists[name].echo(_LETTERS[number % len(_LETTERS)]))
    for typist in typists.values():
        await typist.type(b"\x15")  # Ctrl-U: an empty line again
    return {name: statistics.median(each) for name, each in waits.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.terminal_on_kubernetes", description=__doc__)
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:  # the portal's
        print(runner.run(measure(options.keys, options.rounds)))


if __name__ == "__main__":
    main()
