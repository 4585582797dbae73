"""The store's tables, version by version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from podlab.errors import Unsupported

if TYPE_CHECKING:
    import sqlite3

MIGRATIONS: Final = (
    """
    CREATE TABLE workshop(
        name TEXT PRIMARY KEY, pool TEXT NOT NULL, salt BLOB NOT NULL, class_code TEXT, created_at REAL NOT NULL
    ) STRICT;
    CREATE TABLE seat(
        id INTEGER PRIMARY KEY, pod TEXT NOT NULL UNIQUE, state TEXT NOT NULL, created_at REAL NOT NULL,
        ends_at REAL, problem TEXT NOT NULL
    ) STRICT;
    CREATE TABLE claim(
        person TEXT PRIMARY KEY, name TEXT NOT NULL, issued_at REAL NOT NULL,
        seat INTEGER UNIQUE REFERENCES seat(id), claimed_at REAL
    ) STRICT;
    CREATE TABLE progress(
        seat INTEGER NOT NULL REFERENCES seat(id), item TEXT NOT NULL, state TEXT NOT NULL,
        first_at REAL NOT NULL, at REAL NOT NULL, times INTEGER NOT NULL, PRIMARY KEY(seat, item)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE answer(
        seat INTEGER NOT NULL REFERENCES seat(id), quiz TEXT NOT NULL, attempt INTEGER NOT NULL,
        choices TEXT NOT NULL, is_right INTEGER NOT NULL, at REAL NOT NULL, PRIMARY KEY(seat, quiz, attempt)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE audit(id INTEGER PRIMARY KEY, at REAL NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL) STRICT;
    """,
    """
    CREATE TABLE hand(seat INTEGER PRIMARY KEY REFERENCES seat(id), raised_at REAL NOT NULL) STRICT;
    """,
    """
    CREATE TABLE message(
        id INTEGER PRIMARY KEY, seat INTEGER NOT NULL REFERENCES seat(id), text TEXT NOT NULL, at REAL NOT NULL
    ) STRICT;
    """,
)
"""Each brings a file from the version before it to its own; what has been released is never changed."""


def migrate(db: sqlite3.Connection) -> None:
    """Bring the file to the newest version; killed in between, it is at one version or the next.

    `Unsupported` for a file that a newer podlab has written.
    """
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise Unsupported(
            f"the store has version {version}, and this podlab knows those up to {len(MIGRATIONS)}",
            hint="use the podlab that wrote it, or a newer one",
        )
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        db.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")
