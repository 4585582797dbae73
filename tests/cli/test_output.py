"""Ages, sizes, times, JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from podlab.cli.output import plain, rfc3339, size, span
from podlab.engines.base import Change
from podlab.model import EnvVar
from podlab.status import Phase


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (200, "3m20s"), (600, "10m"), (10_799, "179m"),
     (10_800, "3h"), (11_100, "3h5m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d"), (183_600, "2d3h"),
     (700_000, "8d"), (86_400 * 800, "2y70d"), (86_400 * 3650, "10y")],
)  # fmt: skip
def test_ages_are_like_those_of_kubectl(seconds: int, text: str) -> None:
    assert span(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0B"), (999, "999B"), (1023, "1023B"), (1536, "1.5KiB"), (64 << 20, "64MiB"), (5 << 40, "5TiB")],
)
def test_sizes_are_short(count: int, text: str) -> None:
    assert size(count) == text


def test_times_are_rfc_3339_in_utc() -> None:
    when = datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=2)))
    assert rfc3339(when) == "2026-01-31T10:00:00Z"
    assert rfc3339(when.replace(microsecond=500_000)) == "2026-01-31T10:00:00.500000Z"


def test_json_keys_are_camel_case_and_found_states_are_whole() -> None:
    found = plain(
        [Change(verb="create", pod="web"), {"at": datetime(2026, 1, 1, tzinfo=UTC)}, Phase.FAILED, b"\xff"]
    )
    assert found == [
        {"verb": "create", "pod": "web", "container": "", "reason": ""},
        {"at": "2026-01-01T00:00:00Z"}, "Failed", "�",
    ]  # fmt: skip


def test_wanted_states_leave_out_what_was_not_said() -> None:
    assert plain(EnvVar(name="A")) == {"name": "A"}
