"""Real private engines: started, killed in every way, stopped; nothing may stay behind."""

from __future__ import annotations

import asyncio
import io
import json
import os
import secrets
import signal
import subprocess
import sys
import tarfile
import urllib.request
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from podlab.engines.docker.address import Address
from podlab.engines.docker.api import Client
from podlab.engines.docker.daemon import Place, place, processes, start, status, stop
from podlab.errors import Conflict, NotFound, PodlabError, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]
LEFTOVERS = Path(__file__).parents[4] / "scripts/leftovers"


@pytest.fixture
async def new() -> AsyncIterator[Callable[[], Place]]:
    """Makes names for engines; each is stopped and purged, and must have left nothing."""
    made: list[Place] = []

    def make() -> Place:
        made.append(place(f"t{secrets.token_hex(3)}"))
        return made[-1]

    yield make
    for each in reversed(made):
        await stop(each, purge=True)
        assert_nothing_left(each)
        assert not each.state.exists()


@pytest.fixture
def namespace(tmp_path: Path) -> Iterator[tuple[str, ...]]:
    """A network namespace like a machine's of its own: the words that run a command in it."""
    path = tmp_path / "net"
    path.touch()
    subprocess.run(["unshare", f"--net={path}", "ip", "link", "set", "lo", "up"], check=True)
    yield ("nsenter", f"--net={path}")
    subprocess.run(["umount", path], check=True)


def assert_nothing_left(engine: Place) -> None:
    found = subprocess.run([LEFTOVERS, engine.name], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


def client(engine: Place) -> Client:
    return Client(Address(kind="unix", path=str(engine.socket)))


async def run_web(engine: Place, port: int) -> int:
    """A container that publishes a page; the pid of its process on the host."""
    docker = client(engine)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add("/bin/busybox", "bin/busybox")
        page = tarfile.TarInfo("www/index.html")
        page.size = 5
        tar.addfile(page, io.BytesIO(b"hello"))

    async def upload() -> AsyncIterator[bytes]:
        yield packed.getvalue()

    query = {"fromSrc": "-", "repo": "busybox", "tag": "latest"}
    async with docker.request("POST", "/images/create", query=query, upload=upload()) as response:
        await response.body()
    body = {
        "Image": "busybox",
        "Cmd": ["/bin/busybox", "httpd", "-f", "-h", "/www"],
        "ExposedPorts": {"80/tcp": {}},
        "HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": str(port)}]}, "Init": True},
    }
    made = await docker.json("POST", "/containers/create", body=body)
    await docker.json("POST", f"/containers/{made['Id']}/start")
    return int((await docker.json("GET", f"/containers/{made['Id']}/json"))["State"]["Pid"])


async def page(host: str, port: int) -> bytes:
    def get() -> bytes:
        with urllib.request.urlopen(f"http://{host}:{port}/", timeout=5) as answer:
            return bytes(answer.read())

    for _ in range(600):
        with suppress(OSError):
            return await asyncio.to_thread(get)
        await asyncio.sleep(0.1)
    return await asyncio.to_thread(get)


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def firewall(*enter: str) -> list[str]:
    """Every rule and policy, without counters and dates."""
    saved = run(*enter, "iptables-save")
    return sorted(line.split(" [")[0] for line in saved.splitlines() if line.startswith((":", "-A")))


def engine_command(*words: str, enter: tuple[str, ...] = ()) -> str:
    return run(*enter, sys.executable, "-m", "podlab.cli", "engine", *words)


async def test_an_engine_starts_once_and_its_images_outlive_it(new: Callable[[], Place]) -> None:
    engine = new()
    assert not (await status(engine)).running
    first = await start(engine, own_network=True)
    assert first.running
    assert first.version
    found, again = await start(engine, own_network=True), await status(engine)
    assert replace(found, uptime_s=0) == replace(again, uptime_s=0)
    assert (await status(engine)).pid == first.pid
    with pytest.raises(Conflict, match="runs already"):
        await start(engine, own_network=False)
    await run_web(engine, 8080)
    assert (await status(engine)).containers == 1
    assert await page(first.ports_at, 8080) == b"hello"
    assert await stop(engine)
    assert_nothing_left(engine)
    assert not await stop(engine)
    again = await start(engine, own_network=True)
    assert (again.containers, again.ports_at) == (1, first.ports_at)
    assert len(await client(engine).json("GET", "/images/json")) == 1


async def test_two_starts_at_once_end_in_one_engine(new: Callable[[], Place]) -> None:
    engine = new()
    one, two = await asyncio.gather(start(engine, own_network=True), start(engine, own_network=True))
    assert one.pid == two.pid
    assert len([pid for pid in processes.of_engine(engine) if _program(pid) == "dockerd"]) == 1


@pytest.mark.parametrize("victims", [("dockerd",), ("dockerd", "containerd", "containerd-shim-runc-v2")])
async def test_a_killed_engine_is_cleaned_up_to_its_last_process(
    new: Callable[[], Place], victims: tuple[str, ...]
) -> None:
    engine = new()
    await start(engine, own_network=True)
    web = await run_web(engine, 8080)
    for pid in processes.of_engine(engine):
        if _program(pid) in victims:
            os.kill(pid, signal.SIGKILL)
    assert processes.alive(web), "the container's process is what a careless stop forgets"
    await stop(engine)
    assert not processes.alive(web)
    assert_nothing_left(engine)
    assert (await start(engine, own_network=True)).running


async def test_an_engine_that_does_not_come_up_says_why_and_leaves_nothing(
    new: Callable[[], Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = new()
    fake = tmp_path / "dockerd"
    fake.write_text("#!/bin/sh\necho 'no more inodes' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(Unavailable, match=r"(?s)dockerd ended at once.*no more inodes"):
        await start(engine, own_network=True)
    assert_nothing_left(engine)
    fake.write_text("#!/bin/sh\nexec sleep 1000\n")
    with pytest.raises(Unavailable, match="did not answer within 1 s"):
        await start(engine, own_network=True, timeout_s=1)
    assert_nothing_left(engine)


async def test_without_dockerd_one_is_told_what_to_install(
    new: Callable[[], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("podlab.engines.docker.daemon.program.SYSTEM_PATH", "")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotFound, match="dockerd is not installed") as caught:
        await start(new(), own_network=True)
    assert "scripts/bootstrap" in caught.value.hint
    monkeypatch.undo()


@pytest.mark.parametrize("after_s", [0, 0.02, 0.05, 0.1, 0.2, 0.4])
async def test_a_cancelled_start_leaves_nothing(new: Callable[[], Place], after_s: float) -> None:
    engine = new()
    starting = asyncio.create_task(start(engine, own_network=True))
    await asyncio.sleep(after_s)
    starting.cancel()
    with suppress(asyncio.CancelledError, PodlabError):
        await starting
    if not (await status(engine)).running:
        assert_nothing_left(engine)


async def test_beside_a_users_engine_nothing_of_it_changes(new: Callable[[], Place]) -> None:
    """Both in one network namespace, as on a machine that has an engine already."""
    users, ours = new(), new()
    here = await start(users, own_network=True)
    web = await run_web(users, 8080)
    enter = ("nsenter", f"--net={users.namespace}")
    before = firewall(*enter)
    assert any("8080" in rule for rule in before)
    for ended_by in ("stop", "kill"):
        started = json.loads(engine_command("start", "--name", ours.name, "-o", "json", enter=enter))
        assert started["network"] == "own"
        await run_web(ours, 8080)
        assert firewall(*enter) == before
        assert await page(here.ports_at, 8080) == b"hello"
        if ended_by == "kill":
            os.kill(started["pid"], signal.SIGKILL)
        engine_command("stop", "--name", ours.name, enter=enter)
        assert_nothing_left(ours)
        assert firewall(*enter) == before
        assert processes.alive(web)
        assert await page(here.ports_at, 8080) == b"hello"
    assert (await status(users)).pid == here.pid


@pytest.mark.parametrize("ended_by", ["stop", "kill"])
async def test_alone_it_uses_the_hosts_network_and_puts_the_firewall_back(
    new: Callable[[], Place], namespace: tuple[str, ...], ended_by: str
) -> None:
    engine = new()
    run(*namespace, "iptables", "-A", "INPUT", "-p", "tcp", "--dport", "9", "-j", "DROP")
    before = set(firewall(*namespace))
    started = json.loads(engine_command("start", "--name", engine.name, "-o", "json", enter=namespace))
    assert started["network"] == "host"
    await client(engine).json("POST", "/networks/create", body={"Name": "extra"})
    await run_web(engine, 8080)
    fetch = "for i in $(seq 200); do busybox wget -qO- http://127.0.0.1:8080/ && exit; sleep 0.3; done"
    assert run(*namespace, "sh", "-c", fetch) == "hello"
    if ended_by == "kill":
        os.kill(started["pid"], signal.SIGKILL)
    engine_command("stop", "--name", engine.name, enter=namespace)
    links = run(*namespace, "ip", "-br", "link")
    assert [line.split()[0] for line in links.splitlines()] == ["lo"]
    extra = {rule for rule in firewall(*namespace) if not rule.startswith(":") or not rule.endswith("ACCEPT")}
    assert extra == {rule for rule in before if not rule.startswith(":") or not rule.endswith("ACCEPT")}


def _program(pid: int) -> str:
    return Path(Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()).name
