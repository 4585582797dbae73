"""A check passes, fails, or could not be run; and it leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from podlab.engines.docker.engine import DockerEngine
from podlab.errors import Unavailable
from podlab.lesson.lesson import Check, CheckId
from podlab.model import Pod
from podlab.testing.fake import FakeEngine
from podlab.workshop.checking import MAX_OUTPUT_BYTES, Checker, run_check
from tests.conftest import docker
from tests.workshop.conftest import workshop_of

WORKSHOP = workshop_of()


def check_of(command: str, *, hint: str = "", timeout_s: int = 60, container: str = "") -> Check:
    return Check(
        id=CheckId("a-check"), name="It works", command=command, hint=hint, is_automatic=False,
        opens_next=False, container=container, timeout_s=timeout_s, line=1,
    )  # fmt: skip


@pytest.fixture
async def seat(engine: FakeEngine) -> str:
    await engine.apply(WORKSHOP.pod("lab-01"))
    return "lab-01"


async def test_a_check_passes_by_its_exit_code_and_tells_what_it_printed(
    engine: FakeEngine, seat: str
) -> None:
    outcome = await run_check(engine, seat, WORKSHOP, check_of("echo fine", hint="no"), {})
    assert (outcome.status, outcome.output, outcome.text) == ("passed", "fine\n", "fine")


async def test_a_check_that_fails_tells_its_hint_too(engine: FakeEngine, seat: str) -> None:
    check = check_of("echo no {{ seat.name }} >&2; exit 3", hint="Look at {{ seat.name }}.")
    outcome = await run_check(engine, seat, WORKSHOP, check, {"seat.name": "lab-01"})
    assert (outcome.status, outcome.text) == ("failed", "no lab-01\nLook at lab-01.")


async def test_a_check_without_an_end_is_ended_and_is_an_error(engine: FakeEngine, seat: str) -> None:
    outcome = await run_check(engine, seat, WORKSHOP, check_of("echo begun; sleep 1000", timeout_s=1), {})
    assert outcome.status == "error"
    assert outcome.output == "begun\nThe check did not end within 1 s.\n"


async def test_what_cannot_be_run_is_an_error_that_says_why(engine: FakeEngine, seat: str) -> None:
    gone = await run_check(engine, "lab-02", WORKSHOP, check_of("true"), {})
    assert gone.status == "error"
    assert "lab-02" in gone.output
    unknown = await run_check(engine, seat, WORKSHOP, check_of("echo {{ preview.app }}"), {})
    assert unknown.status == "error"
    assert "preview.app" in unknown.output
    engine.failure = Unavailable("the engine is gone")
    assert "the engine is gone" in (await run_check(engine, seat, WORKSHOP, check_of("true"), {})).output


async def test_of_much_output_the_end_is_kept_and_no_half_character(engine: FakeEngine, seat: str) -> None:
    outcome = await run_check(engine, seat, WORKSHOP, check_of(f"echo {'ü' * 20_000}x"), {})
    assert outcome.output.startswith("… ")
    first, kept = outcome.output.split("\n", 1)
    assert "left out" in first
    assert set(kept.rstrip("\n")) == {"ü", "x"}
    assert len(kept.encode()) <= MAX_OUTPUT_BYTES


class SlowEngine(FakeEngine):
    """Counts its runs; each lasts until it may end."""

    def __init__(self) -> None:
        super().__init__(programs={"task": self._task})
        self.runs = self.at_once = self.most_at_once = 0
        self.may_end = asyncio.Event()

    async def _task(self, *_: object) -> int:
        self.runs += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.may_end.wait()
        self.at_once -= 1
        return 0


@pytest.fixture
async def slow() -> SlowEngine:
    engine = SlowEngine()
    await engine.apply(WORKSHOP.pod("lab-01"))
    await engine.apply(WORKSHOP.pod("lab-02"))
    return engine


async def _settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_who_asks_while_a_check_runs_shares_the_next_run(slow: SlowEngine) -> None:
    async with Checker(slow, WORKSHOP) as checker, asyncio.TaskGroup() as group:
        first = group.create_task(checker.run("lab-01", check_of("task"), {}))
        await _settle()
        others = [group.create_task(checker.run("lab-01", check_of("task"), {})) for _ in range(50)]
        await _settle()
        assert slow.runs == 1
        others[0].cancel()  # the run is not this one's alone
        slow.may_end.set()
        assert (await first).status == "passed"
        assert {(await each).status for each in others[1:]} == {"passed"}
    assert (slow.runs, slow.most_at_once) == (2, 1)


async def test_a_seat_does_not_wait_for_another(slow: SlowEngine) -> None:
    async with Checker(slow, WORKSHOP) as checker, asyncio.TaskGroup() as group:
        for seat in ("lab-01", "lab-02"):
            group.create_task(checker.run(seat, check_of("task"), {}))
        await _settle()
        assert slow.runs == 2
        slow.may_end.set()


async def test_leaving_a_checker_ends_what_runs(slow: SlowEngine) -> None:
    async with Checker(slow, WORKSHOP) as checker:
        asking = asyncio.create_task(checker.run("lab-01", check_of("task"), {}))
        await _settle()
    await asyncio.wait([asking])
    assert asking.cancelled()


@pytest.fixture
async def real_seat(docker_host: str, image: str, pod_name: str) -> AsyncIterator[tuple[DockerEngine, str]]:
    engine = await DockerEngine.connect(docker_host)
    await engine.apply(_pod(image, pod_name))
    yield engine, pod_name
    await engine.delete(pod_name, grace_s=0)
    await engine.close()


def _pod(image: str, name: str) -> Pod:
    return workshop_of(image=image).pod(name)


def processes(seat: str) -> bytes:
    found = docker("top", f"podlab-{seat}-work", "-eo", "pid,args")
    assert found.returncode == 0, found.stderr
    return found.stdout


async def until_runs(seat: str, words: bytes) -> None:
    async with asyncio.timeout(60):
        while words not in processes(seat):  # noqa: ASYNC110 - the engine is looked at from outside
            await asyncio.sleep(0.05)


@pytest.mark.engine
async def test_on_a_real_engine_nothing_runs_on_after_the_time_is_over(
    real_seat: tuple[DockerEngine, str],
) -> None:
    engine, seat = real_seat
    check = check_of("echo begun; sleep 4321 & sleep 4322", timeout_s=5)
    running = asyncio.create_task(run_check(engine, seat, WORKSHOP, check, {}))
    await until_runs(seat, b"sleep 4321")
    outcome = await running
    assert outcome.status == "error"
    assert outcome.output.startswith("begun\n")
    assert b"sleep 432" not in processes(seat)


@pytest.mark.engine
async def test_on_a_real_engine_a_cancelled_check_ends_too(real_seat: tuple[DockerEngine, str]) -> None:
    engine, seat = real_seat
    running = asyncio.create_task(run_check(engine, seat, WORKSHOP, check_of("exec sleep 4323"), {}))
    await until_runs(seat, b"sleep 4323")
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()
    assert b"sleep 4323" not in processes(seat)


@pytest.mark.engine
async def test_on_a_real_engine_a_check_of_a_stopped_container_is_an_error(
    real_seat: tuple[DockerEngine, str],
) -> None:
    engine, seat = real_seat
    assert (await run_check(engine, seat, WORKSHOP, check_of("id -u"), {})).output == "0\n"
    await engine.stop(seat, "work", grace_s=0)
    outcome = await run_check(engine, seat, WORKSHOP, check_of("true"), {})
    assert outcome.status == "error"
    assert "not running" in outcome.output
