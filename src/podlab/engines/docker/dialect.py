"""A container's body in the words of the engine that gets it. Pure but for the profiles, which are files.

Podman's Docker-compatible API takes what it does not know without a word, so that a wish is lost: what it has words of
its own for is said in these. https://github.com/containers/podman/blob/v5.4.2/pkg/api/handlers/compat/containers_create.go
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from podlab.engines.docker import profiles

if TYPE_CHECKING:
    from podlab.engines.docker.api.features import Features
    from podlab.engines.docker.translate import Body


def in_its_words(body: Body, features: Features) -> Body:
    """What `POST /containers/create` takes there, from what it takes on a Docker Engine."""
    body = profiles.put_in(body, features)
    return body if features.speaks_docker else body | {"HostConfig": _podmans(body["HostConfig"])}


def _podmans(host: Body) -> Body:
    changed: Body = {}
    joined = str(host.get("NetworkMode", ""))
    if joined.startswith("container:") and not host.get("UTSMode"):
        changed["UTSMode"] = joined  # else it has a host name of its own
    if host.get("MaskedPaths") == []:
        changed["SecurityOpt"] = [*host.get("SecurityOpt", ()), "unmask=ALL"]
    mounts = host.get("Mounts", ())
    if empty := [each for each in mounts if (each.get("VolumeOptions") or {}).get("NoCopy")]:
        changed["Mounts"] = [each for each in mounts if each not in empty]
        changed["Binds"] = [*host.get("Binds", ()), *map(_without_copy, empty)]
    return host | changed


def _without_copy(mount: dict[str, Any]) -> str:
    """https://docs.podman.io/en/v5.4.2/markdown/podman-create.1.html#volume-v-source-volume-host-dir-container-dir-options"""
    return f"{mount['Source']}:{mount['Target']}:nocopy{',ro' if mount.get('ReadOnly') else ''}"
