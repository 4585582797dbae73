"""Deployments, ReplicaSets and DaemonSets, step by step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podlab.model.workloads import (
    DaemonSetStrategy,
    DeploymentStrategy,
    RollingUpdate,
)
from podlab.quantity import share
from podlab.workloads.template import revision
from tests.workloads.made import Machine, after, daemon_set, deployment, replica_set


def strategy(unavailable: int | str, surge: int | str) -> DeploymentStrategy:
    return DeploymentStrategy(rolling_update=RollingUpdate(max_unavailable=unavailable, max_surge=surge))


def test_pods_are_numbered_from_one_and_carry_their_owner() -> None:
    machine = Machine()
    (step,) = machine.run(deployment(replicas=3))
    assert machine.names == ["web-1", "web-2", "web-3"]
    labels = step.create[0].metadata.labels
    assert labels["podlab.io/owner-kind"] == "Deployment" and labels["podlab.io/owner-name"] == "web"
    assert labels["podlab.io/revision"] == revision(deployment().spec.template)
    assert labels["app"] == "web"


def test_a_name_that_somebody_else_has_is_passed_over() -> None:
    machine = Machine()
    machine.run(deployment(replicas=2), others=["web-1"])
    assert machine.names == ["web-2", "web-3"]


def test_a_pod_that_vanished_comes_back_under_its_number() -> None:
    machine = Machine()
    machine.run(deployment(replicas=3))
    del machine.pods["web-2"]
    machine.run(deployment(replicas=3))
    assert machine.names == ["web-1", "web-2", "web-3"]


def test_scaling_down_takes_the_highest_numbers_and_broken_ones_first() -> None:
    machine = Machine(lambda image: image != "broken")
    machine.run(deployment("broken", replicas=1))
    machine.run(replica_set(replicas=4))
    machine.run(replica_set(replicas=2))
    assert machine.names == ["web-2", "web-3"]


@given(
    st.integers(1, 6), st.integers(1, 6), st.sampled_from([0, 1, 3, "25%", "50%"]), st.sampled_from([0, 1, 2, "30%"])
)  # fmt: skip
def test_a_change_keeps_to_its_bounds_and_ends_with_the_new_template(
    before: int, wanted: int, unavailable: int | str, surge: int | str
) -> None:
    if share(unavailable, 100, up=True) == 0 and share(surge, 100, up=True) == 0:
        return
    machine = Machine()
    machine.run(deployment("old", replicas=wanted))
    now = deployment("new", replicas=wanted, strategy=strategy(unavailable, surge))
    machine.run(now)
    assert {machine.images[name] for name in machine.names} == {"new"}
    assert len(machine.names) == wanted
    missing = share(unavailable, wanted, up=False)
    more = share(surge, wanted, up=True)
    if missing == 0 and more == 0:
        missing = 1
    assert machine.fewest_ready >= wanted - missing
    assert machine.most <= wanted + more


def test_a_change_to_a_bad_template_stops_before_more_than_allowed_are_missing() -> None:
    machine = Machine(lambda image: image != "broken")
    machine.run(deployment(replicas=4))
    machine.run(deployment("broken", replicas=4, strategy=strategy(1, 1)))
    assert sum(each.is_ready for each in machine.owned()) == 3
    machine.run(deployment("fixed", replicas=4, strategy=strategy(1, 1)))
    assert {machine.images[name] for name in machine.names} == {"fixed"}
    assert len(machine.names) == 4


def test_recreate_removes_all_before_it_makes_any() -> None:
    machine = Machine()
    machine.run(deployment("old", replicas=3))
    first, second = machine.run(deployment("new", replicas=3, strategy=DeploymentStrategy(type="Recreate")))
    assert (len(first.remove), len(first.create), len(second.create)) == (3, 0, 3)


def test_a_paused_deployment_scales_with_the_template_that_its_pods_have() -> None:
    machine, old = Machine(), deployment("old", replicas=1)
    machine.run(old)
    machine.run(after(deployment("new", replicas=2, paused=True), old))
    assert [machine.images[name] for name in machine.names] == ["old", "old"]


def test_ports_of_the_machine_make_a_change_wait_for_the_old_pod_to_go() -> None:
    import dataclasses

    from podlab.model import ContainerPort

    def with_port(image: str):  # type: ignore[no-untyped-def]
        made = deployment(image, replicas=1, strategy=strategy(0, 1))
        container = dataclasses.replace(
            made.spec.template.spec.containers[0], ports=(ContainerPort(container_port=80, host_port=8080),)
        )
        spec = dataclasses.replace(made.spec.template.spec, containers=(container,))
        template = dataclasses.replace(made.spec.template, spec=spec)
        return dataclasses.replace(made, spec=dataclasses.replace(made.spec, template=template))

    machine = Machine()
    machine.run(with_port("old"))
    machine.run(with_port("new"))
    assert machine.most == 1 and machine.images[machine.names[0]] == "new"


def test_min_ready_seconds_hold_the_next_step_back() -> None:
    machine = Machine()
    machine.run(deployment("old", replicas=1))
    machine.now += 100
    now = deployment("new", replicas=1, min_ready_seconds=30, strategy=strategy(0, 1))
    machine.run(now)
    assert machine.names == ["web-1", "web-2"]
    machine.now += 30
    machine.run(now)
    assert machine.names == ["web-2"]


def test_a_replica_set_leaves_pods_of_another_template() -> None:
    machine = Machine()
    machine.run(replica_set("old", replicas=2))
    machine.run(replica_set("new", replicas=3))
    assert [machine.images[name] for name in machine.names] == ["old", "old", "new"]


@pytest.mark.parametrize("kind", ["RollingUpdate", "OnDelete"])
def test_a_daemon_set_is_one_pod_since_an_engine_is_one_node(kind: str) -> None:
    machine = Machine()
    machine.run(daemon_set("old"))
    machine.run(daemon_set("new", update_strategy=DaemonSetStrategy(type=kind)))  # type: ignore[arg-type]
    assert machine.names == ["web-1"]
    assert machine.images["web-1"] == ("old" if kind == "OnDelete" else "new")
