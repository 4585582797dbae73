"""At which level the seats' nested daemons run on this engine, and what has to be said about it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from podlab.engines.guards import Security
from podlab.engines.labs import HostsLabs
from podlab.errors import Unsupported
from podlab.manifest import level as manifest

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.manifest.workshop import Workshop
    from podlab.model import Container

Name = Literal["none", "runtime", "userns", "rootless", "caps", "privileged", "custom"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """`none`: there is no nested daemon. `runtime`: another runtime keeps the pod apart. `custom`: rights that somebody
    chose by hand. `is_boundary`: whether whoever has the shell is kept from the machine; where not, `warning` is for
    the trainer's page, loud. `note` is for whoever wants to know more."""

    name: Name
    is_boundary: bool
    warning: str = ""
    note: str = ""


_OWNS: Final = "whoever has a seat can take over the engine's machine"
_WARNINGS: Final[dict[Name, str]] = {
    "privileged": f"Level privileged: {_OWNS}, one `docker run` away. Only for a machine that holds nothing else.",
    "caps": f"Level caps: it keeps accidents from the machine, not an attacker: {_OWNS}.",
    "custom": f"A container of the seats has rights of its own choice (SYS_ADMIN or a folder of the machine): {_OWNS}.",
}
_NOTES: Final[dict[Name, str]] = {
    "rootless": "nested `--privileged` fails; limits of single nested containers need cgroup version 2",
    "userns": "nested `--privileged` fails",
    "runtime": "podlab has not tried what the runtime keeps apart",
}
_ALL: Final = frozenset(
    {"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "SYS_PTRACE", "DAC_READ_SEARCH", "BPF"}
)


def effective(engine: Security, workshop: Workshop) -> Level:
    """Pure. `Unsupported` where the engine cannot keep what the workshop says."""
    spec = workshop.spec.pod.spec
    name = _name(engine, workshop)
    if (runtime := spec.runtime_class_name) and runtime not in engine.runtimes:
        there = ", ".join(sorted(engine.runtimes)) or "none"
        raise Unsupported(
            f"the engine has no runtime '{runtime}', which the workshop '{workshop.metadata.name}' wants",
            subject=runtime,
            hint=f"install it, or name one of its runtimes in runtimeClassName: {there}",
        )
    if any(manifest.plain(spec)) and engine.levels is not None and name not in engine.levels:
        raise _cannot_be_kept(engine.levels, name, workshop)
    if name == "userns" and not (engine.maps_users and engine.cgroup_version == 2):
        missing = "cgroup version 2" if engine.maps_users else "userns-remap"
        raise Unsupported(
            f"the level userns needs an engine with {missing}: here it would be the level caps, and protect nobody",
            subject=workshop.metadata.name,
            hint="say `level: auto`, which takes rootless where there is no userns; docs/levels.md has more",
        )
    if name in ("privileged", "caps", "custom") and engine.maps_users:
        # Root in the container is nobody's root on the machine.
        return Level(
            name=name,
            is_boundary=True,
            note="the engine maps users: a container's root is none on the machine",
        )
    return Level(
        name=name,
        is_boundary=name not in _WARNINGS,
        warning=_WARNINGS.get(name, ""),
        note=_NOTES.get(name, ""),
    )


def _cannot_be_kept(levels: frozenset[str], name: Name, workshop: Workshop) -> Unsupported:
    """What is no boundary is not chosen for anybody: whoever gives the class has to say it."""
    there = ", ".join(sorted(levels)) or "none"
    return Unsupported(
        f"this engine cannot run a nested Docker daemon at the level {name}, only at: {there}",
        subject=workshop.metadata.name,
        hint="--level privileged, where the machines hold nothing else: whoever has a seat can take over the machine "
        "it runs on; docs/levels.md has more",
    )


async def settle(engine: Engine, workshop: Workshop) -> tuple[Workshop, Level]:
    """The workshop to make seats of, `auto` decided, and the level that they get."""
    known = await engine.security() if isinstance(engine, HostsLabs) else Security()
    level = effective(known, workshop)
    if level.name in ("userns", "rootless", "caps", "privileged") and any(
        manifest.plain(workshop.spec.pod.spec)
    ):
        spec = dataclasses.replace(workshop.spec, level=level.name)
        workshop = dataclasses.replace(workshop, spec=spec)
    return workshop, level


def _name(engine: Security, workshop: Workshop) -> Name:
    spec = workshop.spec.pod.spec
    if any(_is_privileged(each) for each in (*spec.init_containers, *spec.containers)):
        return "privileged"
    if any(volume.host_path for volume in spec.volumes):
        return "custom"
    if spec.runtime_class_name and spec.runtime_class_name != "runc":
        return "runtime"
    if any(manifest.plain(spec)):
        chosen = workshop.spec.level or "auto"
        if chosen == "auto":
            return "userns" if engine.maps_users and engine.cgroup_version == 2 else manifest.ANYWHERE
        return chosen
    if any(_has_rights(each) for each in (*spec.init_containers, *spec.containers)):
        return "custom"
    return "rootless" if any(manifest.is_daemon(each) for each in spec.lasting) else "none"


def _is_privileged(container: Container) -> bool:
    return bool(container.security_context and container.security_context.privileged)


def _has_rights(container: Container) -> bool:
    security = container.security_context
    added = security.capabilities.add if security and security.capabilities else ()
    return any(name.upper().removeprefix("CAP_") in _ALL for name in added)
