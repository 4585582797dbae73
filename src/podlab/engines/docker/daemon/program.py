"""Programs that we run to the end."""

from __future__ import annotations

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE, STDOUT

from podlab.errors import NotFound, PodlabError

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def path() -> str:
    """The caller's PATH and the system's: a plain user's leaves out the folders with `dockerd` and `ip`."""
    return os.environ.get("PATH", "") + ":" + SYSTEM_PATH


def find(program: str) -> str:
    """Its full path; `NotFound` says what to install."""
    found = shutil.which(program, path=path())
    if not found:
        raise NotFound(f"{program} is not installed", subject=program, hint=_package(program))
    return found


async def run(*command: str, stdin: str = "") -> str:
    """What it prints. `PodlabError` with its last line where it fails."""
    process = await asyncio.create_subprocess_exec(
        find(command[0]), *command[1:], stdin=PIPE if stdin else DEVNULL, stdout=PIPE, stderr=STDOUT
    )
    try:
        out, _ = await process.communicate(stdin.encode() or None)
    except BaseException:
        if process.returncode is None:
            process.kill()
        raise
    text = out.decode(errors="replace").strip()
    if process.returncode:
        last = text.splitlines()[-1] if text else f"exit code {process.returncode}"
        raise PodlabError(f"{' '.join(command)} failed: {last}", subject=command[0])
    return text


def _package(program: str) -> str:
    packages = {"dockerd": "docker.io (or docker-ce)", "containerd": "containerd", "ip": "iproute2"}
    also = "; in a clone of podlab, scripts/bootstrap does it" if program == "dockerd" else ""
    return f"install {packages.get(program, program)} with the system's package manager{also}"
