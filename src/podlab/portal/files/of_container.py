"""The files of a container: by its shell, and where it has none by the engine's archive API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from podlab.errors import NotFound, Unavailable, Unsupported
from podlab.portal.files.inside import Inside
from podlab.portal.files.outside import Outside
from podlab.portal.files.run import NoShell

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from podlab.engines.base import Engine
    from podlab.model import Container

Files = Inside | Outside
Found = TypeVar("Found")

_SHELLS: Final = ("/bin/sh", "/usr/bin/sh")


async def with_files(
    engine: Engine,
    pod: str,
    container: str,
    do: Callable[[Files], Awaitable[Found]],
    *,
    is_trusted: bool = False,
) -> Found:
    """What `do` gives. The engine acts as root, so without a shell it is `Unsupported` unless the container's user is
    root as well, or whoever asks `is_trusted` with that. It counts whether there is a shell, not whether it could be
    started: that somebody can bring about."""
    try:
        return await do(Inside(engine, pod, container))
    except NoShell as none:
        for path in _SHELLS:
            try:
                await engine.stat(pod, container, path)
            except NotFound:
                continue
            raise Unavailable(
                f"container {container!r} could not start a shell: {none.output[-200:]}", subject=container
            ) from none
    if not is_trusted and not is_root((await engine.spec(pod)).container(container)):
        raise Unsupported(
            f"container {container!r} has no shell that could look at its files as its own user",
            subject=container,
        )
    return await do(Outside(engine, pod, container))


def is_root(container: Container | None) -> bool:
    """As far as the pod says; what it leaves to the image counts as root."""
    security = container.security_context if container else None
    return security is None or not security.run_as_user
