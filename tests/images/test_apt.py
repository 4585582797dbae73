from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from podlab.errors import Unsupported
from podlab.images import apt
from podlab.images.apt import Archive, Machine, Target

if TYPE_CHECKING:
    from pathlib import Path

MIRROR = "http://mirror.example/debian/"
TARGETS = (
    Target(MIRROR, "trixie", "main", "Debian"),
    Target(MIRROR, "bookworm", "main", "Debian"),
    Target(MIRROR, "bookworm-updates", "main", "Debian"),
    Target("http://mirror.example/security/", "bookworm-security", "main", "Debian"),
)


def archive(distribution: str = "debian") -> Archive:
    here = Machine(distribution=distribution, suite="bookworm", architecture="amd64")
    return Archive(machine=here, suite="bookworm", targets=TARGETS, options=())


def test_another_suite_comes_from_the_machines_own_mirrors() -> None:
    lines = [line.partition("] ")[2] or line for line in archive().sources("trixie")]
    assert lines == [f"{MIRROR} trixie main", "http://mirror.example/security/ trixie-security main"]


def test_a_debian_suite_is_not_looked_for_on_ubuntus_mirrors() -> None:
    with pytest.raises(Unsupported, match="this machine is ubuntu bookworm"):
        archive("ubuntu").sources("trixie")


def test_a_machine_with_a_few_newer_packages_still_lives_on_the_suite_with_security_updates() -> None:
    assert apt._own_suite("trixie", TARGETS) == "bookworm"
    assert apt._own_suite("bookworm", TARGETS) == "bookworm"
    assert apt._own_suite("sid", TARGETS[:1]) == "sid"


async def test_a_machine_without_debian_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "_os_release", lambda: {"ID": "fedora"})
    with pytest.raises(Unsupported) as caught:
        await apt.machine()
    assert "images load" in caught.value.hint


def test_os_release_is_read_with_and_without_quotes(tmp_path: Path) -> None:
    (tmp_path / "os").write_text('ID=debian\nNAME="Debian GNU/Linux"\n# comment\n')
    assert apt._os_release(tmp_path / "os")["NAME"] == "Debian GNU/Linux"
    assert apt._os_release(tmp_path / "none") == {}
