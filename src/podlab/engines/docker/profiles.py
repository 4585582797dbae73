"""Seccomp profiles: a name in the manifest, the profile's text to the engine.

`localhostProfile: podlab/NAME.json` is one that podlab ships; any other name is a file below the user's
`${XDG_CONFIG_HOME:-~/.config}/podlab/seccomp`, as the kubelet has a folder for them.
https://kubernetes.io/docs/tutorials/security/seccomp/
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

from podlab.engines.docker.api.features import Features
from podlab.engines.docker.translate import SECCOMP_FILE, Body
from podlab.errors import NotFound, Unsupported

INFRA_PROFILE: Final = "podlab/infra.json"
"""A shorter one than the engine's own: quicker, and not needed."""


def path(name: str) -> Path:
    """Where the profile lies. `NotFound` where there is none, or where the name leads outside."""
    if name.startswith("podlab/"):
        folder, rest = Path(__file__).parent / "seccomp", name.removeprefix("podlab/")
    else:
        config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        folder, rest = Path(config) / "podlab" / "seccomp", name
    found = (folder / rest).resolve()
    if not found.is_relative_to(folder.resolve()) or not found.is_file():
        raise NotFound(
            f"there is no seccomp profile '{name}'",
            subject=name,
            hint=f"put it into {folder}, or use podlab/rootless.json",
        )
    return found


def put_in(body: Body, features: Features) -> Body:
    """The body with each profile's text in place of its name; or with its path, for an engine that reads it itself.
    Where that is far away the infra has the engine's own profile, and `Unsupported` is any other."""
    options = []
    for option in body["HostConfig"]["SecurityOpt"]:
        name = option.removeprefix(SECCOMP_FILE)
        if name == option:
            options.append(option)
        elif not features.seccomp_is_a_file:
            options.append(f"seccomp={json.dumps(json.loads(path(name).read_text()))}")
        elif not features.is_far:
            options.append(f"seccomp={path(name)}")
        elif name != INFRA_PROFILE:
            raise Unsupported(
                f"this engine reads seccomp profiles on its own machine, which '{name}' is not known to be on",
                subject=name,
                hint="run podlab there, or leave seccompProfile out",
            )
    return body | {"HostConfig": body["HostConfig"] | {"SecurityOpt": options}}
