"""Give the data of a claim to a pod's `fsGroup`, as a kubelet does before the pod's containers start.

https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#configure-volume-permission-and-ownership-change-policy-for-pods
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from podlab.engines.docker import errand
from podlab.engines.docker.translate import OPENER
from podlab.errors import PodlabError, Unavailable

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client

LONGEST_S: Final = 600
"""A volume may have many files."""
_SCRIPT: Final = f"""
cd {OPENER} || exit
mode=$(stat -c %a .)
if [ "$2" = OnRootMismatch ] && [ "$(stat -c %g .)" = "$1" ] && [ $((0$mode & 02770)) = $((02770)) ]; then exit; fi
chgrp -hR "$1" . &&
find . ! -type d ! -type l -exec chmod ug+rw {{}} + &&
find . -depth -type d -exec chmod ug+rwx,g+s {{}} +
"""
"""The root comes last: a run that was cut off leaves it as it was, and the next one begins anew."""


async def regroup(client: Client, volume: str, group: int, *, policy: str, image: str) -> None:
    """`policy` is `Always`, or `OnRootMismatch`: only where the volume's root is not the group's yet."""
    mount = {"Type": "volume", "Source": volume, "Target": OPENER, "VolumeOptions": {"NoCopy": True}}
    host: dict[str, Any] = {
        "NetworkMode": "none",
        "CapDrop": ["ALL"],
        "CapAdd": ["CHOWN", "FOWNER", "FSETID", "DAC_OVERRIDE"],
        "Mounts": [mount],
    }
    command = ["sh", "-c", _SCRIPT, "sh", str(group), policy]
    failed = f"cannot give volume '{volume}' to group {group}"
    try:
        code, said = await errand.run(client, image, command, host=host, timeout_s=LONGEST_S)
    except TimeoutError as error:
        raise Unavailable(
            f"{failed}: not done in {LONGEST_S} s",
            subject=volume,
            hint="fsGroupChangePolicy: OnRootMismatch leaves a volume alone that is the group's already",
        ) from error
    if code:
        raise PodlabError(f"{failed}: {said.strip() or f'exit code {code}'}", subject=volume)
