"""Where a link or an image in a lesson may lead, and the assets that they name.

What is not allowed here never becomes an address in a page: `render` asks again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from urllib.parse import unquote

from podlab.lesson.lesson import Asset, StepId
from podlab.lesson.scope import OPEN, Scope
from podlab.manifest.nodes import quoted

_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+._-]*):")
_WEB: Final = ("http", "https", "mailto")
PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg")


@dataclass(frozen=True, slots=True)
class Target:
    """`value`: the address, the preview's name and what follows it, the step's id or the asset's name."""

    kind: Literal["web", "preview", "step", "asset"]
    value: str
    rest: str = ""


@dataclass(slots=True)
class Links:
    """What a lesson's links can lead to. `assets` gathers the files that were named."""

    folder: Path
    scope: Scope = OPEN
    steps: Mapping[str, StepId] = field(default_factory=dict)
    assets: dict[str, Asset] = field(default_factory=dict)

    def resolve(self, address: str, *, is_image: bool = False) -> Target | str:
        """The target, or what is wrong with it."""
        target = parse(address)
        if isinstance(target, str):
            return target
        if is_image and target.kind != "asset":
            return "an image must be a file in the lesson's folder: a classroom may have no network"
        if target.kind == "preview":
            return self.scope.variable_fault(f"preview.{target.value}") or target
        if target.kind != "asset":
            return target
        if not is_image and (step := self.steps.get(target.value)):
            return Target("step", step)
        return self._asset(target, is_image)

    def _asset(self, target: Target, is_image: bool) -> Target | str:
        if is_image and not target.value.lower().endswith(PICTURES):
            return f"{quoted(target.value)} is no image that browsers show; use {', '.join(PICTURES)}"
        root = self.folder.resolve()
        try:
            file = (root / target.value).resolve()
            is_file = file.is_file()
        except (OSError, ValueError):
            return f"no such file in the lesson's folder: {quoted(target.value)}"
        if not file.is_relative_to(root):
            return f"{quoted(target.value)} is outside of the lesson's folder"
        if not is_file:
            return f"no such file in the lesson's folder: {quoted(target.value)}"
        name = (root / target.value).relative_to(root).as_posix()
        self.assets[name] = Asset(name, file)
        return Target("asset", name)


def parse(address: str) -> Target | str:
    """What kind of target an address is, or why it is none. Files are not looked for."""
    if match := _SCHEME.match(address):
        scheme = match[1].lower()
        if scheme.startswith("preview."):
            return Target("preview", scheme.removeprefix("preview."), address[match.end() :])
        if scheme in _WEB:
            return Target("web", address)
        if "." in scheme:
            return f"a link cannot begin with the variable {quoted(scheme)}; only preview.NAME is an address"
        return f"a link to {quoted(scheme + ':')} is refused; use http, https or mailto"
    if address.startswith(("/", "\\")):
        return f"{quoted(address)} is no file in the lesson's folder; leave out the leading slash"
    path = unquote(address).partition("#")[0]
    if not path:
        return "a link needs a target: an address, a step's file, or a file of the lesson"
    if ".." in path.replace("\\", "/").split("/"):
        return f"{quoted(path)} is outside of the lesson's folder"
    return Target("asset", path.removeprefix("./"))
