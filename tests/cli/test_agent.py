"""`podlab agent` in this process, on the fake engine: what it prints, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from podlab.agent import Action, agent
from podlab.cli.agent import line
from podlab.engines.base import Change
from podlab.model import Pod
from podlab.testing.fake import FakeEngine
from tests.cli.conftest import Podlab


def test_what_was_done_is_a_line_with_its_reasons() -> None:
    at = datetime(2026, 1, 31, 12, tzinfo=UTC)
    changes = (
        Change(verb="start", pod="web", container="infra", reason="had ended"),
        Change(verb="create", pod="web", container="app"),
    )
    assert (
        line(Action(at=at, verb="repaired", pod="web", changes=changes))
        == "2026-01-31T12:00:00Z web repaired: start infra (had ended); create app"
    )
    assert line(Action(at=at, verb="lost", message="no answer")) == "2026-01-31T12:00:00Z lost: no answer"


def test_it_repairs_until_ctrl_c_and_prints_json(
    podlab: Podlab, engine: FakeEngine, make: Callable[..., Pod], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent, "ROUND_S", 0.2)  # the accident comes from another thread, without an event
    make("web", "sleep 1000", "sleep 1000")

    def accident() -> None:
        time.sleep(1)
        engine._pods["web"].containers.pop("side")
        deadline = time.monotonic() + 60
        while "side" not in engine._pods["web"].containers and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=accident)
    thread.start()
    result = podlab("agent", "-o", "json")
    thread.join()
    assert result.code == 130
    assert "Ctrl-C ends it" in result.err
    (action,) = [json.loads(each) for each in result.out.splitlines()]
    assert (action["verb"], action["pod"], action["changes"][0]["container"]) == ("repaired", "web", "side")
