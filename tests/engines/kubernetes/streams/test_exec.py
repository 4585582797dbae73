"""Commands through the API, with v4 of its protocol and with v5."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest

from podlab.engines.base import ExecOptions
from podlab.engines.kubernetes.client import Client
from podlab.engines.kubernetes.streams import exec_process
from podlab.engines.kubernetes.streams.exec import ExecProcess
from podlab.errors import Conflict, Invalid, NotFound, PodlabError, Unsupported
from podlab.testing.contract.case import output, until
from tests.engines.kubernetes.streams.api import V4, V5, Api

pytestmark = pytest.mark.timeout(40)


@pytest.fixture(params=[(V4,), (V5, V4)], ids=["v4", "v5"])
async def api(request: pytest.FixtureRequest) -> Api:
    return Api(*request.param)


@pytest.fixture
async def client(api: Api) -> AsyncIterator[Client]:
    async with api.running() as client:
        yield client


async def _is(so: bool) -> bool:
    return so


async def start(client: Client, *command: str, **options: object) -> ExecProcess:
    return await exec_process(client, "web", "app", command, ExecOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("stdin", [False, True])
async def test_a_command_gives_its_outputs_and_its_exit_code(client: Client, stdin: bool) -> None:
    process = await start(client, "sh", "-c", "echo out; echo err >&2; exit 7", stdin=stdin)
    assert await output(process) == (b"out\n", b"err\n", 7)


@pytest.mark.parametrize("stdin", [False, True])
@pytest.mark.parametrize(("program", "code"), [("no-such-program", 127), ("/etc/passwd", 126)])
async def test_a_command_that_cannot_start_says_so(
    client: Client, program: str, code: int, stdin: bool
) -> None:
    out, err, found = await output(await start(client, program, stdin=stdin))
    assert (out, found) == (b"", code)
    assert program.encode() in err
    assert b"podlab" not in err


async def test_environment_and_folder_are_set(client: Client) -> None:
    process = await start(client, "sh", "-c", "echo $A; pwd", env={"A": "ä b", "b.c": "1"}, workdir="/etc")
    assert await output(process) == ("ä b\n/etc\n".encode(), b"", 0)
    out, _, _ = await output(
        await start(client, "env", env={"A": "ä b", "b.c": "1 2"})
    )  # no shell's variable
    assert {"A=ä b", "b.c=1 2"} <= set(out.decode().splitlines())
    assert b"podlab_" not in out
    _, err, code = await output(await start(client, "true", workdir="/no/such"))
    assert (code, b"/no/such" in err) == (126, True)


async def test_input_ends_before_output(client: Client) -> None:
    process = await start(client, "sh", "-c", "cat; echo end", stdin=True)
    await process.write(b"one\n")
    await process.write(b"two\n")
    await process.write_eof()
    assert await output(process) == (b"one\ntwo\nend\n", b"", 0)


async def test_megabytes_go_through(client: Client) -> None:
    block = bytes(range(256)) * 1024
    process = await start(client, "cat", stdin=True)
    got = hashlib.sha256()

    async def feed() -> None:
        for _ in range(20):
            await process.write(block)
        await process.write_eof()

    async with process, asyncio.TaskGroup() as group:
        group.create_task(feed())
        while piece := await process.read():
            got.update(piece[1])
        assert await process.wait() == 0
    assert got.hexdigest() == hashlib.sha256(block * 20).hexdigest()


async def test_a_command_that_reads_no_more_takes_the_rest_as_lost(client: Client) -> None:
    process = await start(client, "sh", "-c", "exec <&-; echo done; sleep 0.5", stdin=True)
    async with process, asyncio.timeout(20):
        for _ in range(40):
            await process.write(bytes(1 << 18))
        await process.write_eof()
        assert await output(process) == (b"done\n", b"", 0)


async def test_a_command_may_end_while_more_could_be_typed(client: Client) -> None:
    process = await start(client, "sh", "-c", "read line; echo $line; exit 3", stdin=True)
    await process.write(b"hello\n")
    assert await output(process) == (b"hello\n", b"", 3)


@pytest.mark.parametrize("stdin", [False, True])
async def test_a_signal_goes_to_the_command(client: Client, stdin: bool) -> None:
    process = await start(client, "sh", "-c", "echo here; exec sleep 1000", stdin=stdin)
    async with process, asyncio.timeout(20):
        assert await process.read() == (1, b"here\n")
        with pytest.raises(Invalid):
            await process.signal("; rm")
        await process.signal("INT")
        assert await process.read() is None
        assert await process.wait() == 130
        await process.signal("INT")  # it has ended: no error


async def test_a_command_with_its_children_is_hung_up(client: Client) -> None:
    process = await start(client, "sh", "-c", "trap '' HUP; sleep 1000 & echo here; wait")
    async with process, asyncio.timeout(20):
        assert await process.read() == (1, b"here\n")
        await process.hang_up()
        assert await process.read() is None
        assert await process.wait() == 137


async def test_output_is_poured_held_and_let_go_on(client: Client) -> None:
    process = await start(client, "cat", stdin=True)
    async with process, asyncio.timeout(20):
        taken = bytearray()
        pouring = asyncio.create_task(process.pour(taken.extend))
        assert process.put(b"one\n")
        await until(lambda: _is(taken == b"one\n"))
        process.hold()
        assert process.put(b"two\n")
        await process.write_eof()
        await asyncio.sleep(0.2)
        assert not pouring.done()
        assert taken == b"one\n"
        process.resume()
        await pouring
        assert taken == b"one\ntwo\n"
        assert await process.wait() == 0


async def test_a_taker_that_fails_ends_the_pouring(client: Client) -> None:
    def take(data: bytes) -> None:
        raise ValueError(data)

    process = await start(client, "sh", "-c", "echo x; sleep 1; echo y")
    async with process:
        with pytest.raises(ValueError, match="x"):
            await process.pour(take)


async def test_what_is_not_read_stays_with_the_server(api: Api, client: Client) -> None:
    """Sockets hold some of it; podlab itself keeps less than a mebibyte, and the rest is not even made."""
    process = await start(client, "yes", "0123456789" * 10)
    async with process:
        assert await process.read() is not None
        before = -1
        while before != api.sent_bytes:
            before = api.sent_bytes
            await asyncio.sleep(0.3)
        assert process._channels is not None
        assert process._channels._kept_bytes < 1 << 18
        assert api.sent_bytes < 32 << 20
        assert await process.read() is not None  # and it goes on
        await process.signal("KILL")


async def test_without_a_shell_commands_still_run(api: Api, client: Client) -> None:
    api.missing.add("sh")
    process = await start(client, "cat", "/etc/hostname")
    _, err, code = await output(process)
    assert (err, code) == (b"", 0)
    with pytest.raises(Unsupported):
        await start(client, "cat", env={"A": "1"})
    process = await start(client, "no-such-program")
    _, err, code = await output(process)
    assert code == 127
    assert b"no-such-program" in err
    process = await start(client, "cat", stdin=True)
    async with process:
        with pytest.raises(Unsupported):
            await process.signal("INT")
        await process.write(b"one\n")
        assert await process.read() == (1, b"one\n")
        if api.protocols[0] == V4:
            with pytest.raises(Unsupported):
                await process.write_eof()
        else:
            await process.write_eof()
            assert await process.read() is None


async def test_a_detached_command_is_not_waited_for(client: Client) -> None:
    process = await start(client, "sleep", "2", detach=True)
    async with process, asyncio.timeout(1.5):
        assert await process.read() is None
        assert await process.wait() == 0
    with pytest.raises(NotFound):
        await start(client, "no-such-program", detach=True)


async def test_detach_keys_let_go(client: Client) -> None:
    process = await start(client, "cat", stdin=True, tty=True, detach_keys="ctrl-p,ctrl-q")
    async with process, asyncio.timeout(5):
        await process.write(b"\x10")
        await process.write(b"\x11")
        assert await process.read() is None
        assert process.is_detached
        assert await process.wait() == 0


async def test_what_kubernetes_has_no_words_for_is_refused(client: Client) -> None:
    for options in ({"user": "1000"}, {"privileged": True}):
        with pytest.raises(Unsupported):
            await start(client, "true", **options)
    with pytest.raises(Invalid):
        await start(client, "echo", "\udcff")
    with pytest.raises(Invalid):
        await start(client, "true", tty=True, size=(0, 1))


async def test_why_there_is_no_connection_is_told(api: Api, client: Client) -> None:
    with pytest.raises(NotFound):
        await exec_process(client, "web", "nope", ["true"], ExecOptions())
    with pytest.raises(PodlabError):
        await exec_process(client, "none", "app", ["true"], ExecOptions())
    api.pod["status"]["containerStatuses"][0]["state"] = {"terminated": {"reason": "Completed"}}
    with pytest.raises(Conflict, match="Completed"):
        await start(client, "true")
