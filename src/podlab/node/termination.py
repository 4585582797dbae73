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
    """None for a container that says nothing about it, nor names the file in its command or environment: it has no such
    file, which would cost every container its start."""
    path, policy = container.termination_message_path, container.termination_message_policy
    if path is None and policy is None and not _names_default(container):
        return None
    return Words(path or DEFAULT_PATH, policy == FALLBACK)


def _names_default(container: Container) -> bool:
    texts = [*container.command, *container.args, *(e.value for e in container.env)]
    return any(DEFAULT_PATH in text for text in texts)


def needs_log(words: Words, file: bytes, exit_code: int | None) -> bool:
    return words.falls_back and not file and bool(exit_code)


def message(file: bytes, log: bytes = b"") -> str:
    """What was left in the file, else the end of the log."""
    return (file[-MAX_BYTES:] or log[-LOG_BYTES:]).decode(errors="replace")
