"""Where everything of a private engine is. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from podlab.engines.docker.address import DEFAULT_ENGINE, PRIVATE_ENGINES
from podlab.errors import Invalid

STATE = Path("/var/lib/podlab")
_NAME = re.compile(r"[a-z0-9]{1,8}")  # `podlab-` and the name are an interface's: 15 characters at most


@dataclass(frozen=True, slots=True)
class Place:
    """The paths and names of one engine. `run` is gone after a stop, `state` (the images) stays."""

    name: str
    run: Path
    state: Path

    @property
    def socket(self) -> Path:
        return self.run / "docker.sock"

    @property
    def pidfile(self) -> Path:
        return self.run / "docker.pid"

    @property
    def namespace(self) -> Path:
        """Its network namespace is mounted here, where it has one."""
        return self.run / "net"

    @property
    def record(self) -> Path:
        """What the engine was started with, for those who look at it or stop it."""
        return self.run / "engine.json"

    @property
    def launched(self) -> Path:
        """The pids of what was started, a line each."""
        return self.run / "launched"

    @property
    def exec_root(self) -> Path:
        return self.run / "exec"

    @property
    def containerd_socket(self) -> Path:
        return self.run / "containerd.sock"

    @property
    def containerd_run(self) -> Path:
        return self.run / "containerd"

    @property
    def data_root(self) -> Path:
        return self.state / "docker"

    @property
    def containerd_data(self) -> Path:
        return self.state / "containerd"

    @property
    def log(self) -> Path:
        return self.state / "engine.log"

    @property
    def link(self) -> str:
        """The interface on the host: the engine's bridge, or the host's end of the way to it."""
        return f"podlab-{self.name}"

    @property
    def cgroup(self) -> str:
        return f"podlab-{self.name}"


def place(name: str = DEFAULT_ENGINE, *, run: Path = PRIVATE_ENGINES, state: Path = STATE) -> Place:
    """`Invalid` for a name that no interface could carry."""
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"{name!r} cannot be an engine's name",
            subject=name,
            hint="1 to 8 lower-case letters and digits",
        )
    return Place(name, run / name, state / name)
