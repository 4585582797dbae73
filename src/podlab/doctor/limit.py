"""How many more seats one resource has room for, and the measures of a seat that this is reckoned with.

docs/doctor.md has the arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from podlab.doctor.finding import Finding, Level

MB: Final = 10**6
GB: Final = 10**9

USUAL_SEATS: Final = 30
"""A full class room: what limits are held against where nobody has said how many seats are wanted."""

RESERVED_MEMORY_BYTES: Final = 512 * MB
"""Left to the system, the engine and podlab itself. An assumption."""
RESERVED_DISK_BYTES: Final = 2 * GB
"""Left free: an engine whose disk is full can start nothing and log nothing. An assumption."""

CONTAINERS: Final = 5
"""Infra, registry, mirror, nested daemon, work shell: examples/docker-pods/podlab.yaml."""
NESTED_CONTAINERS: Final = 3
"""That an attendee has running in the nested daemon at a time. An assumption."""

SEAT_MEMORY_BYTES: Final = 250 * MB
"""An idle seat takes 150 MB where it is the only one, and 100 MB beside others that share its programs' pages
(sum of PSS and shim, engine 26.1, measured). The rest, assumed, is for what the attendee runs."""
SEAT_DISK_BYTES: Final = 500 * MB
"""Images and layers in the nested daemon, assumed; an idle seat writes less than 1 MB, measured."""
SEAT_INODES: Final = 20_000
"""As SEAT_DISK_BYTES; a Debian image with tools has about 10,000 files."""
SEAT_TASKS: Final = 120
"""Threads: 50 in an idle seat with its shim, measured; about 23 for each nested container with a shim of its own."""
SEAT_INOTIFY: Final = {1: 1, 2: CONTAINERS + NESTED_CONTAINERS + 1}
"""By cgroup version. On version 2 a shim watches each container's memory events with an instance of its own:
https://github.com/flatcar/flatcar-website/blob/HEAD/content/blog/2021-12-11-containerd-inotify-leak.md
One more for an editor or `tail -f`."""
SEAT_CONNECTIONS: Final = 200
"""Tracked at a time while images are pulled and a lesson's web server is tried. An assumption."""
SEAT_NEIGHBOURS: Final = 2 + 2 * NESTED_CONTAINERS
"""Pod and gateway know each other, and so do each nested container and its gateway."""
SEAT_KEYS: Final = CONTAINERS + NESTED_CONTAINERS
"""runc makes a session keyring for each container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one seat takes of the resources that depend on its pod; by default one of examples/docker-pods."""

    memory_bytes: int = SEAT_MEMORY_BYTES
    disk_bytes: int = SEAT_DISK_BYTES
    inodes: int = SEAT_INODES
    tasks: int = SEAT_TASKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """`fits` more seats than run now. `sum` is the arithmetic in words; `fix` raises the limit."""

    id: str
    resource: str
    fits: int
    sum: str
    fix: str
    link: str = ""

    def finding(self, wanted: int) -> Finding:
        """Held against the seats that are wanted."""
        level = Level.OK if self.fits >= wanted else Level.WARNING
        seats = "1 seat fits" if self.fits == 1 else f"{self.fits} seats fit"
        return Finding(
            id=self.id,
            title=self.resource,
            level=level,
            found=f"{seats}: {self.sum}",
            fix="" if level is Level.OK else self.fix,
            link=self.link,
        )


def room(free: int, a_seat: int) -> int:
    """How often one seat's share goes into what is free; never negative."""
    return max(0, free) // a_seat


def amount(count: int) -> str:
    """`512 MB`, `23.5 GB`: decimal, as disks are sold and as `docker` prints image sizes."""
    return f"{count / GB:.1f} GB" if count >= GB else f"{count / MB:.0f} MB"


def sysctl(key: str, value: int) -> str:
    """The command that sets a kernel setting on the engine's machine, and what makes it last."""
    return (
        f"on the engine's machine: sysctl -w {key}={value}; to keep it: "
        f"echo {key}={value} >> /etc/sysctl.d/99-podlab.conf"
    )
