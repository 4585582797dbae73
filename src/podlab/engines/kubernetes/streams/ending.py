"""How a command ended, as the last message of its streams tells. Pure.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_ABSENT = re.compile(r"executable file .*not found|no such file or directory", re.IGNORECASE)
_REFUSED = re.compile(r"permission denied|exec format error|is a directory|not a directory", re.IGNORECASE)
_NOT_STARTED = re.compile(
    r"failed to (?:start exec|exec in container)|unable to start container process|exec failed"
)
_CODE = re.compile(r"exit(?:ed with)?(?: code| status)? (\d+)")


@dataclass(frozen=True, slots=True)
class Ending:
    """`code` is the command's exit code, or 126 or 127 where it was not started; None where something else failed.
    `text` says what, and is empty for a command that ran."""

    code: int | None
    text: str = ""

    @property
    def was_absent(self) -> bool:
        """There is no such program in the container."""
        return self.code == 127 and bool(self.text)


def ending(status: bytes) -> Ending:
    """Of the API's `Status`. What cannot be read is an ending without a code."""
    try:
        found = json.loads(status)
        if found.get("status") == "Success":
            return Ending(0)
        message = str(found.get("message") or "")
        if found.get("reason") == "NonZeroExitCode":
            causes = (found.get("details") or {}).get("causes") or ()
            codes = [each.get("message", "") for each in causes if each.get("reason") == "ExitCode"]
            return Ending(int(codes[0]) if codes else _code_in(message))
    except (ValueError, AttributeError, TypeError):
        return Ending(None, status.decode(errors="replace"))
    if _ABSENT.search(message):
        return Ending(127, message)
    if _REFUSED.search(message) or _NOT_STARTED.search(message):
        return Ending(126, message)
    return Ending(None, message)


def _code_in(message: str) -> int | None:
    found = _CODE.search(message)
    return int(found[1]) if found else None
