"""Why pods are not ready yet, shown on stderr while a command waits for them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

from podlab.cli.runner import say

if TYPE_CHECKING:
    from rich.live import Live

    from podlab.pods.ready import Progress


class Waiting:
    """On a terminal one line for each container that is not ready, redrawn; else a line for each change."""

    def __init__(self) -> None:
        self._lacking: dict[tuple[str, str], str] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, progress: Progress) -> None:
        key = (progress.pod, progress.container)
        if progress.is_ready:
            was_lacking = self._lacking.pop(key, None) is not None
            text = progress.message or "ready"
        else:
            was_lacking = True
            text = self._lacking[key] = progress.message or "not ready"
        if sys.stderr.isatty():
            self._draw()
        elif was_lacking:
            say(f"pod {progress.pod!r}: container {progress.container!r} {text}")

    def _draw(self) -> None:
        if self._live is None:
            if not self._lacking:
                return
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(stderr=True), transient=True, refresh_per_second=8)
            self._live.start()
        from rich.text import Text

        lines = (f"waiting for {pod}/{container}: {text}" for (pod, container), text in self._lacking.items())
        self._live.update(Text("\n".join(lines), style="dim", overflow="ellipsis", no_wrap=True))
