"""The folder where a workshop keeps what outlives its portal."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from podlab.errors import Unavailable

SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Place:
    """Readable for its owner only."""

    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / "seats.sqlite"

    @property
    def password(self) -> Path:
        """The hash of the trainer's password."""
        return self.folder / "trainer-password"

    @property
    def serving(self) -> Path:
        """How to reach the portal that is running now: JSON with `url`, `token`, `fingerprint`, `workshop`."""
        return self.folder / "serve.json"

    @property
    def certificate(self) -> Path:
        """A self-signed one, with its key."""
        return self.folder / "certificate.pem"

    @property
    def taken_home(self) -> Path:
        """What was in seats that have ended."""
        return self.folder / "take-home"

    def secret(self) -> bytes:
        """What cookies are signed with: the same at every start, so that nobody has to sign in again."""
        file = self.folder / "secret"
        try:
            return file.read_bytes()
        except FileNotFoundError:
            write_private(file, secrets.token_bytes(SECRET_BYTES))
            return file.read_bytes()


def place(workshop: str, folder: str | Path | None = None) -> Place:
    """Of this workshop: `folder`, else `workshops/NAME` under `$PODLAB_STATE`, else under `podlab` in the
    user's state folder. It is made where there is none.
    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    made = Path(folder) if folder else home() / workshop
    try:
        made.mkdir(parents=True, exist_ok=True)
        made.chmod(0o700)
    except OSError as error:
        raise Unavailable(
            f"cannot use the folder {made}: {error.strerror}", subject=str(made),
            hint="name another with --state, or set PODLAB_STATE",
        ) from error  # fmt: skip
    return Place(made)


def home() -> Path:
    """Where the folders of all workshops are."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(os.environ.get("PODLAB_STATE") or Path(state) / "podlab") / "workshops"


def write_private(file: Path, data: bytes) -> None:
    """All of it or nothing, readable for its owner only."""
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
