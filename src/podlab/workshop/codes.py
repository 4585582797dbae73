"""Codes that people type: made, read with all that eyes confuse, and kept as hashes only."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final, NewType

from podlab.errors import Invalid

Code = NewType("Code", str)
"""As it is shown: `K7QM-2XRT`."""

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: without I, L, O, and without U. https://www.crockford.com/base32.html"""
LENGTH: Final = 8
"""5 bits each: 40, against which stands the rate limit."""
GROUP: Final = 4
LONGEST: Final = 64
"""Of what is taken as a code: a trainer's own class code may be any words."""
_CONFUSED = str.maketrans("ILO", "110")
_SCRYPT_N, _SCRYPT_R = 1 << 8, 8
"""256 KiB and a millisecond of a processor for each code: thirty people who come at once wait for each other's, and
trying all codes on a stolen store still takes a processor some decades.
https://www.rfc-editor.org/rfc/rfc7914#section-2"""


def make() -> Code:
    """A new code that nobody can guess."""
    text = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return Code("-".join(text[i : i + GROUP] for i in range(0, LENGTH, GROUP)))


def read(typed: str) -> str:
    """What was meant: without case, spaces and hyphens, O as 0, I and L as 1. `Invalid` if it can be no code."""
    text = "".join(c for c in typed.upper() if c.isalnum()).translate(_CONFUSED)
    if not text or len(typed) > LONGEST:
        raise Invalid("that is no code", hint=f"a code looks like {Code('K7QM-2XRT')}")
    return text


def digest(typed: str, salt: bytes) -> str:
    """What is stored of a code, the same for all ways to type it. Takes a millisecond of a processor and frees
    the interpreter meanwhile: call it in a thread."""
    return hashlib.scrypt(read(typed).encode(), salt=salt, n=_SCRYPT_N, r=_SCRYPT_R, p=1, dklen=32).hex()


def are_equal(digest: str, other: str) -> bool:
    """In a time that tells nothing."""
    return hmac.compare_digest(digest, other)


def new_salt() -> bytes:
    return secrets.token_bytes(32)
