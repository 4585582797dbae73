"""Events: the engine's and podlab's own notes are one list, or one stream."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.pods import happening
from podlab.record import EventRecord, Record
from podlab.testing.fake import FakeEngine

APP = Container(name="app", image="busybox", command=("sleep", "100"))
POD = Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=(APP,)))


def noted(*events: EventRecord) -> Record:
    return Record(events=events)


async def test_notes_stand_among_the_engines_events_in_order_of_time() -> None:
    engine = FakeEngine()
    before = datetime.now(UTC) - timedelta(hours=1)
    await engine.apply(POD)
    now = time.time()
    early = EventRecord(at=now - 5, reason="BackOff", container="app", message="wait", is_warning=True)
    late = EventRecord(at=now + 5, reason="Repaired")
    old = EventRecord(at=now - 7200, reason="Old")
    await engine.write_record("web", noted(old, early, late), based_on=0)
    for pod in ("web", ""):
        found = [event async for event in happening.happening(engine, pod, since=before, follow=False)]
        actions = [event.action for event in found]
        assert (actions[0], actions[-1]) == ("BackOff", "Repaired")
        assert {"create", "start"} <= set(actions)
    assert found[0].attributes == {"message": "wait", "count": "1"}


async def test_a_stream_tells_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(happening, "LOOK_S", 0.05)
    engine = FakeEngine()
    await engine.apply(POD)
    seen = []
    async with asyncio.timeout(20), aclosing(happening.happening(engine, "web")) as events:
        first = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.2)
        await engine.kill("web", "app")
        seen.append((await first).action)
        note = EventRecord(at=time.time() + 1, reason="Repaired")
        await engine.write_record("web", noted(note), based_on=0)
        async for event in events:
            seen.append(event.action)
            if event.action == "Repaired":
                break
    assert "die" in seen
    assert seen.count("Repaired") == 1
