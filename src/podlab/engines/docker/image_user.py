"""As whom an image runs, where a pod asks for something that depends on it.

The rules and their words are the kubelet's: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from podlab.engines.docker.security import security
from podlab.engines.docker.translate import Body, effective
from podlab.errors import Invalid, Unsupported

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client
    from podlab.model import Container, Pod


async def settled(client: Client, pod: Pod, container: Container, body: Body) -> Body:
    """The body with the image's own user where only a group was said. `Invalid` where the container would run as
    root, or as nobody knows whom, and must not; `NotFound` where the image is not there."""
    own = effective(pod, container)
    if own.run_as_user is None and (own.run_as_non_root or own.run_as_group is not None):
        image = await client.json("GET", f"/images/{quote(container.image, safe='/:@')}/json")
        name = ((image.get("Config") or {}).get("User") or "").split(":")[0]
        if own.run_as_non_root:
            _refuse_root(container.name, name)
        if own.run_as_group is not None:
            return body | {"User": f"{name or 0}:{own.run_as_group}"}
    elif own.run_as_non_root and own.run_as_user == 0:
        raise Invalid(
            "container's runAsUser breaks non-root policy",
            subject=container.name,
            hint="set another runAsUser, or leave runAsNonRoot out",
        )
    return body


async def refuse_unmapped(client: Client, pod: Pod) -> None:
    """`Unsupported` where the pod wants users of its own, and the engine has the machine's.

    https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/
    """
    if pod.spec.host_users is False and not (await security(client)).maps_users:
        raise Unsupported(
            "hostUsers: false needs an engine that maps users, and this one does not",
            subject=pod.name,
            hint="https://docs.docker.com/engine/security/userns-remap/ tells how to turn that on for the whole engine",
        )


def _refuse_root(container: str, user: str) -> None:
    hint = "set a runAsUser, or take an image with a user of its own, by number"
    if not user or (user.isdigit() and int(user) == 0):
        raise Invalid("container has runAsNonRoot and image will run as root", subject=container, hint=hint)
    if not user.isdigit():
        raise Invalid(
            f"container has runAsNonRoot and image has non-numeric user ({user}), cannot verify user is non-root",
            subject=container,
            hint=hint,
        )
