"""The event loop of a portal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where it is installed, so that a key in a terminal costs three quarters of the CPU time; None for
    asyncio's own, on which everything works, too. Only what serves for hours asks: importing it takes 7 ms.
    """
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
