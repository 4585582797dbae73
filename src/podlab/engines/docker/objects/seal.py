"""Values of Secrets that lie on an engine's disk and in its API: closed with a key that only podlab's user has.

The key is made when the first Secret is put, and lies in `${XDG_DATA_HOME:-~/.local/share}/podlab/secrets.key`, for
its owner's eyes only; PODLAB_SECRETS_KEY names another file, for those who share an engine.
https://cryptography.io/en/latest/hazmat/primitives/aead/#cryptography.hazmat.primitives.ciphers.aead.AESGCM
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from podlab.errors import Denied, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


def key_file() -> Path:
    if named := os.environ.get("PODLAB_SECRETS_KEY"):
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "podlab" / "secrets.key"


def seal(name: str, values: Mapping[str, str]) -> tuple[str, str]:
    """The closed values, and which key closed them. They open under the same name only."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key = _key(may_make=True)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    closed = AESGCM(key).encrypt(nonce, json.dumps(dict(values)).encode(), name.encode())
    return base64.b64encode(nonce + closed).decode(), _id(key)


def unseal(name: str, closed: str, key_id: str) -> dict[str, str]:
    """`Denied` where this user's key is not the one that closed them."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key = _key(may_make=False)
    data = base64.b64decode(closed)
    if key and _id(key) == key_id:
        with suppress(InvalidTag):
            plain = AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], name.encode())
            values: dict[str, str] = json.loads(plain)
            return values
    raise Denied(
        f"Secret '{name}' was sealed with another key (number {key_id}) than {key_file()}",
        subject=name,
        hint="put it again with `podlab up`, or copy that key file from the user who did",
    )


def _id(key: bytes) -> str:
    return hashlib.sha256(b"podlab key " + key).hexdigest()[:12]


def _key(*, may_make: bool) -> bytes:
    """Empty where there is none. Of two who make one at the same time, one wins."""
    path = key_file()
    try:
        if may_make and not path.exists():
            _make(path)
        return path.read_bytes() if path.exists() else b""
    except PermissionError as error:
        raise Denied(
            f"cannot read {path}, the key of Secrets: {error.strerror}", subject=str(path)
        ) from error
    except OSError as error:
        text = f"cannot keep the key of Secrets in {path}: {error.strerror}"
        hint = "PODLAB_SECRETS_KEY names another file"
        raise Unavailable(text, subject=str(path), hint=hint) from error


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
        file.write(secrets.token_bytes(_KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):
            os.link(half, path)
    finally:
        half.unlink()
