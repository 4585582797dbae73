"""What a container may do."""

from __future__ import annotations

import re
from typing import Final

from podlab import model
from podlab.manifest.checks.finding import Findings
from podlab.manifest.nodes import quoted

_CAPABILITY = re.compile(r"(?:CAP_)?[A-Z][A-Z_]*")
_LARGEST_ID: Final = 2**31 - 1
"""https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/validation.go: IsValidUserID"""


def security_context(s: model.SecurityContext) -> Findings:
    yield from _ids(runAsUser=s.run_as_user, runAsGroup=s.run_as_group)
    if s.allow_privilege_escalation is False:
        added = s.capabilities.add if s.capabilities else ()
        if s.privileged:
            yield ("allowPrivilegeEscalation",), "cannot be false for a privileged container"
        elif {"SYS_ADMIN", "CAP_SYS_ADMIN"} & set(added):
            yield ("allowPrivilegeEscalation",), "cannot be false where SYS_ADMIN is added"


def pod_security_context(s: model.PodSecurityContext) -> Findings:
    yield from _ids(runAsUser=s.run_as_user, runAsGroup=s.run_as_group, fsGroup=s.fs_group)
    for n, group in enumerate(s.supplemental_groups):
        if not 0 <= group <= _LARGEST_ID:
            yield ("supplementalGroups", n), f"must be 0 to {_LARGEST_ID}, not {group}"
    if s.fs_group_change_policy and s.fs_group is None:
        yield ("fsGroupChangePolicy",), "means nothing without fsGroup"
    if s.supplemental_groups_policy == "Strict" and s.run_as_group is None:
        yield (
            ("supplementalGroupsPolicy",),
            "Strict needs runAsGroup: without it an engine takes the user's groups from the image",
        )


def _ids(**ids: int | None) -> Findings:
    for name, value in ids.items():
        if value is not None and not 0 <= value <= _LARGEST_ID:
            yield (name,), f"must be 0 to {_LARGEST_ID}, not {value}"


def capabilities(c: model.Capabilities) -> Findings:
    for kind, names in (("add", c.add), ("drop", c.drop)):
        for n, name in enumerate(names):
            if not _CAPABILITY.fullmatch(name):
                yield (kind, n), f"{quoted(name)} is no capability; they are written as NET_ADMIN or ALL"


def profile(p: model.SeccompProfile | model.AppArmorProfile) -> Findings:
    if p.type == "Localhost" and not p.localhost_profile:
        yield ("localhostProfile",), "required where type is Localhost"
    if p.type != "Localhost" and p.localhost_profile is not None:
        yield ("localhostProfile",), "only where type is Localhost"
