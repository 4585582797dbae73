"""How the getting of images is shown, on stderr: bars where somebody watches, else a line for each change."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final, Protocol, Self

from podlab.cli.output import size
from podlab.cli.runner import say

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rich.progress import TaskID

    from podlab.images.prepare import Prepared, Progress


PAUSE_S: Final = 10.0
"""Between two lines in a log on how far something is."""


class Lines(Protocol):
    """A line for each image, or for a file."""

    def show(self, progress: Progress) -> None: ...

    def finish(self, prepared: Prepared) -> None: ...

    def bytes(self, what: str, done: int, total: int = 0) -> None: ...


class Plain:
    """For logs: what begins and what has ended, no bytes in between but a line now and then for what takes long."""

    def __init__(self) -> None:
        self._said: dict[str, str] = {}
        self._told: dict[str, float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None: ...

    def show(self, progress: Progress) -> None:
        if self._said.get(progress.reference) != progress.status:
            self._said[progress.reference] = progress.status
            say(f"image {progress.reference}: {progress.status}")

    def finish(self, prepared: Prepared) -> None:
        if prepared.how != "present":
            say(_result(prepared))

    def bytes(self, what: str, done: int, total: int = 0) -> None:
        now = time.monotonic()
        if now - self._told.setdefault(what, now) >= PAUSE_S:
            self._told[what] = now
            say(f"{what}: {size(done)}" + (f" of {size(total)}" if total else ""))


class Bars:
    """For terminals: a bar, the size and the speed of each."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
            TransferSpeedColumn,
        )  # fmt: skip
        from rich.progress import Progress as Drawing

        self._drawing = Drawing(
            SpinnerColumn(), TextColumn("{task.description}", markup=False),
            TextColumn("{task.fields[status]}", style="dim", markup=False),
            BarColumn(20), DownloadColumn(), TransferSpeedColumn(), TimeElapsedColumn(),
            console=Console(stderr=True), transient=True,
        )  # fmt: skip
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._drawing.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._drawing.stop()

    def show(self, progress: Progress) -> None:
        self._draw(progress.reference, progress.status, progress.done_bytes, progress.total_bytes)

    def finish(self, prepared: Prepared) -> None:
        if (task := self._tasks.pop(prepared.reference, None)) is not None:
            self._drawing.remove_task(task)
            say(_result(prepared))

    def bytes(self, what: str, done: int, total: int = 0) -> None:
        self._draw(what, "", done, total)

    def _draw(self, what: str, status: str, done: int, total: int) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._drawing.add_task(what, total=None, status=status)
        self._drawing.update(self._tasks[what], completed=done, total=total or None, status=status[:40])


def _result(prepared: Prepared) -> str:
    how = f"built from {prepared.built_from}" if prepared.how == "built" else prepared.how
    took = f"{size(prepared.size_bytes)} in {prepared.seconds:.1f} s"
    return f"image {prepared.reference}: {how}, {took}"


def lines() -> AbstractContextManager[Lines]:
    """What fits where stderr goes."""
    return Bars() if sys.stderr.isatty() else Plain()
