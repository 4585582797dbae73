"""Every error that podlab raises on purpose, named by what the caller can do about it.

A message says what failed, on what, and why; `hint` says what to do. The command line prints
`error: message` and `hint: …` and leaves with `exit_code`; a traceback never reaches a user.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class PodlabError(Exception):
    """Something failed. `subject` is the thing it failed on, such as a pod's name or a file."""

    exit_code = 1

    def __init__(self, message: str, *, subject: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.subject = subject
        self.hint = hint


class Usage(PodlabError):
    """The caller asked in a way that makes no sense; the command line's exit code 2."""

    exit_code = 2


class NotFound(PodlabError):
    """The pod, container, image, file or program does not exist. Make it, or name another."""

    exit_code = 3


class AlreadyExists(PodlabError):
    """The name or port is taken by something else. Free it, or use another."""


class Invalid(PodlabError):
    """What the user wrote cannot be honoured. Change it; trying again does not help.

    `problems` has one line for each thing that is wrong, each with its place.
    """

    def __init__(
        self, message: str, *, problems: tuple[str, ...] = (), subject: str = "", hint: str = ""
    ) -> None:
        super().__init__(message, subject=subject, hint=hint)
        self.problems = problems


class Denied(PodlabError):
    """The engine or the system refused: rights are missing."""


class Unavailable(PodlabError):
    """The engine, registry or network did not answer, or broke off. Trying again later may help."""


class TimedOut(PodlabError):
    """It took longer than the caller allowed. What was started goes on."""

    exit_code = 4


class Unsupported(PodlabError):
    """This engine, machine or version cannot do it."""


class Conflict(PodlabError):
    """The thing is in a state that does not allow it, or changed meanwhile. Look again, then retry."""


class Overtaken(Conflict):
    """Somebody else changed what this change was based on. Read it again, and change that."""


@contextmanager
def ungrouped() -> Iterator[None]:
    """Tasks that fail together raise a group; out of here comes the first of its errors, if all are ours."""
    try:
        yield
    except BaseExceptionGroup as group:
        ours, others = group.split(PodlabError)
        if ours is None or others is not None:
            raise
        error: BaseException = ours
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None
