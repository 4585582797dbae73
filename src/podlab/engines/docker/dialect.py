"""A container's body in the words of the engine that gets it. `in_its_words` only reads files, the profiles.

Podman's Docker-compatible API takes what it does not know without a word, so that a wish is lost: what it has words of
its own for is said in these. https://github.com/containers/podman/blob/v5.4.2/pkg/api/handlers/compat/containers_create.go
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from podlab.engines.docker import profiles
from podlab.errors import Unsupported

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client
    from podlab.engines.docker.api.features import Features
    from podlab.engines.docker.translate import Body

_PERIOD_US: Final = 100_000
"""As Podman makes of `NanoCpus` when it creates a container."""


def in_its_words(body: Body, features: Features) -> Body:
    """What `POST /containers/create` takes there, from what it takes on a Docker Engine."""
    body = profiles.put_in(body, features)
    return body if features.speaks_docker else body | {"HostConfig": _podmans(body["HostConfig"])}


async def update(client: Client, container: str, body: Body) -> None:
    """Change bounds of a container that runs. Podman takes a restart policy that is not said for none, and quotas for
    processors; so it is told the policy that there is.

    https://github.com/containers/podman/blob/v5.4.2/pkg/api/handlers/compat/containers.go#L668
    """
    if not client.features.speaks_docker:
        found = await client.json("GET", f"/containers/{container}/json")
        body = body | {"RestartPolicy": found["HostConfig"]["RestartPolicy"]}
        if nano := body.get("NanoCpus"):
            body |= {"CpuPeriod": _PERIOD_US, "CpuQuota": nano * _PERIOD_US // 10**9}
    await client.json("POST", f"/containers/{container}/update", body=body)


def _podmans(host: Body) -> Body:
    changed: Body = {}
    joined = str(host.get("NetworkMode", ""))
    if joined.startswith("container:") and not host.get("UTSMode"):
        changed["UTSMode"] = joined  # else it has a host name of its own
    if host.get("MaskedPaths") == []:
        changed["SecurityOpt"] = [*host.get("SecurityOpt", ()), "unmask=ALL"]
    mounts = [_with_subpath(each) for each in host.get("Mounts", ())]
    empty = [each for each in mounts if _is_whole(each) and each["VolumeOptions"].get("NoCopy")]
    if mounts:
        changed["Mounts"] = [each for each in mounts if each not in empty]
        changed["Binds"] = [*host.get("Binds", ()), *map(_without_copy, empty)]
    return host | changed


def _is_whole(mount: Body) -> bool:
    options = mount.get("VolumeOptions")
    return options is not None and not options.get("Subpath")


def _with_subpath(mount: Body) -> Body:
    """Podman before 6 writes a mount's fields in a line, with commas between, and leaves this one out."""
    path = (mount.get("VolumeOptions") or {}).get("Subpath")
    if not path:
        return mount
    if set(path) & set(',"\r\n'):
        raise Unsupported(f"this engine cannot mount {path!r} of a volume (subPath)", subject=path)
    return mount | {"Source": f"{mount['Source']},subpath={path}"}


def _without_copy(mount: dict[str, Any]) -> str:
    """https://docs.podman.io/en/v5.4.2/markdown/podman-create.1.html#volume-v-source-volume-host-dir-container-dir-options"""
    return f"{mount['Source']}:{mount['Target']}:nocopy{',ro' if mount.get('ReadOnly') else ''}"
