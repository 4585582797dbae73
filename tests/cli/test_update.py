"""update: its errors. What it does is tested on the real engine, tests/pods/test_update_on_engine.py."""

from __future__ import annotations

from tests.cli.conftest import Podlab


def test_an_engine_that_gets_images_itself_is_told(podlab: Podlab) -> None:
    done = podlab("update", "web")
    assert done.code == 1
    assert "gets images by itself" in done.err
    assert podlab("update").code == 2
