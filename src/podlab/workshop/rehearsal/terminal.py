"""A terminal of a seat, and somebody who types into it, waits until the prompt is back, and reads the exit code there.

The shell is an interactive one on a terminal, so `cd`, variables and background jobs last from command to command.
Its prompts are made to tell the exit code. Lines are typed one by one, each when the one before has come back, so
that the exit code of each is known; the page pastes them as a whole where the shell allows, which does the same.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from podlab.engines.base import ExecOptions
from podlab.errors import PodlabError, TimedOut, Unavailable
from podlab.workshop.checking import MAX_OUTPUT_BYTES
from podlab.workshop.running import Tail

if TYPE_CHECKING:
    from podlab.engines.base import Engine, Process

SHELL: Final = ("sh", "-c", "command -v bash >/dev/null 2>&1 && exec bash; exec sh")
"""As `portal.terminals.shell`, without tmux: it would draw the prompts anew."""
_ENVIRONMENT: Final = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
_SIZE: Final = (160, 50)
OPENING_S: Final = 60.0
STAYS_S: Final = 3.0
"""How long something that keeps the terminal must have kept it."""
QUIET_S: Final = 2.0
"""After so long without output, what keeps the terminal has done what it was told, as far as anybody can see."""
_INTERRUPT_S: Final = 5.0

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()#*+][0-9A-Za-z]|[0-Z\\-~])|\r(?=\n)"
)
"""https://www.ecma-international.org/publications-and-standards/standards/ecma-48/"""


@dataclass(frozen=True, slots=True)
class Typed:
    """What came of a block. `codes` has the exit code of each line that has one; None in it is one that did not come
    back. `is_closed`: the shell itself has ended. `is_unfinished`: the shell wants more lines. `is_unknown`: something
    that keeps the terminal took the block."""

    codes: tuple[int | None, ...]
    output: str
    is_closed: bool = False
    is_unfinished: bool = False
    is_unknown: bool = False


class Terminal:
    """Made by `opened`. `holder` is what keeps the terminal, empty when the shell waits for a command."""

    def __init__(self, process: Process, group: asyncio.TaskGroup) -> None:
        self._process = process
        self._nonce = secrets.token_hex(4)
        self._prompt = re.compile(rf"%{self._nonce}:(\d+|more)%".encode())
        self._prompts: asyncio.Queue[int | None] = asyncio.Queue()
        """The exit code that each prompt told; None for one that asks for the rest of a command."""
        self._output = Tail(MAX_OUTPUT_BYTES)
        self._unseen = b""
        self._heard_at = 0.0
        self._loop = asyncio.get_running_loop()
        self._reading = group.create_task(self._read())
        self.holder = ""

    @property
    def has_ended(self) -> bool:
        return self._reading.done()

    def close(self) -> None:
        self._reading.cancel()

    async def prepare(self) -> None:
        """`TimedOut` where the shell does not answer."""
        n = self._nonce
        await self._type(  # its own echo must not look like a prompt
            f"PS1='%{n}:$?%'; PS2='%{n}'':more%'; unset PROMPT_COMMAND; "
            '[ -z "${BASH_VERSION-}" ] || { bind "set enable-bracketed-paste off"; bind "set disable-completion on"; }'
        )
        try:
            async with asyncio.timeout(OPENING_S):
                await self._next_prompt()
        except TimeoutError as error:
            raise TimedOut(f"the terminal's shell does not answer within {OPENING_S:g} s") from error
        if self.has_ended:
            raise Unavailable("the terminal's shell ended at once")

    async def run(self, block: str, *, stays: bool, timeout_s: float) -> Typed:
        """Type a block of lines. Where one does not come back in time, it is interrupted and the rest left out."""
        self._output = Tail(MAX_OUTPUT_BYTES)
        lines = block.rstrip().split("\n")
        if self.holder:
            return await self._hand(lines, timeout_s)
        codes: list[int | None] = []
        try:
            async with asyncio.timeout(timeout_s) as limit:
                for number, line in enumerate(lines, 1):
                    if stays and number == len(lines):
                        limit.reschedule(self._loop.time() + STAYS_S)
                    self._forget_prompts()
                    await self._type(line)
                    code = await self._next_prompt()
                    if self.has_ended:
                        return Typed((*codes, self._reading.result()), self._said(), is_closed=True)
                    if code is not None and line.strip() and not line.lstrip().startswith("#"):
                        codes.append(code)  # others leave the code of the command before
        except TimeoutError:
            if stays and number == len(lines):
                self.holder = lines[-1]
            said = self._said()
            if not self.holder:
                await self._interrupt()
            return Typed((*codes, None), said)
        said = self._said()
        if is_unfinished := code is None:
            await self._interrupt()
        return Typed(tuple(codes), said, is_unfinished=is_unfinished)

    async def _hand(self, lines: list[str], timeout_s: float) -> Typed:
        """Type all lines into what keeps the terminal. Whether it ends by that, the shell's prompt tells."""
        self._forget_prompts()
        for line in lines:
            await self._type(line)
        self._heard_at = began = self._loop.time()
        while (quiet_s := self._loop.time() - self._heard_at) < QUIET_S:
            if self._loop.time() - began >= timeout_s:
                return Typed((None,), self._said())
            with suppress(TimeoutError):
                async with asyncio.timeout(QUIET_S - quiet_s):
                    code = await self._next_prompt()
                    self.holder = ""
                    if self.has_ended:
                        return Typed((self._reading.result(),), self._said(), is_closed=True)
                    return Typed((code,), self._said())
        return Typed((), self._said(), is_unknown=True)

    async def _interrupt(self) -> None:
        """Ctrl-C. What does not heed it ends with the terminal."""
        self._forget_prompts()
        await self._process.write(b"\x03")
        try:
            async with asyncio.timeout(_INTERRUPT_S):
                await self._next_prompt()
        except TimeoutError:
            with suppress(PodlabError):
                await self._process.hang_up()
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def _type(self, line: str) -> None:
        await self._process.write(line.encode() + b"\r")

    async def _next_prompt(self) -> int | None:
        """What the next prompt tells; also returns when the shell has ended."""
        waiting = asyncio.ensure_future(self._prompts.get())
        try:
            await asyncio.wait([waiting, self._reading], return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        return waiting.result() if waiting.done() and not waiting.cancelled() else None

    def _forget_prompts(self) -> None:
        while not self._prompts.empty():
            self._prompts.get_nowait()

    def _said(self) -> str:
        text = _ESCAPES.sub("", self._prompt.sub(b"$ ", self._output.kept).decode(errors="replace"))
        return text.removesuffix("$ ").strip("\r\n")

    async def _read(self) -> int | None:
        """Until the shell has ended; its exit code, None where the engine has gone. Nobody leaves output unread: an
        engine cannot remove a pod while somebody does."""
        try:
            async with self._process as process:
                while (piece := await process.read()) is not None:
                    self._heard_at = self._loop.time()
                    self._output.add(piece[1])
                    self._unseen += piece[1]
                    for found in self._prompt.finditer(self._unseen):
                        self._prompts.put_nowait(None if found[1] == b"more" else int(found[1]))
                    self._unseen = self._prompt.sub(b"", self._unseen)[-64:]
                return await process.wait()
        except PodlabError:
            return None


async def opened(engine: Engine, pod: str, container: str, group: asyncio.TaskGroup) -> Terminal:
    """A terminal whose shell waits for a command. The group reads it until it or the pod ends."""
    options = ExecOptions(tty=True, stdin=True, size=_SIZE, env=_ENVIRONMENT)
    made = Terminal(await engine.exec(pod, container, SHELL, options), group)
    try:
        await made.prepare()
    except BaseException:
        made.close()
        raise
    return made
