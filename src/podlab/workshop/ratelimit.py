"""How often somebody may guess, or take something for nothing. A whole class behind one address may come at once."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from podlab.errors import Denied

if TYPE_CHECKING:
    from podlab.clock import Clock

MOST_ADDRESSES: Final = 10_000


class Bucket:
    """`size` failures at once, and one more every `every_s`."""

    __slots__ = ("_at", "_every_s", "_size", "_spent")

    def __init__(self, size: int, every_s: float, now: float) -> None:
        self._size, self._every_s = size, every_s
        self._spent, self._at = 0.0, now

    def wait_s(self, now: float) -> float:
        """Seconds until one more is allowed."""
        self._spent = max(0.0, self._spent - max(0.0, now - self._at) / self._every_s)
        self._at = now
        return max(0.0, (self._spent + 1 - self._size) * self._every_s)

    def spend(self, now: float) -> None:
        self.wait_s(now)
        self._spent += 1


class Limiter:
    """For each address (an IPv6 one counts with its network of 64 bits) and for all together."""

    def __init__(
        self,
        clock: Clock,
        *,
        each: tuple[int, float] = (10, 6.0),
        together: tuple[int, float] = (200, 0.2),
        said: str = "too many wrong codes",
    ) -> None:
        """`(10, 6.0)`: ten failures at once, then one every six seconds. `said` is the refusal."""
        self._clock = clock
        self._said = said
        self._each = each
        self._together = Bucket(*together, clock.now())
        self._addresses: OrderedDict[str, Bucket] = OrderedDict()

    def check(self, address: str) -> None:
        """`Denied`, saying for how long, when there were too many failures."""
        now = self._clock.now()
        own = self._addresses.get(network(address))
        wait_s = max(self._together.wait_s(now), own.wait_s(now) if own else 0.0)
        if wait_s > 0:
            raise Denied(
                f"{self._said}; try again in {wait_s:.0f} s" if wait_s >= 1 else self._said,
                subject=address,
                hint="wait a moment",
            )

    def failed(self, address: str) -> None:
        now, key = self._clock.now(), network(address)
        if key not in self._addresses:
            self._addresses[key] = Bucket(*self._each, now)
            if len(self._addresses) > MOST_ADDRESSES:
                self._addresses.popitem(last=False)
        self._addresses.move_to_end(key)
        self._addresses[key].spend(now)
        self._together.spend(now)


def network(address: str) -> str:
    """What one person can have at will counts as one."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((int(ip) >> 64 << 64, 64)))
    return str(ip)
