"""What a container's environment and its files are made from, beside the pod itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from podlab.errors import NotFound, PodlabError
from podlab.model import ConfigMap, Secret
from podlab.objects.kinds import Object


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What only an engine knows of a pod, and of the machine that it runs on. Addresses: the first is the main
    one. `cpus` and `memory_bytes` are the machine's: what a container without a limit may use."""

    uid: str = ""
    node: str = ""
    pod_ips: tuple[str, ...] = ()
    host_ips: tuple[str, ...] = ()
    cpus: int = 0
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """`objects` by kind and name: those that the pod refers to, where they exist. `has_subpaths`: the engine can mount
    a folder of a volume. Not `is_strict`: what is missing is left out, and nothing is raised."""

    objects: Mapping[tuple[str, str], Object] = field(default_factory=dict)
    facts: Facts = Facts()
    has_subpaths: bool = True
    is_strict: bool = True

    def find(self, kind: str, name: str, *, optional: bool | None) -> ConfigMap | Secret | None:
        """`NotFound` where it is not there, unless it is optional."""
        found = self.objects.get((kind, name))
        if isinstance(found, ConfigMap | Secret):
            return found
        self.lacks(optional, NotFound(f"there is no {kind} '{name}'", subject=name, hint=PUT))
        return None

    def lacks(self, optional: bool | None, error: PodlabError) -> None:
        """Raise it, where that what is missing counts."""
        if self.is_strict and not optional:
            raise error


PUT = "`podlab up` with the file that has it puts it on the engine"
