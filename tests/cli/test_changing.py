"""start, stop, restart, kill, pause, unpause, rm, wait, prune."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from podlab.status import State
from podlab.testing.fake import FakeEngine
from tests.cli.conftest import Podlab

Make = Callable[..., Any]


def states(engine: FakeEngine, pod: str = "web") -> dict[str, State]:
    return {each.name: each.state for each in asyncio.run(engine.get(pod)).containers}


def test_stop_and_start_a_container(podlab: Podlab, engine: FakeEngine, make: Make) -> None:
    make("web", "sleep 100", "sleep 100")
    assert podlab("stop", "web", "-c", "app").out == "web\n"
    assert states(engine) == {"app": State.TERMINATED, "side": State.RUNNING}
    podlab("start", "web")
    assert set(states(engine).values()) == {State.RUNNING}


def test_several_pods_at_once(podlab: Podlab, engine: FakeEngine, make: Make) -> None:
    make("web", "sleep 100")
    make("api", "sleep 100")
    assert sorted(podlab("stop", "web", "api").out.split()) == ["api", "web"]
    assert states(engine, "api") == {"app": State.TERMINATED}


def test_one_of_several_that_is_missing_is_told(podlab: Podlab, make: Make) -> None:
    make("web", "sleep 100")
    done = podlab("restart", "web", "nope")
    assert done.code == 3
    assert "no pod 'nope'" in done.err


def test_kill_sends_a_signal(podlab: Podlab, engine: FakeEngine, make: Make) -> None:
    make("web", "sleep 100", restart_policy="Never")
    assert podlab("kill", "web", "-s", "NOPE").code == 1
    assert podlab("kill", "web", "--signal", "TERM").code == 0
    assert podlab("wait", "web", "--for", "exit").out == "143\n"


def test_pause_and_unpause(podlab: Podlab, engine: FakeEngine, make: Make) -> None:
    make("web", "sleep 100")
    podlab("pause", "web")
    assert states(engine) == {"app": State.PAUSED}
    podlab("unpause", "web")
    assert states(engine) == {"app": State.RUNNING}


def test_rm_takes_a_container_out_of_the_pod(podlab: Podlab, engine: FakeEngine, make: Make) -> None:
    make("web", "sleep 100", "sleep 100", "sleep 100")
    podlab("stop", "web", "-c", "third")
    assert podlab("rm", "web", "side").out == "side\n"
    assert states(engine) == {"app": State.RUNNING, "third": State.TERMINATED}
    assert [each.name for each in asyncio.run(engine.spec("web")).spec.containers] == ["app", "third"]
    assert podlab("rm", "web", "side").code == 3


def test_wait_for_exit_prints_codes(podlab: Podlab, make: Make) -> None:
    make("job", "exit 3", "exit 0", restart_policy="Never")
    done = podlab("wait", "job", "--for", "exit")
    assert (done.code, done.out) == (0, "app 3\nside 0\n")
    assert podlab("wait", "job", "--for", "exit", "-o", "json").json == {"app": 3, "side": 0}


def test_wait_that_takes_too_long_is_exit_code_4(podlab: Podlab, make: Make) -> None:
    make("job", "exit 0", "sleep 100", restart_policy="Never")
    done = podlab("wait", "job", "--for", "exit", "--timeout", "1")
    assert done.code == 4
    assert "pod 'job': side still running after 1 s" in done.err


def test_wait_until_ready(podlab: Podlab, make: Make) -> None:
    make("web", "sleep 100")
    assert podlab("wait", "web", "--timeout", "10s").code == 0


def test_prune_asks_and_without_a_terminal_refuses(
    podlab: Podlab, make: Make, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("job", "exit 0", restart_policy="Never")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    done = podlab("prune")
    assert done.code == 2
    assert "--force" in done.err
    assert len(asyncio.run(engine.list())) == 1
    assert podlab("prune", "--force").out == "removed job: pod has ended (Succeeded)\n"
    assert podlab("prune", "-f", "-o", "json").json == []
