"""A bound on how many frames a browser sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podlab.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable


class Rate:
    """A bucket of `burst` tokens that fills by `per_s`; each frame takes one. It is filled up when it is empty, by what
    has come in since, so after a pause there may be two bursts at once."""

    def __init__(self, per_s: float, burst: int, now: Callable[[], float]) -> None:
        self._per_s = per_s
        self._burst = burst
        self._now = now
        self._tokens = float(burst)
        self._at = now()

    def count(self) -> None:
        """`Invalid` where the bucket is empty."""
        if self._tokens < 1:
            now = self._now()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_s)
            self._at = now
            if self._tokens < 1:
                raise Invalid("too many frames")
        self._tokens -= 1
