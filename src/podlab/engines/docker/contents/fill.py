"""Write the files of a configMap, secret, downwardAPI or projected volume into its tmpfs, which the infra holds."""

from __future__ import annotations

import posixpath
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from podlab import naming
from podlab.engines.base import ExecOptions
from podlab.engines.docker.contents import around as asked
from podlab.engines.docker.contents.opener import look, put
from podlab.engines.docker.streams import exec_process
from podlab.engines.docker.translate import HELD_AT
from podlab.errors import Conflict, NotFound
from podlab.objects.files import files
from podlab.objects.ownership import ownership
from podlab.objects.tree import DATA, FOLDER, NEXT, folder_name, pack, tops, version

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client
    from podlab.model import Pod, Volume
    from podlab.objects import Surroundings

_MOVE: Final = rf"""
cd "$1" && shift && mv -fT {NEXT} {DATA} || exit
for name; do [ -L "./$name" ] || ln -s "{DATA}/$name" "./$name" || exit; done
for name in * .[!.]*; do if [ -L "./$name" ] && [ ! -e "./$name" ]; then rm -f "./$name"; fi; done
now=$(readlink {DATA})
for name in ..[0-9]*; do [ "$name" = "$now" ] || rm -rf "./$name"; done
"""
"""What makes a new version count: the link moves in one step; then new names appear, and what leads nowhere goes."""


async def fill(client: Client, pod: Pod, volume: Volume, around: Surroundings) -> bool:
    """Whether the files were others than those that are wanted. The infra container has to be up. Where they cannot
    be made any more, those that are there stay; `NotFound` where there are none."""
    around = await asked.for_volume(client, pod, volume, around)
    infra = naming.container(pod.name, naming.INFRA)
    root, prefix = f"{HELD_AT}/{volume.name}", FOLDER if around.has_subpaths else ""
    there = await look(client, infra, posixpath.join(root, prefix, DATA))
    try:
        wanted, owned = files(pod, volume, around), ownership(pod, volume)
    except NotFound:
        if there is None:
            raise
        return False
    if there and there.link_target.endswith("." + version(wanted, owned)):
        return False
    now = datetime.now(UTC)
    folder = folder_name(wanted, owned, now)
    await put(client, infra, root, pack(wanted, owned, folder, now, prefix=prefix, first=there is None))
    if there is not None:
        await _move(client, infra, posixpath.join(root, prefix), tops(wanted))
    return True


async def _move(client: Client, infra: str, folder: str, names: list[str]) -> None:
    """In the infra container, as the files' owner: what is archived into a container cannot be moved there."""
    command = ["sh", "-c", _MOVE, "sh", folder, *names]
    said = b""
    async with await exec_process(client, infra, command, ExecOptions(user="0:0")) as process:
        while chunk := await process.read():
            said += chunk[1]
        if await process.wait() != 0:
            raise Conflict(f"cannot renew {folder}: {said.decode(errors='replace').strip()}", subject=folder)
