"""Commands, output, connections and files."""

from __future__ import annotations

import asyncio
import hashlib
import io
import tarfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from podlab.engines.base import ByteStream, Engine, ExecOptions
from podlab.errors import Invalid, NotFound, PodlabError, Unavailable
from podlab.testing.contract.case import (
    SOON_S,
    Case,
    collect,
    is_answered,
    member,
    output,
    pod_of,
    until,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def everything(connection: ByteStream) -> bytes:
    found = b""
    while data := await connection.read():
        found += data
    return found


class Streams(Case):
    @pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 7", 7), ("exit 255", 255)])
    async def test_exec_gives_the_exit_code(
        self, engine: Engine, image: str, name: str, script: str, code: int
    ) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            assert await self.run(engine, name, "sh", "-c", script) == (b"", b"", code)

    @pytest.mark.parametrize("program", ["no-such-program", "/etc/passwd"])
    async def test_a_command_that_cannot_start_says_so(
        self, engine: Engine, image: str, name: str, program: str
    ) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            out, err, code = await self.run(engine, name, program)
            assert code in (126, 127)
            assert program.encode() in out + err

    async def test_stdout_and_stderr_stay_apart(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            found = await self.run(engine, name, "sh", "-c", "echo out; echo err >&2")
            assert found == (b"out\n", b"err\n", 0)

    async def test_environment_folder_and_user_are_set(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            out, _, _ = await self.run(
                engine, name, "sh", "-c", "echo $A; pwd; id -u", env={"A": "ä b"}, workdir="/etc", user="1000"
            )
            assert out.decode().split("\n") == ["ä b", "/etc", "1000", ""]

    async def test_input_can_end_before_the_output(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            process = await engine.exec(name, "app", ["sh", "-c", "cat; echo end"], ExecOptions(stdin=True))
            async with process:
                await process.write(b"one\n")
                await process.write(b"two\n")
                await process.write_eof()
                assert await output(process) == (b"one\ntwo\nend\n", b"", 0)

    async def test_a_command_without_input_is_at_its_end(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            assert await self.run(engine, name, "cat") == (b"", b"", 0)

    async def test_a_signal_ends_a_command(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            process = await engine.exec(name, "app", ["sh", "-c", "echo here; exec sleep 1000"])
            async with process, asyncio.timeout(SOON_S):
                assert await process.read() == (1, b"here\n")
                await process.signal("INT")
                assert await process.read() is None
                assert await process.wait() == 130
                await process.signal("INT")  # it has ended: no error

    async def test_a_command_is_hung_up(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            options = ExecOptions(tty=True, stdin=True)
            process = await engine.exec(name, "app", ["sh", "-c", "echo here; exec sleep 1000"], options)
            async with process, asyncio.timeout(SOON_S):
                assert await process.read() is not None
                await process.hang_up()
                while await process.read():
                    pass
                assert await process.wait() == 129
                await process.hang_up()  # it has ended: no error

    async def test_detach_keys_let_go_of_a_command(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            options = ExecOptions(tty=True, stdin=True, detach_keys="ctrl-p,ctrl-q")
            process = await engine.exec(name, "app", ["cat"], options)
            async with process, asyncio.timeout(SOON_S):
                await process.write(b"\x10\x11")
                while await process.read() is not None:
                    pass
                assert process.is_detached
                assert await process.wait() == 0

    async def test_a_detached_command_runs_unseen(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            listen = ["nc", "-ll", "-p", "7001", "-e", "cat"]
            async with await engine.exec(name, "app", listen, ExecOptions(detach=True)):
                pass
            await until(lambda: is_answered(engine, name, 7001))
            with pytest.raises(PodlabError):
                await engine.exec(name, "app", ["no-such-program"], ExecOptions(detach=True))

    async def test_megabytes_go_through_unharmed(self, engine: Engine, image: str, name: str) -> None:
        block = bytes(range(256)) * 256
        blocks = 80
        wanted, got, size = hashlib.sha256(), hashlib.sha256(), 0
        async with self.running(engine, pod_of(name, member("app", image))):
            process = await engine.exec(name, "app", ["cat"], ExecOptions(stdin=True))

            async def feed() -> None:
                for _ in range(blocks):
                    wanted.update(block)
                    await process.write(block)
                await process.write_eof()

            async with process, asyncio.timeout(2 * SOON_S), asyncio.TaskGroup() as group:
                group.create_task(feed())
                while (chunk := await process.read()) is not None:
                    got.update(chunk[1])
                    size += len(chunk[1])
                assert await process.wait() == 0
        assert (size, got.digest()) == (blocks * len(block), wanted.digest())

    async def test_output_is_poured_out_and_held(self, engine: Engine, image: str, name: str) -> None:
        """`pour` with `hold`, `resume` and `put`: nothing comes while it is held, and every byte after."""
        async with self.running(engine, pod_of(name, member("app", image))):
            process = await engine.exec(name, "app", ["cat"], ExecOptions(stdin=True))
            async with process, asyncio.timeout(SOON_S):
                taken = bytearray()
                pouring = asyncio.create_task(process.pour(taken.extend))
                assert process.put(b"one\n")
                while taken != b"one\n":
                    await asyncio.sleep(0.01)
                process.hold()
                process.hold()
                assert process.put(b"two\n")
                await process.write_eof()
                await asyncio.sleep(0.3)
                assert not pouring.done()
                process.resume()
                process.resume()
                await pouring
                assert taken == b"one\ntwo\n"
                assert await process.wait() == 0

    async def test_what_cannot_be_put_is_not_written(self, engine: Engine, image: str, name: str) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            process = await engine.exec(name, "app", ["sh", "-c", "sleep 1; cat"], ExecOptions(stdin=True))
            async with process, asyncio.timeout(SOON_S):
                taken, put = bytearray(), 0
                pouring = asyncio.create_task(process.pour(taken.extend))
                while process.put(b"x" * (1 << 15)):
                    put += 1 << 15
                    assert put < 1 << 26
                    await asyncio.sleep(0)
                await process.write(b"end")
                await process.write_eof()
                await pouring
                assert (len(taken), bytes(taken[-3:])) == (put + 3, b"end")

    async def test_a_taker_that_fails_ends_the_pouring(self, engine: Engine, image: str, name: str) -> None:
        def take(data: bytes) -> None:
            raise ValueError(data)

        async with self.running(engine, pod_of(name, member("app", image))):
            process = await engine.exec(name, "app", ["sh", "-c", "echo x; sleep 1"], ExecOptions())
            async with process, asyncio.timeout(SOON_S):
                with pytest.raises(ValueError):
                    await process.pour(take)

    async def test_a_command_goes_on_when_its_stream_is_let_go(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = pod_of(name, member("app", image))
        async with self.running(engine, pod):
            async with await engine.exec(name, "app", ["nc", "-ll", "-p", "7001", "-e", "cat"]):
                pass
            await until(lambda: is_answered(engine, name, 7001))

    async def test_a_terminal_has_a_size_and_can_be_resized(
        self, engine: Engine, image: str, name: str
    ) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            options = ExecOptions(tty=True, stdin=True, size=(100, 30))
            script = "stty size; " + "read x; stty size; " * 100
            process = await engine.exec(name, "app", ["sh", "-c", script], options)
            async with process, asyncio.timeout(SOON_S):
                seen = b""
                while b"30 100" not in seen:
                    chunk = await process.read()
                    assert chunk is not None
                    seen += chunk[1]
                for size in ((0, 30), (100, -1), (10_000, 30)):
                    with pytest.raises(Invalid):
                        await process.resize(*size)
                await process.resize(120, 40)
                while b"40 120" not in seen:  # what is written meanwhile may overtake it
                    await process.write(b"\n")
                    await asyncio.sleep(0.1)
                    chunk = await process.read()
                    assert chunk is not None, seen
                    assert chunk[0] == 1
                    seen += chunk[1]

    async def test_attach_sees_a_containers_output_from_its_start(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = pod_of(
            name,
            member("app", image, ["sh", "-c", "echo hello; read x; echo $x; exit 4"], stdin=True),
            restart_policy="Never",
        )
        try:
            await engine.apply(pod, hold=["app"])
            process = await engine.attach(name, "app", stdin=True)
            await engine.start(name, "app")
            async with process:
                await process.write(b"there\n")
                assert await output(process) == (b"hello\nthere\n", b"", 4)
        finally:
            await engine.delete(name, grace_s=0)

    async def test_logs_come_in_order_with_streams_and_times(
        self, engine: Engine, image: str, name: str
    ) -> None:
        script = "echo one; sleep 0.1; echo two >&2; sleep 0.1; echo three; sleep 0.3; echo four"
        pod = pod_of(name, member("app", image, ["sh", "-c", script]), restart_policy="Never")
        async with self.running(engine, pod):
            assert await collect(engine.logs(name, "app", follow=True)) == [b"one", b"two", b"three", b"four"]
            lines = [line async for line in engine.logs(name, "app")]
            assert [line.stream for line in lines] == [1, 2, 1, 1]
            times = [line.at for line in lines if line.at is not None]
            assert len(times) == 4
            assert times == sorted(times)
            assert await collect(engine.logs(name, "app", tail=2)) == [b"three", b"four"]
            assert await collect(engine.logs(name, "app", tail=0)) == []
            assert await collect(engine.logs(name, "app", since=times[3] + timedelta(seconds=1))) == []

    async def test_what_was_written_before_a_restart_is_told_apart(
        self, engine: Engine, image: str, name: str
    ) -> None:
        async def lines(count: int) -> bool:
            return len(await collect(engine.logs(name, "app"))) == count

        async with self.running(
            engine, pod_of(name, member("app", image, ["sh", "-c", "echo 1; sleep 1000"]))
        ):
            await until(lambda: lines(1))
            with pytest.raises(NotFound):
                await collect(engine.logs(name, "app", previous=True))
            await engine.stop(name, "app", grace_s=0)
            await asyncio.sleep(1.1)  # an engine may tell times of lines in whole seconds
            await engine.start(name, "app")
            await until(lambda: lines(2))
            assert await collect(engine.logs(name, "app", previous=True)) == [b"1"]
            assert await collect(engine.logs(name, "app", previous=True, tail=0)) == []
            with pytest.raises(NotFound):
                await collect(engine.logs(name, "other", previous=True))

    async def test_a_log_since_a_lines_own_time_begins_with_it(
        self, engine: Engine, image: str, name: str
    ) -> None:
        script = "echo one; sleep 0.003; echo two; sleep 0.003; echo three"
        pod = pod_of(name, member("app", image, ["sh", "-c", script]), restart_policy="Never")
        async with self.running(engine, pod):
            texts = await collect(engine.logs(name, "app", follow=True))
            assert texts == [b"one", b"two", b"three"]
            times = [line.at async for line in engine.logs(name, "app")]
            for number, at in enumerate(times):
                assert await collect(engine.logs(name, "app", since=at)) == texts[number:]

    async def test_a_log_may_have_long_lines_and_no_last_end(
        self, engine: Engine, image: str, name: str
    ) -> None:
        """The engine cuts lines at 16 KiB; nobody who reads a log wants to see that."""
        pod = pod_of(
            name,
            member("app", image, ["cat"], stdin=True, stdin_once=True),
            restart_policy="Never",
        )
        try:
            await engine.apply(pod, hold=["app"])
            process = await engine.attach(name, "app", stdin=True)
            await engine.start(name, "app")
            async with process:
                await process.write(b"x" * 40_000 + b"\nlast")
                await process.write_eof()
                await output(process)
            assert await collect(engine.logs(name, "app", follow=True)) == [b"x" * 40_000, b"last"]
        finally:
            await engine.delete(name, grace_s=0)

    async def test_dial_reaches_what_listens_on_loopback_only(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = pod_of(
            name,
            member("app", image),
            member("web", image, ["httpd", "-f", "-p", "127.0.0.1:7000"]),
        )
        async with self.running(engine, pod), await engine.dial(name, 7000, patience_s=SOON_S) as connection:
            await connection.write(b"GET / HTTP/1.0\r\n\r\n")
            assert (await everything(connection)).startswith(b"HTTP/1.")

    async def test_a_dialled_connection_ends_one_half_at_a_time(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = pod_of(name, member("app", image, ["nc", "-ll", "-p", "7001", "-e", "cat"]))
        async with self.running(engine, pod), await engine.dial(name, 7001, patience_s=SOON_S) as connection:
            await connection.write(b"ping")
            await connection.write_eof()
            assert await everything(connection) == b"ping"

    async def test_dialling_where_nobody_listens_is_unavailable(
        self, engine: Engine, image: str, name: str
    ) -> None:
        async with self.running(engine, pod_of(name, member("app", image))):
            with pytest.raises(Unavailable):
                async with asyncio.timeout(SOON_S):
                    await engine.dial(name, 7999)

    async def test_dialling_can_wait_for_somebody_to_listen(
        self, engine: Engine, image: str, name: str
    ) -> None:
        pod = pod_of(name, member("app", image, ["sh", "-c", "sleep 1; httpd -f -p 7002"]))
        async with self.running(engine, pod), await engine.dial(name, 7002, patience_s=SOON_S) as connection:
            await connection.write(b"GET / HTTP/1.0\r\n\r\n")
            assert (await everything(connection)).startswith(b"HTTP/1.")

    async def test_files_go_in_and_come_out(self, engine: Engine, image: str, name: str) -> None:
        content = bytes(range(256)) * 1000
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            folder = tarfile.TarInfo("box")
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(folder)
            info = tarfile.TarInfo("box/data")
            info.size, info.mode, info.mtime = len(content), 0o640, 1_700_000_000
            tar.addfile(info, io.BytesIO(content))

        async def chunks() -> AsyncIterator[bytes]:
            data = packed.getvalue()
            for begin in range(0, len(data), 10_000):
                yield data[begin : begin + 10_000]

        async with self.running(engine, pod_of(name, member("app", image))):
            await engine.write_archive(name, "app", "/etc", chunks())
            found = await engine.stat(name, "app", "/etc/box/data")
            assert (found.name, found.size_bytes, found.mode & 0o777) == ("data", len(content), 0o640)
            assert found.modified_at == datetime.fromtimestamp(1_700_000_000, UTC)
            assert not found.is_dir
            assert (await engine.stat(name, "app", "/etc/box")).is_dir
            data = b"".join([chunk async for chunk in engine.read_archive(name, "app", "/etc/box")])
            with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                member_file = tar.extractfile("box/data")
                assert member_file is not None
                assert member_file.read() == content
            with pytest.raises(NotFound):
                await engine.write_archive(name, "app", "/no/such/folder", chunks())
