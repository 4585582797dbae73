"""Keys that let go of a command and leave it running, as Ctrl-P Ctrl-Q does for docker's users."""

from __future__ import annotations

from podlab.errors import Invalid

_CONTROL = {f"ctrl-{key}": bytes([code]) for code, key in enumerate("@abcdefghijklmnopqrstuvwxyz[\\]^_")}


class DetachKeys:
    """Finds the keys in what is typed. Keys that may begin them are held back until the next key tells.

    The spelling is docker's: single characters and `ctrl-a`, joined by commas; empty: no keys at all.
    https://docs.docker.com/reference/cli/docker/container/attach/#detach-keys
    """

    def __init__(self, keys: str) -> None:
        """`Invalid` for keys that docker would not take either."""
        self._sequence = b"".join(map(_byte, keys.split(","))) if keys else b""
        self._held = b""
        self.were_pressed = False

    def feed(self, typed: bytes) -> bytes:
        """What goes on to the command; after the keys were pressed, nothing does."""
        if not self._sequence:
            return typed
        typed, self._held = self._held + typed, b""
        if self.were_pressed:
            return b""
        if (at := typed.find(self._sequence)) >= 0:
            self.were_pressed = True
            return typed[:at]
        for length in range(min(len(self._sequence) - 1, len(typed)), 0, -1):
            if typed.endswith(self._sequence[:length]):
                typed, self._held = typed[:-length], typed[-length:]
                break
        return typed


def _byte(key: str) -> bytes:
    if len(key) == 1 and key.isascii():
        return key.encode()
    if key in _CONTROL:
        return _CONTROL[key]
    raise Invalid(
        f"{key!r} is not a key to detach with",
        subject=key,
        hint="keys are a single character, or ctrl- and one of a-z @ [ \\ ] ^ _; as in ctrl-p,ctrl-q",
    )
