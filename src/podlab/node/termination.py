"""The last words of a container: where it leaves them, and what is taken for them. Pure.

https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from podlab.model import Container

DEFAULT_PATH: Final = "/dev/termination-log"
FALLBACK: Final = "FallbackToLogsOnError"
MAX_BYTES: Final = 4096
LOG_LINES, LOG_BYTES = 80, 2048
"""Of the log's end, whichever is less."""


@dataclass(frozen=True, slots=True)
class Words:
    """`path` is a file in the container; `falls_back`: the log's end counts where it wrote none and failed."""

    path: str
    falls_back: bool

    @property
    def is_default(self) -> bool:
        return self == Words(DEFAULT_PATH, False)


def words(container: Container) -> Words | None:
    """None for a container that says nothing about it: it has no such file, which would cost each its start."""
    path, policy = container.termination_message_path, container.termination_message_policy
    if path is None and policy is None:
        return None
    return Words(path or DEFAULT_PATH, policy == FALLBACK)


def needs_log(words: Words, file: bytes, exit_code: int | None) -> bool:
    return words.falls_back and not file and bool(exit_code)


def message(file: bytes, log: bytes = b"") -> str:
    """What was left in the file, else the end of the log."""
    return (file[-MAX_BYTES:] or log[-LOG_BYTES:]).decode(errors="replace")
