"""One way to run every command: signals undo, errors become one message and an exit code.

0 done · 1 failed · 2 usage · 3 not found · 4 timed out · 128+n ended by signal n. `exec` and `run` return
their command's code. `PODLAB_DEBUG=1` adds the traceback.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from podlab.cli.style import paint
from podlab.cli.table import Podlab
from podlab.errors import Invalid, PodlabError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator


_takers: list[Callable[[int], None]] = []


@contextmanager
def signals_to(taker: Callable[[int], None]) -> Iterator[None]:
    """Inside, SIGINT, SIGTERM and SIGHUP are given to `taker` and cancel nothing."""
    _takers.append(taker)
    try:
        yield
    finally:
        _takers.remove(taker)


class Interrupted(BaseException):
    """A signal ended the command, and it has undone what it does on cancellation."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.exit_code = 128 + signum


def run(words: list[str]) -> int:
    """Run a command line and return its exit code; nothing is raised."""
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    code = _run(words)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = _broken_pipe()
    return code


def _run(words: list[str]) -> int:
    try:
        result = _invoke(words)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        return _usage(error)
    except Interrupted as interruption:
        return interruption.exit_code
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        return _broken_pipe()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except Exception as error:
        return report(error)
    return result if isinstance(result, int) else 0


def _invoke(words: list[str]) -> Any:
    podlab = Podlab()
    if "_PODLAB_COMPLETE" in os.environ:
        podlab.main(words, prog_name="podlab")
    # Not click's `main`: it turns a broken pipe into exit code 1.
    with podlab.make_context("podlab", words) as context:
        return podlab.invoke(context)


def run_async(command: Coroutine[Any, Any, Any], *, is_server: bool = False) -> Any:
    """Run a command's coroutine. The first SIGINT, SIGTERM or SIGHUP cancels it, and it may undo; the second
    one says that the undo is still going on; the third one leaves at once."""
    factory = None
    if is_server:
        from podlab.portal.loop import loop_factory

        factory = loop_factory()
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(_cancelled_by_signals(command))


async def _cancelled_by_signals(command: Coroutine[Any, Any, Any]) -> Any:
    task = asyncio.ensure_future(command)
    received: list[int] = []

    def on_signal(signum: int) -> None:
        if _takers:
            _takers[-1](signum)
            return
        received.append(signum)
        if len(received) == 1:
            task.cancel()
        elif len(received) == 2:
            say("still undoing what was begun; once more leaves it half done")
        else:
            say("left half done: `podlab down` removes what is there")
            # Nothing must run any more, not even a `finally` that waits for the engine.
            os._exit(128 + signum)

    loop = asyncio.get_running_loop()
    handled = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        handled.append(signal.SIGHUP)
    with suppress(RuntimeError, ValueError):  # only the main thread may
        for signum in handled:
            loop.add_signal_handler(signum, on_signal, signum)
    try:
        return await task
    except asyncio.CancelledError:
        if received:
            raise Interrupted(received[0]) from None
        raise
    finally:
        with suppress(RuntimeError, ValueError):
            for signum in handled:
                loop.remove_signal_handler(signum)


def _tell(text: str) -> None:
    click.echo(text, err=True, color=True)  # `paint` has decided about colours


def say(message: str) -> None:
    """A line on stderr that is no error and no result."""
    _tell(f"podlab: {message}")


def warn(message: str) -> None:
    _tell(f"{paint('warning:', 'yellow', sys.stderr)} {message}")


def report(error: BaseException) -> int:
    """Print an error for people and return its exit code."""
    if os.environ.get("PODLAB_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    if isinstance(error, BaseExceptionGroup):  # of tasks that failed together
        codes = [report(each) for each in _leaves(error)]
        return codes[0]
    if isinstance(error, BrokenPipeError):
        return _broken_pipe()
    if not isinstance(error, PodlabError):
        say(
            f"internal error: {type(error).__name__}: {error}; please report it with the output of the same "
            "command under PODLAB_DEBUG=1"
        )
        return 1
    lines = [f"{paint('error:', 'red', sys.stderr)} {error.message}"]
    if isinstance(error, Invalid):
        lines.extend(error.problems)
    if error.hint:
        lines.append(f"{paint('hint:', 'cyan', sys.stderr)} {error.hint}")
    _tell("\n".join(lines))
    return error.exit_code


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """What really failed, each message once."""
    found: dict[str, BaseException] = {}
    for error in group.exceptions:
        for leaf in _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]:
            found.setdefault(f"{type(leaf)} {leaf}", leaf)
    return list(found.values())


def _usage(error: click.ClickException) -> int:
    _tell(f"{paint('error:', 'red', sys.stderr)} {error.format_message()}")
    if isinstance(error, click.UsageError) and error.ctx is not None:
        _tell(error.ctx.get_usage())
        _tell(f"{paint('hint:', 'cyan', sys.stderr)} {error.ctx.command_path} --help")
    return error.exit_code


def _broken_pipe() -> int:
    """Whoever read our output has gone, as in `podlab logs web | head`: say nothing, as others do."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 141
