"""The file of a workshop: SQLite with a write-ahead log, and one thread that has it.

What has been answered is on the disk: it outlives SIGKILL and, with synchronous=FULL, a power cut.
https://www.sqlite.org/pragma.html#pragma_synchronous
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from podlab.errors import Conflict, PodlabError, Unavailable
from podlab.workshop.schema import migrate

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

MOST_AT_ONCE = 256
"""Calls in one transaction: those that came while the one before was written share a disk flush."""


class Store:
    """Made by `opened`. Calls are carried out in the order in which they were made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._queue: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name="podlab-store", daemon=True)

    async def call(self, work: Work[T]) -> T:
        """What `work` returns, when all that it wrote is on the disk. Where it raises, it has written nothing.

        A caller that is cancelled does not know whether it has.
        """
        return await self.begin(work)

    def begin(self, work: Work[T]) -> asyncio.Future[T]:
        """Like `call`, and its place in the order is taken when this returns."""
        if not self._thread.is_alive():
            raise Unavailable(f"the store {self._path} is closed", subject=str(self._path))
        call = _Call(work, self._loop.create_future())
        self._queue.put(call)
        return call.answer

    # --- in the thread

    def _run(self) -> None:
        try:
            db = _connect(self._path)
        except BaseException as error:
            self._tell([(self._opened, None, _named(error, self._path))])
            return
        self._tell([(self._opened, None, None)])
        try:
            while calls := self._next():
                self._tell(self._carry_out(db, calls))
        finally:
            db.close()

    def _next(self) -> list[_Call]:
        """All that waits; nothing when it is time to go."""
        calls = []
        call = self._queue.get()
        while call is not None:
            calls.append(call)
            if len(calls) == MOST_AT_ONCE or self._queue.empty():
                return calls
            call = self._queue.get()
        if calls:
            self._queue.put(None)
        return calls

    def _carry_out(self, db: sqlite3.Connection, calls: list[_Call]) -> list[_Outcome]:
        outcomes: list[_Outcome] = []
        try:
            db.execute("BEGIN IMMEDIATE")
            for call in calls:
                db.execute("SAVEPOINT one")
                try:
                    outcomes.append((call.answer, call.work(db), None))
                except Exception as error:
                    db.execute("ROLLBACK TO one")
                    outcomes.append((call.answer, None, _named(error, self._path)))
                db.execute("RELEASE one")
            db.execute("COMMIT")
        except sqlite3.Error as error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            return [(call.answer, None, _named(error, self._path)) for call in calls]
        return outcomes

    def _tell(self, outcomes: list[_Outcome]) -> None:
        def deliver() -> None:
            for answer, result, error in outcomes:
                if answer.done():  # who asked has been cancelled
                    continue
                if error is not None:
                    answer.set_exception(error)
                else:
                    answer.set_result(result)

        try:
            self._loop.call_soon_threadsafe(deliver)
        except RuntimeError:  # the loop has ended, and nobody waits
            return


class _Call:
    __slots__ = ("answer", "work")

    def __init__(self, work: Work[Any], answer: asyncio.Future[Any]) -> None:
        self.work, self.answer = work, answer


_Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]


@asynccontextmanager
async def opened(path: str | Path) -> AsyncIterator[Store]:
    """The store in this file, which is made where there is none, readable for its owner only.

    `Conflict` while another process has it open, `Unsupported` when a newer podlab wrote it.
    """
    path = Path(path)
    lock = _lock(path)
    try:
        store = Store(path)
        store._thread.start()
        await store._opened
        try:
            yield store
        finally:
            store._queue.put(None)
            await asyncio.to_thread(store._thread.join)
    finally:
        os.close(lock)


def _lock(path: Path) -> int:
    """A file of its own: whoever opens and closes SQLite's loses SQLite's locks.
    https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_"""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _named(error, path) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise Conflict(
            f"the store {path} is in use by another podlab",
            subject=str(path),
            hint="one process serves a workshop; stop that one, or name another store",
        ) from error
    return lock


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        migrate(db)
    except BaseException:
        db.close()
        raise
    return db


def _named(error: BaseException, path: Path) -> BaseException:
    """What went wrong with the file, in our words; a fault of `work` stays what it is."""
    if isinstance(error, PodlabError) or not isinstance(error, sqlite3.Error | OSError):
        return error
    named = Unavailable(f"cannot use the store {path}: {error}", subject=str(path), hint=_HINT)
    named.__cause__ = error
    return named


_HINT = "is the disk full, or the folder not writable? a file that is no store is not overwritten"
