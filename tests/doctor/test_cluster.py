"""What the doctor makes of a cluster, and how many seats it counts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from podlab.doctor.cluster import room
from podlab.doctor.cluster.facts import Cluster, Node, Probed, Seat
from podlab.doctor.cluster.findings import report
from podlab.doctor.cluster.gather import requested
from podlab.doctor.cluster.workshop import seat
from podlab.doctor.finding import Level
from podlab.engines.kubernetes.access import Access
from podlab.engines.kubernetes.client import Client
from podlab.engines.kubernetes.engine import KubernetesEngine
from podlab.manifest import load
from tests.examples.conftest import EXAMPLES

GIB = 2**30


def node(name: str = "a", *, cpu: str = "8", gib: int = 16, pods: int = 100, **settings: Any) -> Node:
    free = {"cpu": Decimal(cpu), "memory": Decimal(gib * GIB), "pods": Decimal(pods)}
    return Node(name=name, is_ready=True, free=free, **settings)


CLUSTER = Cluster(
    server="https://10.0.0.1:6443", chosen_by="context 'lab' in config", version="1.31.0", namespace="default",
    storage_classes=("local",), default_storage="local", nodes=(node(labels={"lab": "yes"}),),
    probed=Probed(holds_pod_security=True, takes_privileged=True, holds_policies=True),
)  # fmt: skip


def level(cluster: Cluster, id: str, **settings: Any) -> Level:
    [found] = [each for each in report(cluster, **settings).findings if each.id == id]
    return found.level


def test_a_good_cluster_has_no_problem_and_says_how_many_fit() -> None:
    found = report(CLUSTER, wanted=30)
    assert found.is_healthy
    assert found.summary.startswith("30 wanted, 36 seats fit; memory is what limits")


def test_the_usual_seat_is_the_tutorials() -> None:
    [workshop] = load([EXAMPLES / "docker-pods" / "podlab.yaml"]).workshops
    engine = KubernetesEngine(Client(Access(server="https://x")))
    assert seat(engine, workshop) == Seat()


@pytest.mark.parametrize(
    ("changes", "id", "expected"),
    [
        ({"version": "1.20.2"}, "cluster.version", Level.NOTE),
        ({"version": "1.19.0"}, "cluster.version", Level.PROBLEM),
        ({"lacking": ("create pods",)}, "rights.pods", Level.PROBLEM),
        ({"lacking_to_deploy": ("create namespaces",)}, "rights.classes", Level.WARNING),
        ({"default_storage": ""}, "storage.class", Level.WARNING),
        ({"storage_classes": None, "default_storage": ""}, "storage.class", Level.NOTE),
        ({"nodes": None}, "room.known", Level.NOTE),
        ({"nodes": None}, "seats.fit", Level.NOTE),
        ({"nodes": (replace(node(), is_ready=False),)}, "room.known", Level.PROBLEM),
        ({"nodes": (replace(node(), is_ready=False),)}, "seats.fit", Level.PROBLEM),
        ({"probed": Probed(why="no image")}, "isolation.network", Level.WARNING),
        ({"probed": Probed(why="no image")}, "isolation.pod-security", Level.WARNING),
        ({"probed": replace(CLUSTER.probed, holds_policies=False)}, "isolation.network", Level.WARNING),
        ({"probed": replace(CLUSTER.probed, holds_pod_security=False)}, "isolation.pod-security", Level.NOTE),
        ({"probed": replace(CLUSTER.probed, takes_privileged=False)}, "isolation.privileged", Level.PROBLEM),
    ],
)  # fmt: skip
def test_what_lacks_is_told(changes: dict[str, Any], id: str, expected: Level) -> None:
    assert level(replace(CLUSTER, **changes), id) is expected


def test_privileged_seats_want_nodes_of_their_own() -> None:
    assert level(CLUSTER, "room.own") is Level.WARNING
    own = Seat(selector={"lab": "yes"})
    assert "room.own" not in {each.id for each in report(CLUSTER, seat=own).findings}
    plain = Seat(is_privileged=False)
    assert "room.own" not in {each.id for each in report(CLUSTER, seat=plain).findings}


TAINT = {"key": "lab", "value": "yes", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("toleration", "suits"),
    [
        ({"key": "lab", "value": "yes", "effect": "NoSchedule"}, True),
        ({"key": "lab", "operator": "Equal", "value": "yes"}, True),
        ({"key": "lab", "operator": "Exists"}, True),
        ({"operator": "Exists"}, True),
        ({"key": "lab", "value": "no"}, False),
        ({"key": "other", "operator": "Exists"}, False),
        ({"key": "lab", "operator": "Exists", "effect": "NoExecute"}, False),
    ],
)
def test_a_taint_keeps_out_who_does_not_tolerate_it(toleration: dict[str, Any], suits: bool) -> None:
    tainted = node(taints=(TAINT,))
    assert room.suits(tainted, Seat(tolerations=(toleration,))) is suits
    assert not room.suits(tainted, Seat())
    assert room.suits(node(taints=({**TAINT, "effect": "PreferNoSchedule"},)), Seat())


def test_what_is_free_on_different_nodes_makes_no_seat() -> None:
    """One node has processors and the other memory: each alone would do for many."""
    split = replace(CLUSTER, nodes=(node("a", gib=0), node("b", cpu="0")))
    [tightest, *others] = room.limits(split, Seat())
    assert (tightest.id, tightest.fits) == ("room.nodes", 0)
    assert all(each.fits > 0 for each in others)


def test_a_selector_counts_only_its_nodes() -> None:
    two = replace(CLUSTER, nodes=(node("a", labels={"lab": "yes"}), node("b")))
    of_all, of_one = (room.limits(two, each)[0].fits for each in (Seat(), Seat(selector={"lab": "yes"})))
    assert (of_all, of_one) == (72, 36)


def test_pods_are_counted_as_the_scheduler_does() -> None:
    def container(cpu: str, **more: Any) -> dict[str, Any]:
        return {"resources": {"requests": {"cpu": cpu}}, **more}

    spec = {
        "containers": [container("100m"), {}],
        "initContainers": [container("1")],
        "overhead": {"cpu": "50m"},
    }
    assert requested(spec)["cpu"] == Decimal("1.05")
    spec["initContainers"] = [container("1", restartPolicy="Always")]
    assert requested(spec)["cpu"] == Decimal("1.15")
