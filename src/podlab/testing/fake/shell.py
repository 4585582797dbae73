"""The programs of the fake engine: a tiny shell and the few commands that tests type.

`sh -c` takes commands between `;` or line ends, `'…'` and `"…"`, `NAME=value`, `$NAME`, `>&2`, `>/PATH`, `exit N`,
`read`, `cd`, `trap '' TERM`, and the programs below; no pipes, loops or conditions. A shell that reads its input prints
its prompt `PS1`, with `$?` in it, once that is set. A real engine runs the same scripts.
"""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Serve = Callable[[Callable[[], Awaitable[bytes]], Callable[[bytes], Awaitable[None]]], Awaitable[None]]
"""Talks on one accepted connection, given how to read and how to write."""


@dataclass(slots=True)
class Standard:
    """What a program sees of its world. `write` takes the stream, 1 or 2, and the bytes."""

    read: Callable[[], Awaitable[bytes]]
    write: Callable[[Literal[1, 2], bytes], Awaitable[None]]
    listen: Callable[[int, Serve | None], None]
    exists: Callable[[str], bool]
    contents: Callable[[str], bytes | None]
    put: Callable[[str, bytes], None]
    programs: Mapping[str, Program]
    env: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = "0"
    size: tuple[int, int] = (80, 24)
    ignores_term: bool = False
    unread: bytes = b""

    async def line(self) -> bytes | None:
        """The next line of the input without its end; None at the end of the input."""
        while b"\n" not in self.unread:
            more = await self.read()
            if not more:
                rest, self.unread = self.unread, b""
                return rest or None
            self.unread += more.replace(b"\r", b"\n")
        line, _, self.unread = self.unread.partition(b"\n")
        return line


Program = Callable[[Standard, Sequence[str]], Awaitable[int]]


class _Exited(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


async def execute(std: Standard, argv: Sequence[str]) -> int:
    """Run a command to its end; its exit code. 126 and 127 say why on the output, as a shell does."""
    program = std.programs.get(argv[0].removeprefix("/bin/"))
    if program is not None:
        return await program(std, argv[1:])
    found = std.exists(argv[0])
    why = "permission denied" if found else "not found"
    await std.write(2, f"{argv[0]}: {why}\n".encode())
    return 126 if found else 127


def can_start(programs: Mapping[str, Program], argv: Sequence[str]) -> bool:
    return argv[0].removeprefix("/bin/") in programs


async def _sh(std: Standard, args: Sequence[str]) -> int:
    code = 0
    try:
        if args and args[0] == "-c":
            return await _script(std, args[1])
        while (line := await std.line()) is not None:
            code = await _script(std, line.decode())
            if prompt := std.env.get("PS1"):
                await std.write(1, prompt.replace("$?", str(code)).encode())
    except _Exited as leaving:
        return leaving.code
    except ValueError as error:
        await std.write(2, f"sh: syntax error: {error}\n".encode())
        return 2
    return code


async def _script(std: Standard, text: str) -> int:
    code = 0
    words: list[str] = []
    for word in [*_words(text), ";"]:
        if word != ";":
            words.append(word)
        elif words:
            code = await _simple(std, words)
            words = []
    return code


def _words(text: str) -> list[str]:
    lexer = shlex.shlex(text.replace("\n", ";"), posix=True, punctuation_chars=";")
    lexer.whitespace_split = True
    lexer.commenters = ""
    return list(lexer)


async def _simple(std: Standard, words: list[str]) -> int:
    words = [re.sub(r"\$(\w+)", lambda name: std.env.get(name[1], ""), word) for word in words]
    write = std.write
    if words[-1] == ">&2":
        words.pop()

        async def to_err(_: Literal[1, 2], data: bytes) -> None:
            await write(2, data)

        std.write = to_err
    elif words[-1].startswith(">/"):
        path = words.pop()[1:]
        std.put(path, b"")

        async def to_file(_: Literal[1, 2], data: bytes) -> None:
            std.put(path, (std.contents(path) or b"") + data)

        std.write = to_file
    try:
        return await _builtin(std, words)
    finally:
        std.write = write


async def _builtin(std: Standard, words: list[str]) -> int:
    match words:
        case ["exit", *rest]:
            raise _Exited(int(rest[0]) if rest else 0)
        case ["exec", *command]:
            raise _Exited(await execute(std, command))
        case ["cd", path]:
            std.workdir = path
        case [setting] if found := re.fullmatch(r"(\w+)=(.*)", setting):
            std.env[found[1]] = found[2]
        case ["trap", "", "TERM"]:
            std.ignores_term = True
        case ["read", name]:
            line = await std.line()
            std.env[name] = (line or b"").decode()
            return int(line is None)
        case _:
            return await execute(std, words)
    return 0


async def _echo(std: Standard, args: Sequence[str]) -> int:
    await std.write(1, " ".join(args).encode() + b"\n")
    return 0


async def _cat(std: Standard, args: Sequence[str]) -> int:
    for path in args:
        content = std.contents(path)
        if content is None:
            await std.write(2, f"cat: can't open '{path}': No such file or directory\n".encode())
            return 1
        await std.write(1, content)
    if args:
        return 0
    if std.unread:
        await std.write(1, std.unread)
        std.unread = b""
    while data := await std.read():
        await std.write(1, data)
    return 0


async def _sleep(std: Standard, args: Sequence[str]) -> int:
    await asyncio.sleep(float(args[0]))
    return 0


async def _true(std: Standard, args: Sequence[str]) -> int:
    return 0


async def _false(std: Standard, args: Sequence[str]) -> int:
    return 1


async def _test(std: Standard, args: Sequence[str]) -> int:
    """`test -e PATH`."""
    return 0 if std.exists(args[-1]) else 1


async def _seq(std: Standard, args: Sequence[str]) -> int:
    await std.write(1, b"".join(b"%d\n" % n for n in range(1, int(args[0]) + 1)))
    return 0


async def _env(std: Standard, args: Sequence[str]) -> int:
    await std.write(1, "".join(f"{key}={value}\n" for key, value in std.env.items()).encode())
    return 0


async def _pwd(std: Standard, args: Sequence[str]) -> int:
    await std.write(1, f"{std.workdir}\n".encode())
    return 0


async def _id(std: Standard, args: Sequence[str]) -> int:
    await std.write(1, f"{std.user}\n".encode())
    return 0


async def _stty(std: Standard, args: Sequence[str]) -> int:
    await std.write(1, f"{std.size[1]} {std.size[0]}\r\n".encode())
    return 0


async def _nc(std: Standard, args: Sequence[str]) -> int:
    """`nc -ll -p PORT -e cat`: an echo server."""

    async def serve(read: Callable[[], Awaitable[bytes]], write: Callable[[bytes], Awaitable[None]]) -> None:
        while data := await read():
            await write(data)

    return await _listen(std, int(args[args.index("-p") + 1]), serve)


async def _httpd(std: Standard, args: Sequence[str]) -> int:
    """`httpd -f -p [ADDRESS:]PORT`: a web server that has nothing."""

    async def serve(read: Callable[[], Awaitable[bytes]], write: Callable[[bytes], Awaitable[None]]) -> None:
        await read()
        await write(b"HTTP/1.1 404 Not Found\r\n\r\n")

    return await _listen(std, int(args[args.index("-p") + 1].rpartition(":")[2]), serve)


async def _listen(std: Standard, port: int, serve: Serve) -> int:
    std.listen(port, serve)
    try:
        await asyncio.Event().wait()
    finally:
        std.listen(port, None)
    return 0


PROGRAMS: Mapping[str, Program] = {
    "sh": _sh, "echo": _echo, "cat": _cat, "sleep": _sleep, "true": _true, "false": _false, "seq": _seq,
    "env": _env, "pwd": _pwd, "id": _id, "stty": _stty, "nc": _nc,
    "httpd": _httpd, "test": _test,
}  # fmt: skip
