"""Control groups: which limits hold, and whether a nested daemon can lift them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from podlab.doctor.facts import Facts
from podlab.doctor.finding import Finding, Level

_SINCE: Final = "https://docs.docker.com/engine/containers/runmetrics/#changing-cgroup-version"
_ROOTLESS: Final = "https://docs.docker.com/engine/security/rootless/tips/#limiting-resources"
_KERNEL: Final = "https://docs.docker.com/engine/containers/resource_constraints/"


def findings(facts: Facts) -> Iterator[Finding]:
    engine = facts.engine
    if engine is None:
        return
    is_v2 = engine.cgroup_version == 2
    yield Finding(
        id="cgroup.version",
        title="cgroup version",
        level=Level.OK if is_v2 else Level.NOTE,
        found="version 2"
        if is_v2
        else "version 1: root in a nested daemon can lift the limits of its own container, and the level `userns` "
        "cannot be had",
        fix=""
        if is_v2
        else "boot with version 2: add systemd.unified_cgroup_hierarchy=1 to GRUB_CMDLINE_LINUX in "
        "/etc/default/grub, update-grub, reboot",
        link=_SINCE,
    )
    has_driver = engine.cgroup_driver not in ("", "none")
    yield Finding(
        id="cgroup.driver",
        title="cgroup driver",
        level=Level.OK if has_driver else Level.WARNING,
        found=engine.cgroup_driver
        if has_driver
        else "none: limits of memory, CPU and processes are not kept, so that one seat can starve all others",
        fix=""
        if has_driver
        else "run the rootless engine under systemd with cgroup version 2: systemctl --user start docker",
        link="" if has_driver else _ROOTLESS,
    )
    if engine.missing_limits and has_driver:
        missing = ", ".join(engine.missing_limits)
        yield Finding(
            id="cgroup.limits",
            title="Limits",
            level=Level.WARNING,
            found=f"this engine cannot limit: {missing}",
            fix="boot with cgroup_enable=memory swapaccount=1 in GRUB_CMDLINE_LINUX of /etc/default/grub, update-grub, "
            "reboot; a rootless engine needs delegation",
            link=_KERNEL,
        )
