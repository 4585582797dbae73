"""Kubernetes pods on a plain Docker Engine.

    async with podlab.connect() as lab:
        async with lab.pod("pod.yaml") as pod:
            done = await pod.exec("work", ["docker", "version"])

Everything public is named here; it is loaded when it is first used, so `import podlab` costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing `typing` would take as long as all of `podlab --help`
if TYPE_CHECKING:
    from typing import Any

    from podlab.engines.base import ByteStream, Change, Engine, ExecOptions, LogLine, PodEvent, Process
    from podlab.errors import (
        AlreadyExists,
        Conflict,
        Denied,
        Invalid,
        NotFound,
        Overtaken,
        PodlabError,
        TimedOut,
        Unavailable,
        Unsupported,
        Usage,
    )
    from podlab.manifest import load
    from podlab.model import Container, Metadata, Pod, PodSpec
    from podlab.pods.library import Completed, Lab, RunningPod, connect, pod
    from podlab.status import ContainerStatus, Phase, PodStatus, State

_HOME = {
    "podlab.engines.base": ("ByteStream", "Change", "Engine", "ExecOptions", "LogLine", "PodEvent", "Process"),
    "podlab.errors": (
        "AlreadyExists", "Conflict", "Denied", "Invalid", "NotFound", "Overtaken", "PodlabError", "TimedOut",
        "Unavailable", "Unsupported", "Usage",
    ),
    "podlab.manifest": ("load",),
    "podlab.model": ("Container", "Metadata", "Pod", "PodSpec"),
    "podlab.status": ("ContainerStatus", "Phase", "PodStatus", "State"),
    "podlab.pods.library": ("Completed", "Lab", "RunningPod", "connect", "pod"),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "AlreadyExists",
    "ByteStream",
    "Change",
    "Completed",
    "Conflict",
    "Container",
    "ContainerStatus",
    "Denied",
    "Engine",
    "ExecOptions",
    "Invalid",
    "Lab",
    "LogLine",
    "Metadata",
    "NotFound",
    "Overtaken",
    "Phase",
    "Pod",
    "PodEvent",
    "PodSpec",
    "PodStatus",
    "PodlabError",
    "Process",
    "RunningPod",
    "State",
    "TimedOut",
    "Unavailable",
    "Unsupported",
    "Usage",
    "connect",
    "load",
    "pod",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'podlab' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
