"""logs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from podlab.testing.fake import FakeEngine
from tests.cli.conftest import Podlab

Make = Callable[..., Any]


def test_lines_of_all_containers_come_in_order_of_time(podlab: Podlab, make: Make) -> None:
    scripts = ("echo 1; sleep 0.04; echo 3 >&2", "sleep 0.02; echo 2; sleep 0.04; echo 4")
    make("web", *scripts, seconds=0.2, restart_policy="Never")
    assert podlab("logs", "web").out == "app  | 1\nside | 2\napp  | 3\nside | 4\n"


def test_one_container_has_no_prefix(podlab: Podlab, make: Make) -> None:
    make("web", "echo 1; sleep 100", "echo 2; sleep 100")
    assert podlab("logs", "web", "-c", "side").out == "2\n"


def test_tail_timestamps_and_since(podlab: Podlab, make: Make) -> None:
    make("web", "echo 1; echo 2; echo 3; sleep 100")
    assert podlab("logs", "web", "--tail", "2").out == "2\n3\n"
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z 3\n", podlab("logs", "web", "-n1", "-t").out
    )
    assert podlab("logs", "web", "--since", "1h").out == "1\n2\n3\n"
    assert podlab("logs", "web", "--since", "2999-01-01T00:00:00Z").out == ""
    assert podlab("logs", "web", "--since", "soon").code == 2


def test_follow_ends_with_the_last_container(podlab: Podlab, engine: FakeEngine) -> None:
    import asyncio

    from tests.cli.conftest import pod_of

    async def follow() -> list[tuple[str, bytes]]:
        from podlab.pods.logs import interleaved

        await engine.apply(
            pod_of("web", "echo 1; sleep 0.3; echo 3", "sleep 0.1; echo 2", restart_policy="Never")
        )
        lines = interleaved(engine, "web", ["app", "side"], follow=True)
        return [(name, line.text) async for name, line in lines]

    assert asyncio.run(follow()) == [("app", b"1"), ("side", b"2"), ("app", b"3")]
    assert podlab("logs", "-f", "web").out == "app  | 1\nside | 2\napp  | 3\n"


def test_what_was_written_before_the_last_restart(podlab: Podlab, make: Make) -> None:
    make("web", "echo app; sleep 100", "echo side; sleep 100")
    assert podlab("logs", "web", "--previous").code == 3
    assert podlab("restart", "web", "-c", "side").code == 0
    assert podlab("logs", "web", "--previous").out == "side\n"
    assert podlab("logs", "web", "-p", "-c", "app").code == 3
    assert podlab("logs", "web", "-p", "-f").code == 2
