"""What a container may do."""

from __future__ import annotations

from typing import Final

from podlab import model
from podlab.model import Pod

SECCOMP_FILE: Final = "seccomp=@"
"""In a body: a profile by name. The engine takes the profile's text; `profiles` puts it in on the way out."""


def dropped(pod: Pod, security: model.SecurityContext) -> list[str]:
    """Raw sockets go from isolated pods, which share a bridge: with them one answers ARP in a neighbour's name.
    `ping` needs none where it is iputils. https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities"""
    capabilities = security.capabilities or model.Capabilities()
    dropped = list(capabilities.drop)
    said = {name.upper().removeprefix("CAP_") for name in (*dropped, *capabilities.add)}
    if pod.is_isolated and not security.privileged and not said & {"ALL", "NET_RAW"}:
        dropped.append("NET_RAW")
    return dropped


def user(security: model.SecurityContext) -> str:
    if security.run_as_user is None and security.run_as_group is None:
        return ""
    group = "" if security.run_as_group is None else f":{security.run_as_group}"
    return f"{security.run_as_user or 0}{group}"


def security_options(security: model.SecurityContext) -> list[str]:
    options = []
    if security.allow_privilege_escalation is False:
        options.append("no-new-privileges")
    if (seccomp := security.seccomp_profile) and seccomp.type == "Unconfined":
        options.append("seccomp=unconfined")
    elif seccomp and seccomp.type == "Localhost":
        options.append(SECCOMP_FILE + (seccomp.localhost_profile or ""))
    if (apparmor := security.app_armor_profile) and apparmor.type == "Unconfined":
        options.append("apparmor=unconfined")
    elif apparmor and apparmor.type == "Localhost":
        options.append(f"apparmor={apparmor.localhost_profile}")
    return options
