"""The scores by which the kernel ends containers when the machine runs out of memory (`node.quality`).

A guaranteed container keeps the engine's own score: a kubelet gives it less, which needs a right that an engine may
not have. So does one that may run containers itself: what is in it could not be given a score any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from podlab.engines.docker.translate import capabilities, effective
from podlab.node.quality import FIRST, Quality, asks_for_memory, quality, score

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client
    from podlab.engines.docker.translate import Body
    from podlab.model import Container, Pod


async def scored(client: Client, pod: Pod, container: Container, body: Body) -> Body:
    """The body with its score, where it has one of its own."""
    kind = quality(pod)
    if kind is Quality.GUARANTEED or _may_run_containers(pod, container):
        return body
    own, memory = FIRST, asks_for_memory(pod, container)
    if kind is Quality.BURSTABLE:
        machine = int((await client.json("GET", "/info"))["MemTotal"]) if memory else 1
        own = score(memory, machine)
    return body | {"HostConfig": body["HostConfig"] | {"OomScoreAdj": own}}


def _may_run_containers(pod: Pod, container: Container) -> bool:
    security = effective(pod, container)
    added, _ = capabilities(pod, security)
    has_rights = security.privileged or security.proc_mount == "Unmasked" or {"ALL", "SYS_ADMIN"} & set(added)
    return bool(has_rights or pod.spec.runtime_class_name)  # such as sysbox-runc's
