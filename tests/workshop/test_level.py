"""Which level the seats' daemons get on an engine, and what is said about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from podlab.engines.guards import Security
from podlab.errors import Unsupported
from podlab.manifest import load
from podlab.manifest.level import Choice
from podlab.manifest.workshop import Workshop
from podlab.model import Container, HostPath, SecurityContext, Volume
from podlab.testing.fake import FakeEngine
from podlab.workshop.lab.level import effective, settle
from tests.examples.conftest import EXAMPLES
from tests.workshop.conftest import workshop_of

PLAIN = Security(cgroup_version=1)
MAPS = Security(maps_users=True, cgroup_version=2)


def shipped(level: Choice | None = "auto") -> Workshop:
    [workshop] = load([EXAMPLES / "docker-pods" / "podlab.yaml"]).workshops
    return replace(workshop, spec=replace(workshop.spec, level=level))


@pytest.mark.parametrize(
    ("engine", "level", "name", "is_boundary"),
    [
        (PLAIN, "auto", "rootless", True),
        (PLAIN, None, "rootless", True),
        (Security(cgroup_version=2), "auto", "rootless", True),
        (MAPS, "auto", "userns", True),
        (replace(MAPS, cgroup_version=1), "auto", "rootless", True),
        (MAPS, "rootless", "rootless", True),
        (PLAIN, "caps", "caps", False),
        (PLAIN, "privileged", "privileged", False),
    ],
)  # fmt: skip
def test_the_level_is_what_was_chosen_and_auto_is_the_safest_there_is(
    engine: Security, level: Choice | None, name: str, is_boundary: bool
) -> None:
    found = effective(engine, shipped(level))
    assert (found.name, found.is_boundary) == (name, is_boundary)
    assert bool(found.warning) is not is_boundary


@pytest.mark.parametrize(
    ("engine", "missing"), [(PLAIN, "userns-remap"), (replace(MAPS, cgroup_version=1), "cgroup")]
)
def test_userns_where_it_would_protect_nobody_is_refused(engine: Security, missing: str) -> None:
    with pytest.raises(Unsupported, match=missing):
        effective(engine, shipped("userns"))


def test_an_engine_without_safe_levels_gives_none_that_nobody_has_asked_for() -> None:
    cluster = Security(levels=frozenset({"privileged"}))
    for level in ("auto", None, "rootless", "caps"):
        with pytest.raises(Unsupported, match="only at: privileged") as refused:
            effective(cluster, shipped(level))
        assert "--level privileged" in refused.value.hint
    assert effective(cluster, shipped("privileged")).name == "privileged"
    assert effective(cluster, with_spec()).name == "none"


def with_spec(**changes: object) -> Workshop:
    made = workshop_of("w", image="busybox")
    spec = replace(made.spec.pod.spec, **changes)  # type: ignore[arg-type]
    return replace(made, spec=replace(made.spec, pod=replace(made.spec.pod, spec=spec)))


def test_a_daemon_that_is_a_sidecar_counts() -> None:
    daemon = Container(
        name="d",
        image="docker:dind",
        restart_policy="Always",
        args=("dockerd", "--host=tcp://127.0.0.1:2375"),
    )
    assert effective(PLAIN, with_spec(init_containers=(daemon,))).name == "rootless"
    own = replace(daemon, security_context=SecurityContext(run_as_user=1000))
    assert effective(PLAIN, with_spec(init_containers=(own,))).name == "rootless"
    assert effective(PLAIN, with_spec(init_containers=(replace(own, restart_policy=None),))).name == "none"


def test_without_a_daemon_there_is_nothing_to_warn_of() -> None:
    assert effective(PLAIN, with_spec()).name == "none"
    assert effective(PLAIN, with_spec()).warning == ""


def test_rights_that_were_chosen_by_hand_are_warned_of() -> None:
    [app, *_] = with_spec().spec.pod.spec.containers
    privileged = replace(app, security_context=SecurityContext(privileged=True))
    assert "privileged" in effective(PLAIN, with_spec(containers=(privileged,))).warning
    folder = Volume(name="v", host_path=HostPath(path="/"))
    assert not effective(PLAIN, with_spec(volumes=(folder,))).is_boundary


def test_a_runtime_must_be_the_engines() -> None:
    sysbox = with_spec(runtime_class_name="sysbox-runc")
    with pytest.raises(Unsupported, match="no runtime 'sysbox-runc'"):
        effective(Security(runtimes=frozenset({"runc"})), sysbox)
    assert effective(Security(runtimes=frozenset({"runc", "sysbox-runc"})), sysbox).name == "runtime"


async def test_settled_the_workshop_says_the_level_itself() -> None:
    workshop, level = await settle(FakeEngine(), shipped())
    assert (workshop.spec.level, level.name) == ("rootless", "rootless")
    assert await settle(FakeEngine(), workshop) == (workshop, level)
