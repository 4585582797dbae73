"""The agent as a systemd service: the unit, judged by systemd's own tool where it is, and what is run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from podlab.agent.systemd import UNIT, Service, is_there, program, unit
from podlab.errors import Conflict, NotFound


def text(version: str = "1.2.3", **settings: object) -> str:
    said = {
        "host": "unix:///run/x.sock",
        "version": version,
        "environment": {"A": 'say "100%"'},
        "is_user": False,
    }
    return unit("/bin/true", **{**said, **settings})  # type: ignore[arg-type]


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name that notes its words; what it answers is in the file beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    noted = tmp_path / "noted"
    (folder / "systemctl").write_text(
        f'#!/bin/sh\necho "$*" >>{noted}\ncat {tmp_path}/answer 2>/dev/null\ntrue\n'
    )
    (folder / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return noted


def test_the_unit_starts_this_podlab_for_this_engine() -> None:
    lines = text().splitlines()
    assert (
        lines[0] == "# Made by `podlab agent install` of podlab 1.2.3; `podlab agent uninstall` removes it."
    )
    assert 'ExecStart="/bin/true" -H "unix:///run/x.sock" agent' in lines
    assert 'Environment="A=say \\"100%%\\""' in lines
    assert "Restart=always" in lines
    assert "WantedBy=multi-user.target" in lines
    assert "WantedBy=default.target" in text(is_user=True)


def test_systemd_itself_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    file = tmp_path / UNIT
    file.write_text(text())
    judged = subprocess.run(["systemd-analyze", "verify", "--man=no", file], capture_output=True, text=True)
    assert (judged.returncode, judged.stderr) == (0, "")


async def test_it_is_installed_seen_and_removed(tmp_path: Path, systemctl: Path) -> None:
    service = Service(True, tmp_path / "units" / "user")
    assert await service.find() is None
    assert not await service.uninstall()
    await service.install(text())
    (tmp_path / "answer").write_text("active\n")
    found = await service.find()
    assert found is not None
    assert (found.version, found.is_running, found.state) == ("1.2.3", True, "active")
    await service.install(text("1.2.4"))
    assert service.version() == "1.2.4"
    assert await service.uninstall()
    assert not service.path.exists()
    assert systemctl.read_text().splitlines()[:3] == [
        "--user daemon-reload", f"--user enable {UNIT}", f"--user restart {UNIT}",
    ]  # fmt: skip
    assert f"--user disable --now {UNIT}" in systemctl.read_text()


async def test_somebody_elses_unit_is_left_alone(tmp_path: Path, systemctl: Path) -> None:
    service = Service(False, tmp_path)
    service.path.write_text("[Service]\nExecStart=/bin/other\n")
    with pytest.raises(Conflict, match="was not made by podlab"):
        await service.install(text())
    assert not await service.uninstall()
    assert await service.find() is None
    assert service.path.exists()


def test_the_program_is_found(tmp_path: Path) -> None:
    own = tmp_path / "podlab"
    own.touch()
    assert program(str(own), None) == str(own)
    assert program("/x/python", "/usr/bin/podlab") == "/usr/bin/podlab"
    with pytest.raises(NotFound, match="no program 'podlab'"):
        program("/x/python", None)
    assert not is_there(tmp_path / "none")
