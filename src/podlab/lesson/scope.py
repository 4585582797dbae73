"""What a lesson may name: the terminals, containers, ports and previews of its workshop."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from podlab.manifest.nodes import quoted
from podlab.manifest.suggest import did_you_mean
from podlab.manifest.workshop import Workshop

FIXED: Final = ("seat.name", "workshop.name", "workshop.title")
"""The variables that every seat has. Besides, each preview has `port.NAME` and `preview.NAME`, its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """`terminals`: name → container. `is_open`: the workshop is not known, so any name of the right form will do."""

    terminals: Mapping[str, str] = field(default_factory=dict)
    containers: Collection[str] = ()
    previews: Collection[str] = ()
    title: str = ""
    is_open: bool = False

    @classmethod
    def of(cls, workshop: Workshop) -> Scope:
        spec = workshop.spec
        return cls(
            terminals={terminal.name: terminal.container for terminal in spec.terminals},
            containers=tuple(container.name for container in spec.pod.spec.lasting),
            previews=tuple(preview.name for preview in spec.previews),
            title=spec.title or workshop.metadata.name,
        )

    def terminal(self, name: str) -> str | None:
        """The terminal that is meant: by its own name, or by its container's. None where there is none such."""
        if self.is_open or name in self.terminals or (not name and self.terminals):
            return name
        return next((own for own, container in self.terminals.items() if container == name), None)

    def no_terminal(self, name: str) -> str:
        if not name:
            return "the workshop has no terminal; name one in podlab.yaml: spec.terminals"
        known = [*self.terminals, *self.terminals.values()]
        return f"the workshop has no terminal {quoted(name)}{_known(name, known)}"

    def container_fault(self, name: str) -> str:
        """What is wrong with a container's name; empty where nothing is."""
        if self.is_open or not name or name in self.containers:
            return ""
        return f"the pod has no container {quoted(name)}{_known(name, self.containers)}"

    def variable_fault(self, name: str) -> str:
        """What is wrong with a variable's name; empty where nothing is."""
        kind, _, rest = name.partition(".")
        if name in FIXED or (kind in ("port", "preview") and (self.is_open or rest in self.previews)):
            return ""
        known = [*FIXED, *(f"{kind}.{preview}" for preview in self.previews for kind in ("port", "preview"))]
        return f"no variable {quoted(name)}{_known(name, known)}"


OPEN: Final = Scope(is_open=True)


def _known(name: str, known: Collection[str]) -> str:
    return did_you_mean(name, known) or (f"; it has {', '.join(dict.fromkeys(known))}" if known else "")
