"""Images that podlab can build from Debian packages where no registry can be reached.

One small module for each image, with a `RECIPE`; a new module here is found by itself. A stand-in offers
the commands that pods, lessons and tests use, not all that the original has; `summary` says the difference.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import pkgutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from podlab.images import reference

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to make one image.

    `variant` says what the packages become:
    - `unpack`: just their files, no dependencies and no scripts run; quickest, needs no rights.
    - `extract`: with their dependencies, still no scripts run (by mmdebstrap).
    - `minbase`: a whole small Debian with the packages installed (by mmdebstrap).
    """

    reference: str
    summary: str
    packages: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    """Other references that the same image serves, such as `busybox:stable`."""
    variant: Literal["unpack", "extract", "minbase"] = "minbase"
    suite: str = ""
    """A Debian suite such as `trixie`; empty is the one that this machine runs."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Absolute path in the image → file in this folder. One that starts with `#!` becomes executable."""
    customise: tuple[str, ...] = ()
    """Lines of sh, run outside with the root file system as `$1` after packages and files are in."""
    changes: tuple[str, ...] = ()
    """Dockerfile lines that `docker import --change` takes: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, …"""
    is_on_demand: bool = False
    """Whether only the one command that needs it gets it: not everybody who prepares all images."""

    @property
    def name(self) -> str:
        """For file names and progress: `docker-dind`."""
        return self.reference.replace("/", "-").replace(":", "-")

    @property
    def references(self) -> tuple[str, ...]:
        return (self.reference, *self.aliases)

    def script(self) -> str:
        """What makes the unpacked packages the image: sh with the root file system as `$1`."""
        install = [
            f'install -D -m {"755" if _is_script(source) else "644"} "{FOLDER / source}" "$1{target}"'
            for target, source in sorted(self.files.items())
        ]
        return "\n".join(["set -eu", *install, *self.customise])

    def digest(self, *circumstances: str) -> str:
        """Changes whenever the image's root file system could: recipe, files, and `circumstances`."""
        content = [(target, (FOLDER / source).read_bytes()) for target, source in sorted(self.files.items())]
        made_from = (self.variant, self.suite, self.packages, self.customise, content, circumstances)
        return hashlib.sha256(repr(made_from).encode()).hexdigest()[:12]


def _is_script(source: str) -> bool:
    return (FOLDER / source).read_bytes().startswith(b"#!")


@functools.cache
def known() -> tuple[Recipe, ...]:
    """All recipes, by reference."""
    modules = (importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__))
    return tuple(sorted((m.RECIPE for m in modules), key=lambda recipe: str(recipe.reference)))


def find(image: str) -> Recipe | None:
    """The recipe for a reference in any spelling; None where podlab knows none."""
    try:
        wanted = reference.parse(image).full
    except ValueError:
        return None
    return next((r for r in known() if wanted in {reference.parse(n).full for n in r.references}), None)


def is_own(image: str) -> bool:
    """Whether it is podlab's own image, which no registry has. Never to be pulled: nobody knows who would
    answer to that name there."""
    return find(image) is not None and reference.parse(image).familiar_name.startswith("podlab/")
