"""What containers may do here: which levels of isolation a nested daemon can run at, and whether one does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from podlab.doctor.facts import Attempt, EngineFacts, Facts
from podlab.doctor.finding import Finding, Level

LEVELS: Final = "docs/levels.md"
_REASONS: Final = (
    (
        "No such image: docker:dind",
        "image docker:dind is not on the engine",
        "podlab images prepare docker:dind",
    ),
    (
        "unable to apply caps",
        "the machine itself lacks a capability, and this engine's runc asks for all of them",
        "install engine 23.0 or newer; on Debian 12: apt-get install -t trixie docker.io docker-cli",
    ),
    (
        "incompatible with private cgroup namespaces",  # https://github.com/moby/moby/issues/40788
        "this engine gives privileged containers no cgroup namespace of their own on cgroup version 1",
        "install engine 23.0 or newer; on Debian 12: apt-get install -t trixie docker.io docker-cli",
    ),
    (
        "incompatible with user namespaces",
        "the engine maps users (userns-remap), where nothing is privileged",
        "use the level `userns`: podlab up examples/docker-pods/userns.yaml",
    ),
    (
        "authorization denied",
        "a plugin of the engine forbids it",
        "ask whoever runs the engine, or use one of your own: podlab engine start",
    ),
    (
        "newuidmap",
        "newuidmap has no right to map users",
        "setcap cap_setuid=ep /usr/bin/newuidmap; setcap cap_setgid=ep /usr/bin/newgidmap",
    ),
    ("seccomp", "the engine does not take podlab's system call filter", "install engine 23.0 or newer"),
    (
        "/dev/net/tun",
        "the kernel has no tun device, by which a rootless daemon reaches the network",
        "on the engine's machine: modprobe tun",
    ),
    (
        "AppArmor restricts",
        "AppArmor lets nobody but root use user namespaces",
        "on the engine's machine: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    (
        "unshare",
        "the kernel lets only root make user namespaces",
        "on the engine's machine: sysctl -e -w user.max_user_namespaces=28633 kernel.unprivileged_userns_clone=1",
    ),
)
"""What the engine or the container says → in plain words → what to do."""

_ROOTLESS: Final = "podlab up examples/docker-pods/rootless.yaml, whose daemon needs less"
_NO_IMAGE: Final = "not tried: the engine has no image to try it with"
_PREPARE: Final = "podlab images prepare busybox docker:dind"


def findings(facts: Facts) -> Iterator[Finding]:
    if facts.engine is None:
        return
    yield _started(facts.engine, facts.privileged)
    yield _levels(facts, facts.engine)
    yield _nested(facts)


def levels(facts: Facts) -> dict[str, str]:
    """Level → why it cannot be had; empty where it can. A level that nobody tried is left out."""
    found = {
        name: "" if attempt.worked else explain(attempt.said)[0]
        for name, attempt in (
            ("privileged", facts.privileged),
            ("caps", facts.caps),
            ("rootless", facts.rootless),
        )
        if attempt is not None
    }
    if facts.engine is not None:
        if "userns" not in facts.engine.security:
            found["userns"] = "the engine is not set up with userns-remap"
        elif facts.engine.cgroup_version != 2:
            found["userns"] = "it needs cgroup version 2"
        else:
            found["userns"] = ""
    return found


def explain(said: str) -> tuple[str, str]:
    """In plain words, and what to do; the text itself where nobody has met it before."""
    for sign, meaning, fix in _REASONS:
        if sign in said:
            return meaning, fix
    last = said.strip().splitlines()[-1:] or ["it failed without a word"]
    return last[0], ""


def _started(engine: EngineFacts, attempt: Attempt | None) -> Finding:
    link = "https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities"
    title = "privileged containers"
    if attempt is None:
        return Finding(
            id="privileges.privileged",
            title=title,
            level=Level.NOTE,
            found=_NO_IMAGE,
            fix=_PREPARE,
            link=link,
        )
    if attempt.worked:
        return Finding(
            id="privileges.privileged",
            title=title,
            level=Level.OK,
            found="one started and could mount",
            link=link,
        )
    meaning, fix = explain(attempt.said)
    return Finding(
        id="privileges.privileged",
        title=title,
        level=Level.WARNING,
        found=f"do not start on engine {engine.version}: {meaning}; plain pods do not need them",
        fix=fix or "use another level of the nested daemon: podlab up examples/docker-pods/rootless.yaml",
        link=link,
    )


def _levels(facts: Facts, engine: EngineFacts) -> Finding:
    found = levels(facts)
    can = [name for name, why in found.items() if not why]
    cannot = [f"{name} ({why})" for name, why in found.items() if why]
    if len(found) == 1:  # userns is known without a try
        level, text, fix = Level.NOTE, _NO_IMAGE, _PREPARE
    elif can:
        level, fix = Level.OK, ""
        text = ", ".join(can) + (f"; not: {', '.join(cannot)}" if cannot else "")
    else:
        level = Level.WARNING
        text = f"none: {', '.join(cannot)}"
        fix = "use an engine of your own: podlab engine start; plain pods run here nevertheless"
    if "rootless" in engine.security:
        text += (
            "; the engine is rootless itself, so even a privileged container is only its user on the machine"
        )
    return Finding(
        id="privileges.levels",
        title="levels of a nested daemon",
        level=level,
        found=text,
        fix=fix,
        link=LEVELS,
    )


def _nested(facts: Facts) -> Finding:
    link = "https://hub.docker.com/_/docker"
    title = "nested Docker"
    if facts.nested is None:
        has_image = "docker:dind" in facts.lab.images
        return Finding(
            id="privileges.nested",
            title=title,
            level=Level.NOTE,
            found="not tried" if has_image else "not tried: image docker:dind is not on the engine",
            fix="podlab doctor --nested"
            if has_image
            else "podlab images prepare docker:dind, then podlab doctor",
            link=link,
        )
    if facts.nested.worked:
        return Finding(
            id="privileges.nested",
            title=title,
            level=Level.OK,
            found=facts.nested.said.strip() or "works",
            link=link,
        )
    meaning, fix = explain(facts.nested.said)
    fix = fix or "docker run --rm --privileged docker:dind prints all that the daemon says"
    is_rootless_left = facts.rootless is not None and facts.rootless.worked
    return Finding(
        id="privileges.nested",
        title=title,
        level=Level.WARNING if is_rootless_left else Level.PROBLEM,
        found=f"a daemon in a container does not run: {meaning}",
        fix="; or ".join(filter(None, (fix, _ROOTLESS if is_rootless_left else ""))),
        link=link,
    )
