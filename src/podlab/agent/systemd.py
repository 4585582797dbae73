"""The agent as a service of systemd: the unit, and what is done with it.

https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from podlab.errors import Conflict, NotFound, PodlabError
from podlab.images.program import run

UNIT: Final = "podlab-agent.service"
_MADE_BY: Final = "# Made by `podlab agent install` of podlab "
_RUNNING: Final = Path("/run/systemd/system")
"""https://www.freedesktop.org/software/systemd/man/latest/sd_booted.html"""


def is_there(running: Path = _RUNNING) -> bool:
    """Whether this machine was started by systemd."""
    return running.is_dir()


def unit(program: str, *, host: str, version: str, environment: Mapping[str, str], is_user: bool) -> str:
    """The text of the unit. `program` is podlab's own path, `host` the engine's address."""
    variables = "".join(f'Environment="{name}={_escaped(value)}"\n' for name, value in environment.items())
    after = "" if is_user else "After=network.target docker.service\n"
    return (
        f"{_MADE_BY}{version}; `podlab agent uninstall` removes it.\n"
        "[Unit]\n"
        "Description=podlab agent: keeps pods as wanted\n"
        f"{after}\n"
        "[Service]\n"
        f'ExecStart="{_escaped(program)}" -H "{_escaped(host)}" agent\n'
        f"{variables}"
        'Environment="HOME=%h"\n'
        "Restart=always\n"
        "RestartSec=2\n"
        "NoNewPrivileges=yes\n"
        "ProtectSystem=strict\n"
        "ProtectHome=read-only\n"
        "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\n"
        "\n"
        "[Install]\n"
        f"WantedBy={'default.target' if is_user else 'multi-user.target'}\n"
    )


def _escaped(text: str) -> str:
    """As `Environment=` and `ExecStart=` take it in double quotes."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    path: Path
    version: str
    is_running: bool
    state: str
    """systemd's word: active, inactive, failed, …; `unknown` where nobody can be asked."""


@dataclass(frozen=True, slots=True)
class Service:
    """Of the machine, or with `is_user` of one user. `folder` is where the unit lies."""

    is_user: bool
    folder: Path

    @classmethod
    def of_machine(cls) -> Service:
        return cls(False, Path("/etc/systemd/system"))

    @classmethod
    def of_user(cls) -> Service:
        config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        return cls(True, config / "systemd" / "user")

    @property
    def path(self) -> Path:
        return self.folder / UNIT

    def commands(self) -> list[str]:
        """What `install` runs after it has written the unit, for people."""
        return [" ".join(["systemctl", *self._flags, *words]) for words in _STEPS]

    @property
    def _flags(self) -> list[str]:
        return ["--user"] if self.is_user else []

    async def install(self, text: str) -> None:
        """Write the unit, start it now and at each boot. `Conflict` where a unit of that name is not ours."""
        if self.path.exists() and self.version() is None:
            raise Conflict(
                f"{self.path} was not made by podlab", subject=str(self.path), hint="move it away first"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path.write_text(text)
        for words in _STEPS:
            await run("systemctl", *self._flags, *words)

    async def uninstall(self) -> bool:
        """Stop it and remove the unit; whether there was one of ours."""
        if self.version() is None:
            return False
        with suppress(PodlabError):  # systemd may be gone, or know it no more
            await run("systemctl", *self._flags, "disable", "--now", UNIT)
        self.path.unlink(missing_ok=True)
        with suppress(PodlabError):
            await run("systemctl", *self._flags, "daemon-reload")
        return True

    async def find(self) -> Installed | None:
        version = self.version()
        if version is None:
            return None
        state = "unknown"
        with suppress(PodlabError):
            state = (await run("systemctl", *self._flags, "show", "-P", "ActiveState", UNIT)).strip() or state
        return Installed(path=self.path, version=version, is_running=state == "active", state=state)

    def version(self) -> str | None:
        """podlab's, that made the unit; None where there is none, or it is somebody else's."""
        try:
            first = self.path.read_text().partition("\n")[0]
        except (FileNotFoundError, PermissionError, NotADirectoryError):
            return None
        made = re.match(re.escape(_MADE_BY) + r"(\S+);", first)
        return made[1] if made else None


_STEPS: Final = (["daemon-reload"], ["enable", UNIT], ["restart", UNIT])


def program(argv0: str, found: str | None) -> str:
    """podlab's absolute path, for the unit. `NotFound` where podlab was started in a way that no unit can repeat."""
    if Path(argv0).name == "podlab" and Path(argv0).exists():
        return str(Path(argv0).absolute())
    if found is not None:
        return str(Path(found).absolute())
    raise NotFound(
        "no program 'podlab' is installed that systemd could start",
        hint="pipx install podlab, or --as container",
    )
