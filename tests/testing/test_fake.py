"""The fake engine keeps every promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from podlab.testing.contract import EngineContract
from podlab.testing.fake import FakeEngine

if TYPE_CHECKING:
    from podlab.engines.base import Engine


class TestFakeEngine(EngineContract):
    @pytest.fixture
    def engine(self) -> Engine:
        return FakeEngine()

    @pytest.fixture
    def image(self) -> str:
        return "busybox"
