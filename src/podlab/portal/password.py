"""The trainer's password, of which only a hash is kept."""

from __future__ import annotations

import secrets
from typing import Final

WORDS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, LETTERS = 4, 4
"""79 bits, and easily read aloud."""


def make() -> str:
    return "-".join("".join(secrets.choice(WORDS) for _ in range(LETTERS)) for _ in range(GROUPS))


def hashed(password: str) -> str:
    """By argon2id with the parameters of RFC 9106's second recommendation: 64 MiB, 3 passes."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)


def is_right(password: str, hashed: str) -> bool:
    """Takes some 50 ms of a processor: call it in a thread."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
