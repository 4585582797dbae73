"""Streams of a real engine: what goes through them unharmed, how they end, and what they leave behind."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import tarfile
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from podlab.engines.base import ExecOptions
from podlab.engines.docker.engine import DockerEngine
from podlab.errors import Conflict, Invalid, NotFound, Unavailable
from podlab.model import Container
from tests.conftest import docker

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from podlab.engines.base import LogLine, Process

pytestmark = pytest.mark.engine
CHUNK = os.urandom(1 << 16)
CHUNKS = 1526  # 100 MB


async def finished(process: Process) -> tuple[bytes, bytes, int]:
    async with process:
        out = {1: b"", 2: b""}
        while piece := await process.read():
            out[piece[0]] += piece[1]
        return out[1], out[2], await process.wait()


async def shell(engine: DockerEngine, pod: str, script: str, container: str = "app") -> str:
    out, err, code = await finished(await engine.exec(pod, container, ["sh", "-c", script]))
    assert code == 0, err
    return out.decode()


async def until(engine: DockerEngine, pod: str, script: str, container: str = "app") -> None:
    async with asyncio.timeout(60):
        while (await finished(await engine.exec(pod, container, ["sh", "-c", script])))[2]:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_output_errors_and_exit_code_are_told_apart(engine: DockerEngine, pod: str) -> None:
    process = await engine.exec(pod, "app", ["sh", "-c", "echo out; echo err >&2; exit 7"])
    assert await finished(process) == (b"out\n", b"err\n", 7)


async def test_options_reach_the_command(engine: DockerEngine, pod: str) -> None:
    options = ExecOptions(env={"A": "b c"}, workdir="/tmp", user="12:34")
    out, _, _ = await finished(
        await engine.exec(pod, "app", ["sh", "-c", 'echo "$A $PWD $(id -u) $(id -g)"'], options)
    )
    assert out == b"b c /tmp 12 34\n"


@pytest.mark.parametrize(("command", "codes"), [("nope", (126, 127)), ("/tmp", (126,))])
async def test_a_command_that_cannot_be_started_says_so(
    engine: DockerEngine, pod: str, command: str, codes: tuple[int, ...]
) -> None:
    """Engines before 28 say 126 of both."""
    out, err, code = await finished(await engine.exec(pod, "app", [command]))
    assert command.encode() in out + err
    assert code in codes


async def test_a_detached_command_that_cannot_be_started_is_an_error(engine: DockerEngine, pod: str) -> None:
    with pytest.raises(Invalid, match="nope"):
        await engine.exec(pod, "app", ["nope"], ExecOptions(detach=True))


async def test_a_hundred_megabytes_go_in_unharmed(engine: DockerEngine, pod: str) -> None:
    async with await engine.exec(pod, "app", ["sha256sum"], ExecOptions(stdin=True)) as process:
        wanted = hashlib.sha256()
        for _ in range(CHUNKS):
            wanted.update(CHUNK)
            await process.write(CHUNK)
        await process.write_eof()
        out, _, code = await finished(process)
    assert (out.split()[0].decode(), code) == (wanted.hexdigest(), 0)


async def test_a_hundred_megabytes_come_out_unharmed(engine: DockerEngine, pod: str) -> None:
    async with await engine.exec(pod, "app", ["cat"], ExecOptions(stdin=True)) as process:

        async def feed() -> None:
            for _ in range(CHUNKS):
                await process.write(CHUNK)
            await process.write_eof()

        async with asyncio.TaskGroup() as group:
            group.create_task(feed())
            found, size = hashlib.sha256(), 0
            while piece := await process.read():
                found.update(piece[1])
                size += len(piece[1])
        assert size == CHUNKS * len(CHUNK)
        assert found.digest() == hashlib.sha256(CHUNK * CHUNKS).digest()
        assert await process.wait() == 0


async def test_a_reader_that_stops_stops_the_command(engine: DockerEngine, pod: str) -> None:
    script = "while dd if=/dev/zero bs=64k count=16 2>/dev/null; do echo >>/tmp/megabytes; done"
    async with await engine.exec(pod, "app", ["sh", "-c", script]) as process:
        await process.read()
        before, after = "", "0"
        async with asyncio.timeout(60):
            while before != after:
                await asyncio.sleep(1)
                before, after = after, await shell(engine, pod, "wc -l </tmp/megabytes")
        assert int(after) <= 4
        await process.signal("KILL")
        while await process.read():
            pass
        assert await process.wait() == 137


async def test_writing_to_a_command_that_has_ended_is_no_error(engine: DockerEngine, pod: str) -> None:
    async with await engine.exec(pod, "app", ["head", "-c1"], ExecOptions(stdin=True)) as process:

        async def feed() -> None:
            while True:
                await process.write(CHUNK)

        feeding = asyncio.ensure_future(feed())
        assert await process.read() == (1, CHUNK[:1])
        assert await process.read() is None
        assert await process.wait() == 0
        feeding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await feeding
        async with asyncio.timeout(60):
            await process.write(b"more")
            await process.write_eof()


async def test_a_terminal_has_its_size_from_the_start_and_can_be_resized(
    engine: DockerEngine, pod: str
) -> None:
    options = ExecOptions(tty=True, stdin=True, size=(99, 33))
    script = 'stty size; trap "stty size; exit 3" WINCH; echo ready; while :; do sleep 0.1; done'
    async with await engine.exec(pod, "app", ["sh", "-c", script], options) as process:
        said = b""
        while b"ready" not in said and (piece := await process.read()):
            said += piece[1]
        assert said == b"33 99\r\nready\r\n"
        await process.resize(120, 40)
        assert await finished(process) == (b"40 120\r\n", b"", 3)
        await process.resize(1, 1)  # it has ended


@pytest.mark.parametrize("size", [(0, 24), (80, -1), (99999, 24)])
async def test_impossible_sizes_are_refused(engine: DockerEngine, pod: str, size: tuple[int, int]) -> None:
    with pytest.raises(Invalid):
        await engine.exec(pod, "app", ["true"], ExecOptions(tty=True, size=size))
    process = await engine.exec(pod, "app", ["true"], ExecOptions(tty=True))
    with pytest.raises(Invalid):
        await process.resize(*size)
    await finished(process)


async def test_without_detach_keys_every_key_arrives_at_once(engine: DockerEngine, pod: str) -> None:
    command = ["sh", "-c", "stty raw -echo; echo; exec cat"]
    async with await engine.exec(pod, "app", command, ExecOptions(tty=True, stdin=True)) as process:
        await process.read()
        for key in (b"\x10", b"\x11", b"\x10\x11", b"\x03", b"\x1d"):
            await process.write(key)
            async with asyncio.timeout(60):
                echo = b""
                while len(echo) < len(key) and (piece := await process.read()):
                    echo += piece[1]
                assert echo == key
        await process.signal("KILL")


async def test_detach_keys_leave_the_command_running(engine: DockerEngine, pod: str) -> None:
    options = ExecOptions(tty=True, stdin=True, detach_keys="ctrl-p,ctrl-q")
    async with await engine.exec(pod, "app", ["sleep", "543"], options) as process:
        await process.write(b"\x10")
        await process.write(b"\x11")
        assert await process.read() is None
        assert process.is_detached
        assert await process.wait() == 0
    await until(engine, pod, "ps | grep -q '[s]leep 543'")  # runc may still be about to start it


async def test_a_signal_reaches_the_whole_group_of_the_command(engine: DockerEngine, pod: str) -> None:
    async with await engine.exec(pod, "app", ["sh", "-c", "echo; sleep 654; echo never"]) as process:
        assert await process.read() == (1, b"\n")
        processes = docker("top", f"podlab-{pod}-app", "-eo", "pid,args").stdout.decode().splitlines()
        (pid,) = (line.split()[0] for line in processes if "echo never" in line)
        await process.signal("INT")
        assert await finished(process) == (b"", b"", 130)
        await process.signal("INT")  # it has ended
    assert "sleep 654" not in await shell(engine, pod, "ps")
    helpers = docker("ps", "-a", "--no-trunc", "--format", "{{.Command}}").stdout.decode()
    assert f"sh INT {pid}" not in helpers


async def test_an_attached_process_misses_nothing_and_tells_its_exit_code(
    engine: DockerEngine, pod: str, image: str
) -> None:
    before = await engine.spec(pod)
    script = "read line; echo got $line; echo err >&2; exit 5"
    talker = Container(name="talker", image=image, command=("sh", "-c", script), stdin=True, stdin_once=True)
    spec = replace(before.spec, containers=(*before.spec.containers, talker))
    await engine.apply(replace(before, spec=spec), hold={"talker"})
    async with await engine.attach(pod, "talker", stdin=True) as process:
        await engine.start(pod, "talker")
        await process.write(b"hello\n")
        assert await finished(process) == (b"got hello\n", b"err\n", 5)
    lines = [line async for line in engine.logs(pod, "talker")]
    assert {(line.stream, line.text) for line in lines} == {(1, b"got hello"), (2, b"err")}
    assert [line.text async for line in engine.logs(pod, "talker", tail=1)] in ([b"got hello"], [b"err"])
    last = max(line.at for line in lines if line.at)
    assert [line async for line in engine.logs(pod, "talker", since=last.replace(year=last.year + 1))] == []
    with pytest.raises(Conflict):
        await engine.exec(pod, "talker", ["true"])


async def test_followed_logs_come_as_they_are_written(engine: DockerEngine, pod: str) -> None:
    async with aclosing(cast("AsyncGenerator[LogLine]", engine.logs(pod, "app", follow=True))) as lines:
        for number, text in ((1, "one"), (2, "two")):
            await shell(engine, pod, f"echo {text} >/proc/1/fd/{number}")
            async with asyncio.timeout(60):
                line = await anext(lines)
            assert (line.stream, line.text) == (number, text.encode())


@pytest.mark.parametrize("address", ["127.0.0.1:8080", "[::1]:8080", "8080"])
async def test_dial_reaches_what_listens_on_loopback_only(
    engine: DockerEngine, pod: str, address: str
) -> None:
    await shell(engine, pod, f"mkdir -p /www; echo hello >/www/page; httpd -h /www -p {address}")
    async with await engine.dial(pod, 8080) as stream:
        await stream.write(b"GET /page HTTP/1.0\r\n\r\n")
        answer = b""
        while data := await stream.read():
            answer += data
    assert answer.endswith(b"hello\n")


async def test_dial_reaches_what_listens_on_the_pods_own_address_only(engine: DockerEngine, pod: str) -> None:
    await shell(engine, pod, "mkdir -p /www; echo hello >/www/page; httpd -h /www -p $(hostname -i):8080")
    async with await engine.dial(pod, 8080) as stream:
        await stream.write(b"GET /page HTTP/1.0\r\n\r\n")
        answer = b""
        while data := await stream.read():
            answer += data
    assert answer.endswith(b"hello\n")


async def test_dial_where_nobody_listens_fails_at_once(engine: DockerEngine, pod: str) -> None:
    with pytest.raises(Unavailable, match="nobody listens"):
        async with asyncio.timeout(60):
            await engine.dial(pod, 8081)
    with pytest.raises(Invalid):
        await engine.dial(pod, 0)


async def test_dial_carries_half_closed_connections(engine: DockerEngine, pod: str) -> None:
    await engine.exec(pod, "app", ["nc", "-ll", "-p", "7000", "-e", "sha256sum"], ExecOptions(detach=True))
    await until(engine, pod, "grep -q :1B58 /proc/net/tcp6 /proc/net/tcp")
    async with await engine.dial(pod, 7000) as stream:
        for _ in range(160):
            await stream.write(CHUNK)
        await stream.write_eof()
        answer = await stream.read()
    assert answer.split()[0].decode() == hashlib.sha256(CHUNK * 160).hexdigest()


async def test_a_connection_to_a_silent_server_leaves_nothing_in_the_infra_container(
    engine: DockerEngine, pod: str
) -> None:
    await engine.exec(
        pod, "app", ["nc", "-ll", "-p", "7001", "-e", "sleep", "1000"], ExecOptions(detach=True)
    )
    await until(engine, pod, "grep -q :1B59 /proc/net/tcp6 /proc/net/tcp")
    async with await engine.dial(pod, 7001) as stream:
        await stream.write(b"anybody?")
        assert "nc " in await shell(engine, pod, "ps", "infra")
    assert "nc " not in await shell(engine, pod, "ps", "infra")


async def test_files_go_in_and_come_out(engine: DockerEngine, pod: str) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        info = tarfile.TarInfo("note")
        info.size, info.mode, info.mtime = 3, 0o640, 1_500_000_000
        tar.addfile(info, io.BytesIO(b"abc"))

    async def chunks() -> AsyncIterator[bytes]:
        yield made.getvalue()

    await engine.write_archive(pod, "app", "/tmp", chunks())
    found = await engine.stat(pod, "app", "/tmp/note")
    assert (found.name, found.size_bytes, found.mode, found.is_dir) == ("note", 3, 0o100640, False)
    assert found.modified_at.timestamp() == 1_500_000_000
    data = b"".join([chunk async for chunk in engine.read_archive(pod, "app", "/tmp/note")])
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert tar.getnames() == ["note"]
    folder = await engine.stat(pod, "app", "/tmp")
    assert folder.is_dir
    assert oct(folder.mode) == "0o41777"
    link = await engine.stat(pod, "app", "/bin/sh")
    assert link.link_target == "/bin/busybox"


async def test_paths_that_are_not_there_are_named(engine: DockerEngine, pod: str) -> None:
    async def nothing() -> AsyncIterator[bytes]:
        yield bytes(1024)

    with pytest.raises(NotFound, match="/nope"):
        await engine.stat(pod, "app", "/nope")
    with pytest.raises(NotFound, match="/nope"):
        async for _ in engine.read_archive(pod, "app", "/nope"):
            pass
    with pytest.raises(NotFound, match="/nope"):
        await engine.write_archive(pod, "app", "/nope", nothing())
