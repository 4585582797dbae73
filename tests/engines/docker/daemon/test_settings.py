from __future__ import annotations

import tomllib
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from podlab.engines.docker.daemon import place, settings
from podlab.engines.docker.daemon.network import without_docker
from podlab.errors import Invalid, Unavailable


@pytest.mark.parametrize("name", ["", "Lab", "a-b", "../lab", "ninechars", "é"])
def test_a_name_that_no_interface_could_carry_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="cannot be an engine's name"):
        place(name)


def test_an_interface_name_fits_the_kernels_fifteen_characters() -> None:
    assert len(place("12345678").link) == 15


def test_addresses_overlap_nothing_on_the_host_nor_each_other() -> None:
    taken = [IPv4Network("10.201.7.0/24"), IPv4Network("10.202.0.0/15")]
    block = settings.choose_block(taken)
    assert str(block.network) == "10.204.0.0/16"
    parts = [block.bridge.network, block.host_end.network, *(base for base, _ in block.pools)]
    assert all(part.subnet_of(block.network) for part in parts)
    assert not any(a.overlaps(b) for i, a in enumerate(parts) for b in parts[i + 1 :])
    assert block.host_end.network == block.engine_end.network
    assert block.host_end.ip != block.engine_end.ip


def test_an_engine_keeps_its_addresses_unless_somebody_took_them() -> None:
    assert str(settings.choose_block([], "10.222.0.0/16").network) == "10.222.0.0/16"
    assert (
        str(settings.choose_block([IPv4Network("10.222.1.0/30")], "10.222.0.0/16").network) == "10.201.0.0/16"
    )


def test_no_free_addresses_is_said_not_guessed() -> None:
    with pytest.raises(Unavailable, match="no private /16"):
        settings.choose_block([IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/12")])


@pytest.mark.parametrize("systemd", [False, True])
def test_every_path_is_in_the_engines_own_folders(systemd: bool) -> None:
    mine = place("lab", run=Path("/r"), state=Path("/s"))
    told: dict[str, Any] = settings.dockerd(mine, settings.choose_block([]), systemd=systemd)
    told |= tomllib.loads(settings.containerd(mine))
    paths = {key: value for key, value in told.items() if isinstance(value, str) and value.startswith("/")}
    if not systemd:
        assert paths.pop("cgroup-parent") == "/podlab-lab"
    assert paths.keys() == {"pidfile", "data-root", "exec-root", "containerd", "root", "state"}
    assert all(path.startswith(("/r/lab/", "/s/lab/")) for path in paths.values())
    assert told["hosts"] == ["unix:///r/lab/docker.sock"]


SAVED = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-A INPUT -i eth0 -p tcp -m tcp --dport 22 -j ACCEPT
-A FORWARD -j DOCKER-USER
-A FORWARD -o podlab-lab -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o podlab-lab2 -j ACCEPT
-A FORWARD -i br-1 ! -o br-1 -j ACCEPT
-A FORWARD -i br-2 -o eth0 -j ACCEPT
-A DOCKER -d 10.0.0.2/32 ! -i podlab-lab -o podlab-lab -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER-USER -j RETURN
-A POSTROUTING -s 10.0.0.0/24 ! -o podlab-lab -j MASQUERADE
-A POSTROUTING -s 10.0.0.2/32 -d 10.0.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE
-A POSTROUTING -s 10.9.0.0/24 ! -o virbr0 -j MASQUERADE
COMMIT
"""


def test_only_the_engines_own_firewall_rules_are_taken_out() -> None:
    changes = without_docker(SAVED, ("podlab-lab", "br-1")).splitlines()
    kept = [line for line in SAVED.splitlines() if line.startswith("-A") and f"-D{line[2:]}" not in changes]
    assert kept == [
        "-A INPUT -i eth0 -p tcp -m tcp --dport 22 -j ACCEPT",
        "-A FORWARD -o podlab-lab2 -j ACCEPT",
        "-A FORWARD -i br-2 -o eth0 -j ACCEPT",
        "-A POSTROUTING -s 10.9.0.0/24 ! -o virbr0 -j MASQUERADE",
    ]
    assert changes[-2:] == ["-X DOCKER", "-X DOCKER-USER"]


def test_a_firewall_without_the_engine_is_left_alone() -> None:
    assert without_docker("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n", ("podlab-lab",)) == ""
