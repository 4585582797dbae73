"""When a probe is run, and what its results amount to: Kubernetes' thresholds and periods, without an engine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podlab.model import Container, ExecAction, Probe
from podlab.node.tracker import FIRST_PAUSE_S, Kind, Track, probes_of

CHECK = ExecAction(command=("true",))


def track(verdict: bool | None = None, *, started_at: float = 0, now: float = 0, **settings: int) -> Track:
    probe = Probe(exec=CHECK, **settings)  # type: ignore[arg-type]
    return Track.begin(Kind.READINESS, probe, started_at=started_at, now=now, verdict=verdict)


def on_time(one: Track, *results: bool) -> Track:
    for passed in results:
        one = one.after(passed, "", now=one.due_at)
    return one


def test_nothing_is_known_before_the_first_threshold() -> None:
    assert track().verdict is None
    assert on_time(track(), False, False).verdict is None
    assert on_time(track(), False, False, False).verdict is False
    assert on_time(track(), True).verdict is True


def test_only_results_in_a_row_count() -> None:
    assert on_time(track(True), False, False, True, False, False).verdict is True
    assert on_time(track(True), False, False, True, False, False, False).verdict is False
    assert on_time(track(False, success_threshold=2), True, False, True).verdict is False
    assert on_time(track(False, success_threshold=2), True, False, True, True).verdict is True


def test_the_first_probe_comes_after_the_delay_since_the_containers_start() -> None:
    assert track(initial_delay_seconds=30, started_at=100, now=110).due_at == 130
    assert track(initial_delay_seconds=30, started_at=100, now=150).due_at == 150
    assert track(started_at=100, now=150).look_at == 150


def test_what_passes_is_probed_once_a_period() -> None:
    one = track(period_seconds=7).after(True, "", now=3)
    assert (one.due_at, one.look_at) == (10, 10)


def test_what_has_not_passed_yet_is_looked_at_early_and_more_and_more_rarely() -> None:
    one = track(failure_threshold=100)
    pauses = []
    for _ in range(8):
        now = one.look_at
        one = one.after(False, "no", now=now)
        pauses.append(one.look_at - now)
    assert pauses[0] == pytest.approx(FIRST_PAUSE_S)
    assert pauses == sorted(pauses)
    assert max(pauses) == pytest.approx(1)


def test_that_an_early_look_fails_counts_for_nothing() -> None:
    one = track(failure_threshold=1).after(True, "", now=0)
    one = one.after(False, "gone", now=10)
    assert one.verdict is False
    fresh = track(failure_threshold=2, period_seconds=10).after(False, "no", now=0)
    for now in (0.1, 0.3, 1, 2, 3, 9.9):
        fresh = fresh.after(False, "no", now=now)
    assert fresh.verdict is None
    assert fresh.after(False, "no", now=10).verdict is False


def test_an_early_look_that_passes_makes_it_ready() -> None:
    one = track().after(False, "no", now=0).after(True, "", now=0.2)
    assert one.verdict is True
    assert one.due_at == pytest.approx(10.2)


def test_the_message_is_the_last_results() -> None:
    assert track().after(False, "exit code 3", now=0).message == "exit code 3"


def test_a_container_without_probes_has_none_to_track() -> None:
    probe = Probe(exec=CHECK)
    assert not probes_of(Container(name="app", image="busybox"))
    found = probes_of(Container(name="app", image="busybox", startup_probe=probe, liveness_probe=probe))
    assert list(found) == [Kind.STARTUP, Kind.LIVENESS]


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0, 30)), max_size=60),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(1, 20),
)
def test_a_probe_never_fails_sooner_than_its_threshold_of_periods(
    results: list[tuple[bool, float]], passes: int, fails: int, period_s: int
) -> None:
    one = track(success_threshold=passes, failure_threshold=fails, period_seconds=period_s)
    now, last_pass = 0.0, 0.0
    for passed, later in results:
        now = max(now + later, one.look_at)
        before = one.verdict
        one = one.after(passed, "", now=now)
        assert now < one.look_at <= one.due_at <= now + period_s
        if passed:
            last_pass = now
            assert one.verdict is not False or before is False
        elif one.verdict is False and before is not False:
            assert now - last_pass >= (fails - 1) * period_s
