"""What an engine does otherwise than a Docker Engine, though it speaks its API. Pure.

The head of every answer tells who speaks, so that nobody asks for it: Podman's has its own API's version, too.
https://docs.podman.io/en/latest/_static/api.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Each says what podlab does on such an engine; the defaults are a Docker Engine's."""

    speaks_docker: bool = True
    """All of Docker's words count."""
    seccomp_is_a_file: bool = False
    """A profile is named by its path on the engine's machine, not sent."""
    is_far: bool = False
    """It is not known to be on this machine, so it reads no files of ours."""
    past_events_need_no_end: bool = False
    """`stream=false` tells all events so far. With an end in the past, some are left out."""
    events_by_label: bool = True
    """Events can be had of all that has a label, whatever its value."""
    archive_makes_folders: bool = False
    """What is unpacked where no folder is makes that folder, silently."""
    bridges_keep_apart: bool = True
    """A bridge can be without traffic between its ports, as isolated pods need it."""
    subpaths_last: bool = True
    """A folder or file of a volume is at its path also when the container has ended; else all of the volume is."""
    makes_what_is_bound: bool = False
    """A path of the machine that is bound into a container and not there is made, as a folder."""
    has_subpaths: bool = True
    """A folder of a volume can be mounted."""

    @classmethod
    def of(cls, headers: Mapping[str, str], *, is_far: bool = False) -> Self:
        """`headers` of any answer, their names in lower case."""
        if "libpod-api-version" not in headers:
            version = headers.get("api-version", "")
            return cls(
                is_far=is_far, has_subpaths=not version or tuple(map(int, version.split("."))) >= (1, 45)
            )
        return cls(
            speaks_docker=False,
            seccomp_is_a_file=True,
            is_far=is_far,
            past_events_need_no_end=True,
            events_by_label=False,
            archive_makes_folders=True,
            bridges_keep_apart=False,
            subpaths_last=False,
            makes_what_is_bound=True,
        )
