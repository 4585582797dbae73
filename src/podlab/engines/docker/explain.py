"""The engine's error texts in words that say what failed, on what, and what to do."""

from __future__ import annotations

import re

from podlab import naming
from podlab.engines.docker.api import Client
from podlab.engines.docker.plan import Step, Verb
from podlab.errors import AlreadyExists, Invalid, NotFound, PodlabError, Unsupported

_INFRA_DOWN = re.compile(
    r"non running container|is restarting, wait until the container is running|lstat /proc/\d+/ns/"
)
_PORT_TAKEN = re.compile(r":(\d+)(?: failed: port is already allocated|: bind: address already in use)")


async def explain(client: Client, pod: str, step: Step, error: PodlabError) -> PodlabError:
    """What to raise instead of `error`, which is what the engine said to `step`."""
    text = error.message
    if step.verb is Verb.SEE_TO_PATH and isinstance(error, Invalid):
        return error
    is_whole = step.target == naming.INFRA or not step.concerns_container
    what = f"pod '{pod}'" if is_whole else f"container '{step.target}' of pod '{pod}'"
    if port := _PORT_TAKEN.search(text):
        holder = await _holder(client, port[1])
        return AlreadyExists(
            f"cannot start {what}: port {port[1]} is taken{holder}",
            subject=pod,
            hint="free it, or set another hostPort",
        )
    if "No such image" in text:
        image = text.rpartition("No such image: ")[2]
        return NotFound(
            f"cannot create {what}: image '{image}' is not on the engine",
            subject=image,
            hint=f"`podlab images prepare` with the pod's file gets it, and so does `docker pull {image}`",
        )
    if "is already in use by container" in text:
        return AlreadyExists(
            f"cannot create {what}: its name '{naming.container(pod, step.target)}' is taken by a container that "
            "does not belong to this pod",
            subject=pod,
            hint="rename or remove that container, or give the pod another name",
        )
    if unable := _unable(text):
        why, hint = unable
        return Unsupported(f"cannot {step.verb} {what}: {why}", subject=pod, hint=hint)
    if _INFRA_DOWN.search(text):
        said = await _last_words(client, naming.container(pod, naming.INFRA))
        return type(error)(
            f"cannot start {what}: the pod's infra container does not stay up{said}",
            subject=pod,
            hint="its image needs `sh`, `sleep` and `nc`, as busybox has them; PODLAB_INFRA_IMAGE names another",
        )
    verb = step.verb if step.concerns_container else f"{step.verb} '{step.target}' of"
    return type(error)(f"cannot {verb} {what}: {text}", subject=pod, hint=error.hint)


def _unable(text: str) -> tuple[str, str] | None:
    """Why the engine cannot give what a container's resources ask for, and what to do."""
    if driver := re.search(r'could not select device driver "([^"]*)"', text):
        if driver[1] == "nvidia":
            hint = "install the NVIDIA container toolkit on the engine's machine, or remove the limit"
            return "the engine cannot give it nvidia.com/gpu", hint
        return (
            "the engine knows no devices by name",
            "turn its feature `cdi` on, or remove the limits on devices",
        )
    if missing := re.search(r"unresolvable CDI devices (\S.*)", text):
        return (
            f"the engine has no device {missing[1]}",
            "`docker info` tells where it looks for devices (CDI)",
        )
    if "storage-opt" in text:
        hint = (
            "bound a volume instead (emptyDir), or keep the engine's data on xfs that is mounted with pquota"
        )
        return f"the engine cannot bound ephemeral-storage: {text}", hint
    return None


async def _holder(client: Client, port: str) -> str:
    try:
        holders = await client.json("GET", "/containers/json", query={"filters": {"publish": [port]}})
    except PodlabError:
        return ""
    return f" by container '{holders[0]['Names'][0].lstrip('/')}'" if holders else " by another program"


async def _last_words(client: Client, container: str) -> str:
    """What the container wrote last, each piece behind the 8 bytes that tell its stream."""
    query = {"stdout": True, "stderr": True, "tail": 3}
    try:
        async with client.request("GET", f"/containers/{container}/logs", query=query) as response:
            body = await response.body()
    except PodlabError:
        return ""
    text = b" ".join(line[8:].strip() for line in body.splitlines()).decode(errors="replace")
    return f": {text}" if text else ""
