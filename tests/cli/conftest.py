"""The command line in this process, on an engine in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from podlab.cli.main import main
from podlab.engines import connect
from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.testing.fake import FakeEngine


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Podlab = Callable[..., Result]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """What every command of the test connects to."""
    engine = FakeEngine()

    async def connected(name: str = "", host: str = "") -> FakeEngine:
        engine.asked = (name, host)  # type: ignore[attr-defined]
        return engine

    monkeypatch.setattr(connect, "connect", connected)
    return engine


@pytest.fixture
def podlab(engine: FakeEngine, capfd: pytest.CaptureFixture[str]) -> Podlab:
    """Types a command line."""

    def run(*words: str) -> Result:
        capfd.readouterr()
        code = main(list(words))
        out, err = capfd.readouterr()
        return Result(code, out, err)

    return run


def pod_of(name: str, *commands: str, **spec: Any) -> Pod:
    """A pod with the containers `app`, `side` and `third`, each of which runs a script."""
    labels = spec.pop("labels", {})
    containers = tuple(
        Container(name=each, image="busybox", command=("sh", "-c", script))
        for each, script in zip(("app", "side", "third"), commands, strict=False)
    )
    spec.setdefault("termination_grace_period_seconds", 1)
    return Pod(metadata=Metadata(name=name, labels=labels), spec=PodSpec(containers=containers, **spec))


@pytest.fixture
def make(engine: FakeEngine) -> Callable[..., Pod]:
    """Makes a pod of scripts, and lets them run for a moment."""

    def made(name: str, *commands: str, seconds: float = 0.05, **spec: Any) -> Pod:
        pod = pod_of(name, *commands, **spec)

        async def apply() -> None:
            await engine.apply(pod)
            await asyncio.sleep(seconds)

        asyncio.run(apply())
        return pod

    return made
