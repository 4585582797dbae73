"""What changes in a list of objects, without a gap: a watch that begins again where it was cut off.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final, NamedTuple

from podlab.engines.kubernetes import find
from podlab.engines.kubernetes.find import Found
from podlab.engines.kubernetes.refusals import Expired, refusal
from podlab.errors import Unavailable

if TYPE_CHECKING:
    from podlab.engines.kubernetes.client import Client

ROUND_S: Final = 290
"""After so long the server ends a watch, and it is begun again: less than what proxies on the way cut off."""
QUIET_S: Final = 330
"""A watch that has not ended by then has lost its server without a word."""
FIRST_PAUSE_S: Final = 0.2
LAST_PAUSE_S: Final = 5.0


class Seen(NamedTuple):
    """`before` is the object as it was last seen, `after` as it is; one of them is None where it has come or gone."""

    before: Found | None
    after: Found | None


class Watch:
    """Of the objects at `path`. `patience_s` is for how long an API server that does not answer is waited for; after
    that `Unavailable`. What happened meanwhile is found by listing again, so that each change is seen, or the sum of
    several."""

    def __init__(
        self, client: Client, path: str, *, selector: str = "", fields: str = "", patience_s: float = 30
    ) -> None:
        self._client, self._path = client, path
        self._selector, self._fields = selector, fields
        self._patience_s = patience_s
        self._known: dict[str, Found] = {}
        self._version = ""

    async def begin(self) -> list[Found]:
        """What there is now. `changes` tells of all that comes after."""
        found, self._version = await find.everything(
            self._client, self._path, selector=self._selector, fields=self._fields
        )
        self._known = {find.uid(each): each for each in found}
        return found

    def begin_with(self, found: Found | None, version: str = "") -> None:
        """The same, where it is known from an answer."""
        self._known = {find.uid(found): found} if found else {}
        self._version = version or (find.version(found) if found else "")

    async def changes(self) -> AsyncIterator[Seen]:
        """For ever."""
        loop = asyncio.get_running_loop()
        pause_s, lost_at = FIRST_PAUSE_S, 0.0
        while True:
            try:
                if not self._version:
                    for seen in await self._again():
                        yield seen
                async for told in self._round():
                    pause_s, lost_at = FIRST_PAUSE_S, 0.0
                    if told is not None:
                        yield told
                lost_at = 0.0
                continue
            except Expired:
                self._version = ""
                continue
            except Unavailable:
                lost_at = lost_at or loop.time()
                if loop.time() - lost_at >= self._patience_s:
                    raise
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LAST_PAUSE_S)

    async def _again(self) -> list[Seen]:
        before = self._known
        after = {find.uid(each): each for each in await self.begin()}
        gone = [Seen(old, None) for key, old in before.items() if key not in after]
        there = [
            Seen(before.get(key), new)
            for key, new in after.items()
            if key not in before or find.version(before[key]) != find.version(new)
        ]
        return gone + there

    async def _round(self) -> AsyncIterator[Seen | None]:
        """None stands for a bookmark: nothing has changed up to there."""
        query = {"watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": str(ROUND_S)}
        query |= {"resourceVersion": self._version}
        query |= {"labelSelector": self._selector} if self._selector else {}
        query |= {"fieldSelector": self._fields} if self._fields else {}
        async with self._client.stream("GET", self._path, query=query, answer_s=QUIET_S) as response:
            rest = b""
            async for chunk in response.content.iter_any():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if line:
                        yield self._seen(json.loads(line))

    def _seen(self, told: Found) -> Seen | None:
        kind, what = told["type"], told["object"]
        if kind == "ERROR":
            raise refusal(
                int(what.get("code") or 500),
                what,
                what=f"watch {self._path}",
                server=self._client.access.server,
            )
        self._version = find.version(what)
        if kind == "BOOKMARK":
            return None
        key = find.uid(what)
        if kind == "DELETED":
            return Seen(self._known.pop(key, what), None)
        before = self._known.get(key)
        self._known[key] = what
        return Seen(before, what)
