"""Every judgement as a table: facts → the finding's level, words of it, words of its fix."""

from __future__ import annotations

from dataclasses import replace

import pytest

from podlab import naming
from podlab.doctor.facts import Attempt, Facts, LabFacts, NetworkFacts, Reach
from podlab.doctor.finding import Level
from podlab.doctor.privileges import explain
from podlab.doctor.report import report
from tests.doctor.doctor_facts import FACTS, engine, finding, lab, machine

OK, NOTE, WARNING, PROBLEM = Level.OK, Level.NOTE, Level.WARNING, Level.PROBLEM

Case = tuple[Facts, str, Level, str, str]

ENGINE: list[Case] = [
    (engine(), "engine.version", OK, "29.1.0", ""),
    (engine(version="26.1.5+dfsg1"), "engine.version", NOTE, "29.0 waits", "podlab up"),
    (
        engine(version="20.10.24"),
        "engine.version",
        WARNING,
        "lacks a capability",
        "apt-get install -t trixie",
    ),
    (engine(version="19.03.15"), "engine.version", PROBLEM, "private cgroup namespaces", "install"),
    (engine(version="dev"), "engine.version", NOTE, "no release", ""),
    (
        engine(product="Podman Engine", version="5.4.2"),
        "engine.version",
        NOTE,
        "docs/podman.md",
        "podlab engine start",
    ),
    (engine(product="Podman Engine", version="4.3.1"), "engine.version", WARNING, "tested with 5.4", ""),
    (engine(product="Podman Engine", storage_driver="overlay"), "engine.storage", OK, "overlay", ""),
    (engine(storage_driver="vfs"), "engine.storage", WARNING, "copies", "overlay2"),
    (engine(storage_driver="devicemapper"), "engine.storage", WARNING, "deprecated", "overlay2"),
    (engine(storage_driver="fuse-overlayfs"), "engine.storage", NOTE, "slower", "5.11"),
    (engine(storage_driver="overlayfs"), "engine.storage", OK, "overlayfs", ""),
    (engine(has_file_types=False), "engine.storage", PROBLEM, "d_type", "ftype=1"),
    (engine(clock_ahead_s=-90), "engine.clock", WARNING, "90 s behind", "timedatectl set-ntp true"),
    (engine(clock_ahead_s=4), "engine.clock", OK, "agree", ""),
    (engine(warnings=("WARNING: no IPv6",)), "engine.warning-1", NOTE, "no IPv6", ""),
]
CGROUP: list[Case] = [
    (engine(), "cgroup.version", OK, "2", ""),
    (engine(cgroup_version=1), "cgroup.version", NOTE, "lift the limits", "unified_cgroup_hierarchy=1"),
    (engine(cgroup_driver="none"), "cgroup.driver", WARNING, "not kept", "systemctl --user"),
    (engine(missing_limits=("memory",)), "cgroup.limits", WARNING, "memory", "cgroup_enable=memory"),
]
FAILED = Attempt(
    worked=False, said="OCI runtime create failed: unable to apply caps: operation not permitted"
)
PRIVILEGES: list[Case] = [
    (FACTS, "privileges.privileged", OK, "started", ""),
    (replace(FACTS, privileged=FAILED), "privileges.privileged", WARNING, "lacks a capability", "23.0"),
    (replace(FACTS, privileged=None), "privileges.privileged", NOTE, "no image", "podlab images prepare"),
    (FACTS, "privileges.levels", OK, "privileged, caps, rootless; not: userns", ""),
    (engine(security=frozenset({"userns"})), "privileges.levels", OK, "rootless, userns", ""),
    (
        engine(security=frozenset({"userns"}), cgroup_version=1),
        "privileges.levels", OK, "userns (it needs cgroup version 2)", "",
    ),
    (engine(security=frozenset({"rootless"})), "privileges.levels", OK, "the engine is rootless", ""),
    (replace(FACTS, privileged=FAILED, caps=FAILED, rootless=FAILED), "privileges.levels", WARNING, "none", "start"),
    (replace(FACTS, privileged=None, caps=None, rootless=None), "privileges.levels", NOTE, "not tried", "prepare"),
    (replace(FACTS, nested=None), "privileges.nested", NOTE, "not tried", "podlab doctor --nested"),
    (
        replace(lab(images=frozenset()), nested=None),
        "privileges.nested", NOTE, "docker:dind is not on", "podlab images prepare docker:dind",
    ),
    (replace(FACTS, nested=FAILED), "privileges.nested", WARNING, "lacks", "rootless.yaml"),
    (
        replace(FACTS, nested=Attempt(worked=False, said="No such image: docker:dind")),
        "privileges.nested", WARNING, "not on the engine", "podlab images prepare docker:dind; or podlab up",
    ),
    (
        replace(FACTS, nested=Attempt(worked=False, said="never seen"), rootless=FAILED),
        "privileges.nested", PROBLEM, "never seen", "docker run --rm --privileged docker:dind",
    ),
    (replace(FACTS, nested=FAILED, rootless=FAILED), "privileges.nested", PROBLEM, "lacks", "23.0"),
]  # fmt: skip
BRIDGES = (
    NetworkFacts(name="podlab", subnets=("172.18.0.0/16",), is_ours=True),
    NetworkFacts(name="podlab-isolated", subnets=("10.1.0.0/28",), is_ours=True, used=3),
)
FULL = tuple(NetworkFacts(name=f"n{i}", subnets=(f"10.9.{i}.0/24",)) for i in range(4))
LIMITS: list[Case] = [
    (FACTS, "space.memory", OK, "61 seats fit: (16.0 GB available - 512 MB kept free) / 250 MB", ""),
    (machine(MemAvailable=1_953_125), "space.memory", WARNING, "5 seats fit: (2.0 GB", "docker ps"),
    (machine(free_bytes=1_000_000_000), "space.disk", WARNING, "0 seats fit", "docker system prune"),
    (machine(free_inodes=1000), "space.inodes", WARNING, "0 seats fit", "mkfs"),
    (machine(fs__inotify__max_user_instances=128), "kernel.inotify", WARNING, "14 seats", "instances=2048"),
    (machine(kernel__pid_max=4096), "kernel.tasks", WARNING, "(kernel.pid_max 4096 - 500", "kernel.pid_max=32768"),
    (machine(net__netfilter__nf_conntrack_max=4096), "kernel.conntrack", WARNING, "19 seats", "nf_conntrack_max=32768"),
    (machine(net__ipv4__neigh__default__gc_thresh3=128), "kernel.neighbours", WARNING, "16 seats", "gc_thresh3=1024"),
    (engine(security=frozenset({"userns"})), "kernel.keys", WARNING, "25 seats", "kernel.keys.maxkeys=1024"),
    (FACTS, "network.pools", OK, "30 of 31 are free; podlab takes 2", ""),
    (replace(FACTS, networks=BRIDGES), "network.pools", OK, "together, and has them", ""),
    (
        replace(engine(address_pools=(("10.9.0.0/22", 24),)), networks=FULL),
        "network.pools", PROBLEM, "0 of 4 are free", "default-address-pools",
    ),
    (
        replace(FACTS, networks=(NetworkFacts(name="podlab", subnets=()),)),
        "network.foreign", PROBLEM, "podlab did not make it", "docker network rm podlab",
    ),
    (FACTS, "network.bridge", OK, "1023 seats fit", ""),
    (FACTS, "network.addresses", OK, "65533 seats fit", ""),
    (replace(FACTS, networks=BRIDGES), "network.addresses", WARNING, "10 seats fit: (16 in", "podlab prune"),
]  # fmt: skip
LAB: list[Case] = [
    (lab(docker_cli=None), "lab.docker-cli", NOTE, "not installed", "apt-get install docker-cli"),
    (lab(images=frozenset({"busybox"})), "lab.images", NOTE, "registry:2", "podlab images prepare"),
    (
        lab(registry=Attempt(worked=False, said="dial tcp")),
        "lab.registry",
        NOTE,
        "dial tcp",
        "podlab images load",
    ),
    (lab(registry=None), "lab.registry", NOTE, "does not reach", "podlab images load"),
    (lab(pods=1), "lab.pods", OK, "1 pod", ""),
    (lab(pods=2, expired=("old",)), "lab.pods", NOTE, "pod old (lifetime over)", "podlab prune"),
    (lab(leftovers=("web: pod has ended",)), "lab.pods", NOTE, "web: pod has ended", "podlab prune"),
]


@pytest.mark.parametrize(
    ("facts", "id", "level", "found", "fix"), [*ENGINE, *CGROUP, *PRIVILEGES, *LIMITS, *LAB]
)
def test_a_finding_says_how_it_is_and_what_to_do(
    facts: Facts, id: str, level: Level, found: str, fix: str
) -> None:
    each = finding(facts, id)
    assert (each.level, found in each.found, fix in each.fix) == (level, True, True), each


@pytest.mark.parametrize("facts", [case[0] for case in (*ENGINE, *CGROUP, *PRIVILEGES, *LIMITS, *LAB)])
def test_every_warning_and_problem_has_a_fix(facts: Facts) -> None:
    findings = report(facts).findings
    assert [each for each in findings if each.level in (WARNING, PROBLEM) and not each.fix] == []
    assert len({each.id for each in findings}) == len(findings)


def test_an_engine_on_which_all_is_well_has_neither_warning_nor_problem() -> None:
    found = report(FACTS)
    assert {each.level for each in found.findings} == {OK}
    assert (found.is_healthy, found.summary) == (True, "61 seats fit; memory is what limits")


def test_without_an_engine_the_first_finding_tells_why_and_what_to_do() -> None:
    facts = Facts(
        unreachable=("no Docker Engine answers", "podlab engine start"), lab=LabFacts(docker_cli="28")
    )
    found = report(facts, 30)
    assert (found.findings[0].level, found.findings[0].fix) == (PROBLEM, "podlab engine start")
    assert (found.is_healthy, found.seats, found.summary) == (False, None, "1 problem")


@pytest.mark.parametrize(
    ("said", "meaning", "fix"),
    [
        ("runc: unable to apply caps: operation not permitted", "lacks a capability", "23.0"),
        (
            "privileged mode is incompatible with private cgroup namespaces on cgroup v1 host.",
            "no cgroup",
            "23.0",
        ),
        ("privileged mode is incompatible with user namespaces.", "userns-remap", "userns.yaml"),
        ("unshare: write error: Operation not permitted", "only root", "user.max_user_namespaces"),
        (
            "unshare: AppArmor restricts user namespaces",
            "AppArmor",
            "apparmor_restrict_unprivileged_userns=0",
        ),
        ("sh: can't open /dev/net/tun: no such device", "tun device", "modprobe tun"),
        ("first line\nsomething new\n", "something new", ""),
        ("", "without a word", ""),
    ],
)
def test_what_the_engine_says_in_plain_words(said: str, meaning: str, fix: str) -> None:
    words, todo = explain(said)
    assert meaning in words and fix in todo


@pytest.mark.parametrize(
    ("reach", "level", "found"),
    [
        (None, Level.NOTE, "no image"),
        (
            Reach(problem="the machine did not reach its own listener"),
            Level.NOTE,
            "not tried: the machine did",
        ),
        (Reach(listening=frozenset({"10.0.0.1", "10.1.0.1"})), Level.OK, "no answer at 10.0.0.1, 10.1.0.1"),
        (
            Reach(listening=frozenset({"10.0.0.1", "10.1.0.1"}), reached=frozenset({"10.1.0.1"})),
            Level.WARNING,
            "listens on the engine's machine, at 10.1.0.1",
        ),
    ],
)
def test_whether_seats_reach_the_machines_listeners(reach: Reach | None, level: Level, found: str) -> None:
    seats = NetworkFacts(name=naming.ISOLATED_NETWORK, subnets=("10.1.0.0/24",), is_ours=True)
    told = finding(replace(FACTS, networks=(seats,), reach=reach), "network.closed")
    assert told.level is level
    assert found in told.found


def test_without_the_seats_network_there_is_nothing_to_try() -> None:
    told = finding(replace(FACTS, reach=Reach(problem="network podlab-isolated not found")), "network.closed")
    assert told.level is Level.OK
    assert "no seat has been here" in told.found
