"""This machine's own Debian archive: which suite it runs, where its packages come from, how to fetch them.

No archive's address is written in podlab: whatever mirror and proxy apt is set up with here is used.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from podlab.errors import Unavailable, Unsupported
from podlab.images.program import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_KEYRINGS: Final = {
    "debian": Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    "ubuntu": Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg"),
}
_ORIGINS: Final = ("Debian", "Ubuntu")
_FORMAT: Final = "$(REPO_URI)|$(CODENAME)|$(COMPONENT)|$(ORIGIN)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What this machine is: `debian`, `bookworm`, `amd64`."""

    distribution: str
    suite: str
    architecture: str


async def machine() -> Machine:
    """`Unsupported` where this is no Debian or Ubuntu."""
    release = _os_release()
    family = (release.get("ID", ""), *release.get("ID_LIKE", "").split())
    distribution = next((name for name in family if name in _KEYRINGS), "")
    suite = release.get("VERSION_CODENAME", "")
    if not distribution or not suite or not shutil.which("apt-get"):
        raise Unsupported(
            "cannot build images from Debian packages: this machine is no Debian or Ubuntu",
            hint="`podlab images save FILE` where the images are, then `podlab images load FILE` here",
        )
    architecture = (await run("dpkg", "--print-architecture")).strip()
    return Machine(distribution=distribution, suite=suite, architecture=architecture)


def _os_release(path: Path = Path("/etc/os-release")) -> dict[str, str]:
    """https://www.freedesktop.org/software/systemd/man/latest/os-release.html"""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.split("=", 1) for line in lines if "=" in line)
    return {key.strip(): value.strip().strip("\"'") for key, value in pairs}


class Target(NamedTuple):
    """One list of packages that apt knows: the archive's address, `bookworm-security`, `main`, `Debian`."""

    uri: str
    codename: str
    component: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """apt and its lists. `suite` is the one that this machine's packages come from."""

    machine: Machine
    suite: str
    targets: tuple[Target, ...]
    options: tuple[str, ...]

    def sources(self, suite: str) -> list[str]:
        """One-line apt sources for a suite, on the mirrors that this machine uses for its own."""
        if suite != self.suite and self.machine.distribution != "debian":
            raise Unsupported(
                f"cannot build from Debian {suite}: this machine is {self.machine.distribution} {self.suite}",
                hint="build on a Debian machine and bring the images with `podlab images save` and `load`",
            )
        components: dict[tuple[str, str], list[str]] = {}
        for target in self.targets:
            if target.codename in (self.suite, f"{self.suite}-security"):
                place = target.uri, target.codename.replace(self.suite, suite)
                components.setdefault(place, []).append(target.component)
        keyring = _KEYRINGS[self.machine.distribution]
        signed = f" [signed-by={keyring}]" if keyring.exists() else ""
        return [f"deb{signed} {uri} {name} {' '.join(parts)}" for (uri, name), parts in components.items()]

    async def download(self, packages: Sequence[str], folder: Path) -> list[Path]:
        """The newest of this suite, its security updates included, verified by apt. Not what they need."""
        release = f"APT::Default-Release=/^{self.suite}(|-security|-updates)$/"
        await run("apt-get", *self.options, "-q", "-o", release, "download", *packages, cwd=folder)
        return sorted(folder.glob("*.deb"))


async def archive(here: Machine, folder: Path, on_line: Callable[[str], None]) -> Archive:
    """Read apt's lists, or fetch them where apt has none, as in a fresh container. apt itself is left as it
    is: what it writes goes to `folder`, and what is installed here does not matter (the empty status)."""
    options = [
        "-o", f"Dir::Cache::pkgcache={folder / 'pkgcache.bin'}", "-o", "Dir::Cache::srcpkgcache=",
        "-o", "Dir::State::status=/dev/null", "-o", "APT::Sandbox::User=root",
    ]  # fmt: skip
    targets = await _targets(options)
    if not targets:
        on_line("fetching the lists of packages")
        (folder / "lists" / "partial").mkdir(parents=True)
        options += ["-o", f"Dir::State::Lists={folder / 'lists'}"]
        await run("apt-get", *options, "-q", "update")
        targets = await _targets(options)
    if not targets:
        raise Unavailable(
            "cannot build images from Debian packages: apt has no source to take them from",
            hint="see that `apt-get update` works on this machine",
        )
    suite = _own_suite(here.suite, targets)
    return Archive(machine=here, suite=suite, targets=targets, options=tuple(options))


def _own_suite(named: str, targets: Sequence[Target]) -> str:
    """/etc/os-release follows one package, base-files, and lies where a few packages come from a newer
    suite. The suite that the machine lives on is one with security updates."""
    maintained = [t.codename.removesuffix("-security") for t in targets if t.codename.endswith("-security")]
    return named if named in maintained or not maintained else maintained[0]


async def _targets(options: Sequence[str]) -> tuple[Target, ...]:
    out = await run("apt-get", *options, "indextargets", "--format", _FORMAT, "Created-By: Packages")
    found = (Target(*line.split("|")) for line in out.splitlines() if line.count("|") == 3)
    return tuple(dict.fromkeys(t for t in found if t.origin in _ORIGINS))


async def proxies() -> Mapping[str, str]:
    """apt's proxies as environment variables, for programs that bring their own apt configuration."""
    names = {"http_proxy": "Acquire::http::Proxy", "https_proxy": "Acquire::https::Proxy"}
    out = await run("apt-config", "shell", *(word for pair in names.items() for word in pair))
    found = (line.split("=", 1) for line in out.splitlines() if "=" in line)
    return {key: value.strip("'") for key, value in found if key not in os.environ}
