"""What is read from and written to the store, each as work for `Store.call`. Nothing here commits."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from podlab.errors import Conflict
from podlab.naming import PodName
from podlab.workshop.seat import PersonId, Seat, SeatId, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """`pool` tells this workshop's pods from those of another store with a workshop of the same name."""

    name: str
    pool: str
    salt: bytes
    class_code: str | None


def identity(db: sqlite3.Connection, name: str, *, pool: str, salt: bytes, now: float) -> Identity:
    """The workshop that the store is about; a new store is about this one. `Conflict` for another's store."""
    row = db.execute("SELECT name, pool, salt, class_code FROM workshop").fetchone()
    if row is None:
        db.execute("INSERT INTO workshop VALUES (?, ?, ?, NULL, ?)", (name, pool, salt, now))
        return Identity(name=name, pool=pool, salt=salt, class_code=None)
    if row[0] != name:
        raise Conflict(f"the store is that of workshop '{row[0]}', not of '{name}'", subject=name)
    return Identity(name=row[0], pool=row[1], salt=row[2], class_code=row[3])


def set_class_code(db: sqlite3.Connection, digest: str | None) -> None:
    db.execute("UPDATE workshop SET class_code = ?", (digest,))


# --- seats and whose they are


def seats(db: sqlite3.Connection) -> list[Seat]:
    rows = db.execute(
        "SELECT s.id, s.pod, s.state, s.created_at, s.ends_at, s.problem, c.person, c.name, c.claimed_at"
        " FROM seat s LEFT JOIN claim c ON c.seat = s.id ORDER BY s.id"
    )
    return [
        Seat(id=SeatId(id), pod=PodName(pod), state=State(state), created_at=created_at, ends_at=ends_at,
             problem=problem, person=person, name=name or "", claimed_at=claimed_at)
        for id, pod, state, created_at, ends_at, problem, person, name, claimed_at in rows
    ]  # fmt: skip


def save(db: sqlite3.Connection, seat: Seat, now: float) -> None:
    """The seat as it is now, and whose it is."""
    db.execute(
        "INSERT INTO seat VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE"
        " SET state = excluded.state, ends_at = excluded.ends_at, problem = excluded.problem",
        (seat.id, seat.pod, seat.state, seat.created_at, seat.ends_at, seat.problem),
    )
    db.execute(
        "UPDATE claim SET seat = NULL, claimed_at = NULL WHERE seat = ? AND person IS NOT ?",
        (seat.id, seat.person),
    )
    if seat.person is not None:
        db.execute(
            "INSERT INTO claim VALUES (?, ?, ?, ?, ?) ON CONFLICT(person) DO UPDATE"
            " SET seat = excluded.seat, claimed_at = excluded.claimed_at, name = excluded.name",
            (seat.person, seat.name, now, seat.id, seat.claimed_at),
        )


def move_progress(db: sqlite3.Connection, source: SeatId, target: SeatId) -> None:
    for table in ("progress", "answer", "hand", "message"):
        db.execute(f"UPDATE {table} SET seat = ? WHERE seat = ?", (target, source))  # noqa: S608


# --- codes


def issue(db: sqlite3.Connection, person: PersonId, name: str, now: float) -> None:
    """A code that nobody has used yet."""
    db.execute("INSERT INTO claim VALUES (?, ?, ?, NULL, NULL)", (person, name, now))


def name_of(db: sqlite3.Connection, person: PersonId) -> str | None:
    """None for a code that was never given out."""
    row = db.execute("SELECT name FROM claim WHERE person = ?", (person,)).fetchone()
    return None if row is None else str(row[0])


def has_seat(db: sqlite3.Connection, person: PersonId) -> bool:
    return (
        db.execute("SELECT 1 FROM claim WHERE person = ? AND seat IS NOT NULL", (person,)).fetchone()
        is not None
    )


def issued(db: sqlite3.Connection) -> dict[PersonId, str]:
    """Everybody with a code → their name."""
    return dict(db.execute("SELECT person, name FROM claim ORDER BY issued_at, person"))


def drop_code(db: sqlite3.Connection, person: PersonId) -> None:
    db.execute("DELETE FROM claim WHERE person = ?", (person,))


# --- progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """How a seat stands with a step, check or quiz; `times` it was tried."""

    seat: SeatId
    item: str
    state: str
    first_at: float
    at: float
    times: int


def items(db: sqlite3.Connection, seat: SeatId | None = None) -> list[Item]:
    where, values = ("WHERE seat = ?", (seat,)) if seat is not None else ("", ())
    rows = db.execute(
        f"SELECT seat, item, state, first_at, at, times FROM progress {where} ORDER BY seat, first_at, item",  # noqa: S608
        values,
    )
    return [
        Item(seat=SeatId(seat), item=item, state=state, first_at=first_at, at=at, times=times)
        for seat, item, state, first_at, at, times in rows
    ]


def record(
    db: sqlite3.Connection, seat: SeatId, item: str, state: str, now: float, *, keep: Sequence[str]
) -> bool:
    """Note that it was tried and how it stands; a state in `keep` stays. Whether the state is another one now."""
    row = db.execute("SELECT state FROM progress WHERE seat = ? AND item = ?", (seat, item)).fetchone()
    if row is None:
        db.execute("INSERT INTO progress VALUES (?, ?, ?, ?, ?, 1)", (seat, item, state, now, now))
        return True
    stays = row[0] in keep
    db.execute(
        "UPDATE progress SET state = ?, at = ?, times = times + 1 WHERE seat = ? AND item = ?",
        (row[0] if stays else state, now, seat, item),
    )
    return not stays and row[0] != state


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`attempt` is 1, 2, …"""

    seat: SeatId
    quiz: str
    attempt: int
    choices: tuple[str, ...]
    is_right: bool
    at: float


def answer(
    db: sqlite3.Connection, seat: SeatId, quiz: str, choices: Sequence[str], is_right: bool, now: float
) -> Answer:
    (last,) = db.execute(
        "SELECT COALESCE(MAX(attempt), 0) FROM answer WHERE seat = ? AND quiz = ?", (seat, quiz)
    ).fetchone()
    made = Answer(
        seat=seat, quiz=quiz, attempt=last + 1, choices=tuple(sorted(choices)), is_right=is_right, at=now
    )
    db.execute(
        "INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?)",
        (seat, quiz, made.attempt, json.dumps(made.choices), is_right, now),
    )
    return made


def answers(db: sqlite3.Connection, seat: SeatId | None = None) -> list[Answer]:
    where, values = ("WHERE seat = ?", (seat,)) if seat is not None else ("", ())
    rows = db.execute(
        f"SELECT seat, quiz, attempt, choices, is_right, at FROM answer {where} ORDER BY seat, quiz, attempt",  # noqa: S608
        values,
    )
    return [
        Answer(seat=SeatId(seat), quiz=quiz, attempt=attempt, choices=tuple(json.loads(choices)),
               is_right=bool(is_right), at=at)
        for seat, quiz, attempt, choices, is_right, at in rows
    ]  # fmt: skip


# --- raised hands


def hands(db: sqlite3.Connection) -> dict[SeatId, float]:
    """Seats whose hand is raised → since when."""
    return {
        SeatId(seat): at for seat, at in db.execute("SELECT seat, raised_at FROM hand ORDER BY raised_at")
    }


def raise_hand(db: sqlite3.Connection, seat: SeatId, now: float) -> bool:
    """Whether it was down; one that is up stays up since then."""
    return db.execute("INSERT OR IGNORE INTO hand VALUES (?, ?)", (seat, now)).rowcount == 1


def lower_hand(db: sqlite3.Connection, seat: SeatId) -> bool:
    """Whether it was up."""
    return db.execute("DELETE FROM hand WHERE seat = ?", (seat,)).rowcount == 1


# --- what the trainer said


def keep_message(db: sqlite3.Connection, seats: Sequence[SeatId], text: str, now: float) -> None:
    rows = [(seat, text, now) for seat in seats]
    db.executemany("INSERT INTO message(seat, text, at) VALUES (?, ?, ?)", rows)


def take_messages(db: sqlite3.Connection, seat: SeatId) -> list[str]:
    found = [text for (text,) in db.execute("SELECT text FROM message WHERE seat = ? ORDER BY id", (seat,))]
    db.execute("DELETE FROM message WHERE seat = ?", (seat,))
    return found


# --- who did what


@dataclass(frozen=True, slots=True)
class Deed:
    at: float
    who: str
    what: str


def note(db: sqlite3.Connection, who: str, what: str, now: float) -> None:
    db.execute("INSERT INTO audit(at, who, what) VALUES (?, ?, ?)", (now, who, what))


def deeds(db: sqlite3.Connection, *, newest: int = 1000) -> list[Deed]:
    """The newest, oldest of them first."""
    rows = db.execute("SELECT at, who, what FROM audit ORDER BY id DESC LIMIT ?", (newest,)).fetchall()
    return [Deed(*row) for row in reversed(rows)]
