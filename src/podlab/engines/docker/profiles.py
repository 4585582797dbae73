"""Seccomp profiles: a name in the manifest, the profile's text to the engine.

`localhostProfile: podlab/NAME.json` is one that podlab ships; any other name is a file below the user's
`${XDG_CONFIG_HOME:-~/.config}/podlab/seccomp`, as the kubelet has a folder for them.
https://kubernetes.io/docs/tutorials/security/seccomp/
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from podlab.engines.docker.api.features import Features
from podlab.engines.docker.translate import SECCOMP_FILE, Body
from podlab.errors import NotFound


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
    """The body with each profile's text in place of its name; or with its path, for an engine (on this machine, that
    is) that reads it itself."""
    options = [
        f"seccomp={_profile(o.removeprefix(SECCOMP_FILE), as_file=features.seccomp_is_a_file)}"
        if o.startswith(SECCOMP_FILE)
        else o
        for o in body["HostConfig"]["SecurityOpt"]
    ]
    return body | {"HostConfig": body["HostConfig"] | {"SecurityOpt": options}}


def _profile(name: str, *, as_file: bool) -> str:
    return str(path(name)) if as_file else json.dumps(json.loads(path(name).read_text()))
