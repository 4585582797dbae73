"""The checks for a pod that was not read from a file: one that a command line or a program made."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from podlab import naming
from podlab.errors import Invalid
from podlab.manifest.checks import CHECKS
from podlab.manifest.checks.pod import LONGEST_POD_NAME
from podlab.manifest.nodes import Path, dotted
from podlab.manifest.syntax import dns_subdomain
from podlab.model import Pod
from podlab.wire import Wire, camel


def check_pod(pod: Pod) -> None:
    """Raise `Invalid` with every problem as `path: message`. A pod without containers is none: those may come
    later, one by one. What the pod of a workload has from that is no problem."""
    labels = {key: value for key, value in pod.metadata.labels.items() if key not in naming.OF_OWNER}
    pod = dataclasses.replace(pod, metadata=dataclasses.replace(pod.metadata, labels=labels))
    nothing_yet = ("spec", "containers") if not pod.spec.containers else None
    problems = tuple(
        f"{dotted(path)}: {message}" for path, message in _findings(pod, ()) if path != nothing_yet
    )
    if problems:
        raise Invalid(f"pod '{pod.name}' cannot be made like this", problems=problems, subject=pod.name)


def check_pod_name(name: str) -> None:
    """Raise `Invalid` where a pod cannot have this name."""
    if fault := dns_subdomain(name, LONGEST_POD_NAME):
        raise Invalid(f"a pod cannot be named {name!r}: {fault}", subject=name)


def _findings(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, Wire):
        if check := CHECKS.get(type(value)):
            yield from (((*path, *where), message) for where, message in check(value))
        for field in dataclasses.fields(value):  # type: ignore[arg-type]
            yield from _findings(getattr(value, field.name), (*path, camel(field.name)))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _findings(each, (*path, key))
    elif isinstance(value, tuple):
        for n, each in enumerate(value):
            yield from _findings(each, (*path, n))
