"""agent install, uninstall and status in this process; the container itself is tested on the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from podlab.agent import systemd
from podlab.cli import agent_install
from tests.cli.conftest import Podlab


@pytest.fixture(autouse=True)
def units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where units lie, and a systemctl that always agrees."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "systemctl").write_text("#!/bin/sh\necho active\n")
    (folder / "systemctl").chmod(0o755)
    (folder / "podlab").touch(mode=0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("PODLAB_INFRA_IMAGE", "lab/infra:1")
    monkeypatch.setattr(
        agent_install, "_service", lambda form: systemd.Service(form == "user", tmp_path / form)
    )
    return tmp_path


def test_a_service_is_shown_installed_seen_and_removed(podlab: Podlab, units: Path) -> None:
    assert podlab("agent", "status").code == 3
    looked = podlab("agent", "install", "--as", "user", "--dry-run").out
    assert looked.startswith(f"# {units}/user/podlab-agent.service\n# Made by `podlab agent install`")
    assert 'Environment="PODLAB_INFRA_IMAGE=lab/infra:1"' in looked
    assert looked.endswith("systemctl --user restart podlab-agent.service\n")
    assert not (units / "user").exists()
    assert "loginctl enable-linger" in podlab("agent", "install", "--as", "user").out
    done = podlab("agent", "status")
    assert done.code == 0
    assert done.out.startswith(f"user: {units}/user/podlab-agent.service, podlab ")
    (row,) = podlab("agent", "status", "-o", "json").json
    assert (row["form"], row["isRunning"], row["state"]) == ("user", True, "active")
    (units / "bin" / "systemctl").write_text("#!/bin/sh\necho failed\n")
    assert podlab("agent", "status").code == 1
    assert podlab("agent", "uninstall").out == f"removed {units}/user/podlab-agent.service\n"
    assert podlab("agent", "uninstall").code == 3


def test_what_cannot_be_is_told(podlab: Podlab, units: Path) -> None:
    assert "runs no agent in a container" in podlab("agent", "install", "--as", "container").err
    assert podlab("agent", "install", "--as", "system", "--socket", "/x").code == 2
    (units / "system").mkdir()
    (units / "system" / systemd.UNIT).write_text("[Service]\n")
    done = podlab("agent", "install", "--as", "system")
    assert done.code == 1
    assert "was not made by podlab" in done.err
    assert podlab("agent", "instal").code == 2
