"""StatefulSets, step by step."""

from __future__ import annotations

from typing import Any

import pytest

from podlab.errors import Conflict
from podlab.model import ClaimSpec, Metadata, PersistentVolumeClaim
from podlab.model.workloads import ClaimRetention, OrderedUpdate, Ordinals, StatefulSetStrategy
from podlab.workloads.decide import next_step
from tests.workloads.made import Machine, after, stateful_set

DATA = PersistentVolumeClaim(metadata=Metadata(name="data"), spec=ClaimSpec(access_modes=("ReadWriteOnce",)))


def rolling(partition: int | None = None, unavailable: int | None = None) -> StatefulSetStrategy:
    return StatefulSetStrategy(rolling_update=OrderedUpdate(partition=partition, max_unavailable=unavailable))


def test_pods_come_in_order_one_after_another_and_go_from_the_end() -> None:
    machine = Machine()
    steps = machine.run(stateful_set(replicas=3))
    assert [[pod.name for pod in step.create] for step in steps] == [["web-0"], ["web-1"], ["web-2"]]
    steps = machine.run(stateful_set(replicas=1))
    assert [step.remove for step in steps] == [("web-2",), ("web-1",)]


def test_one_that_does_not_get_ready_holds_up_those_after_it() -> None:
    machine = Machine(lambda image: False)
    machine.run(stateful_set(replicas=3))
    assert machine.names == ["web-0"]


def test_parallel_does_not_wait() -> None:
    machine = Machine(lambda image: False)
    (step,) = machine.run(stateful_set(replicas=3, pod_management_policy="Parallel"))
    assert len(step.create) == 3


def test_a_change_goes_from_the_highest_number_down_one_by_one() -> None:
    machine = Machine()
    machine.run(stateful_set("old", replicas=3))
    steps = machine.run(stateful_set("new", replicas=3))
    assert [step.remove for step in steps if step.remove] == [("web-2",), ("web-1",), ("web-0",)]
    assert {machine.images[name] for name in machine.names} == {"new"}
    assert machine.fewest_ready == 2


def test_max_unavailable_changes_several_at_a_time() -> None:
    machine = Machine()
    machine.run(stateful_set("old", replicas=4))
    first, *_ = machine.run(stateful_set("new", replicas=4, update_strategy=rolling(unavailable=2)))
    assert first.remove == ("web-3", "web-2")


def test_below_the_partition_pods_stay_and_come_back_as_they_were() -> None:
    machine, old = Machine(), stateful_set("old", replicas=3)
    machine.run(old)
    now = after(stateful_set("new", replicas=3, update_strategy=rolling(partition=2)), old)
    machine.run(now)
    assert [machine.images[name] for name in machine.names] == ["old", "old", "new"]
    del machine.pods["web-0"]
    machine.run(now)
    assert [machine.images[name] for name in machine.names] == ["old", "old", "new"]


def test_a_bad_change_is_taken_back_by_a_good_one() -> None:
    """In Kubernetes a person has to delete the broken pod."""
    machine = Machine(lambda image: image != "broken")
    machine.run(stateful_set("old", replicas=3))
    machine.run(stateful_set("broken", replicas=3))
    assert sum(each.is_ready for each in machine.owned()) == 2
    machine.run(stateful_set("old", replicas=3))
    assert all(each.is_ready for each in machine.owned())


def test_on_delete_changes_a_pod_only_when_somebody_removes_it() -> None:
    machine = Machine()
    machine.run(stateful_set("old", replicas=2))
    now = stateful_set("new", replicas=2, update_strategy=StatefulSetStrategy(type="OnDelete"))
    assert machine.run(now) == []
    del machine.pods["web-1"]
    machine.run(now)
    assert [machine.images[name] for name in machine.names] == ["old", "new"]


def test_numbers_may_begin_elsewhere() -> None:
    machine = Machine()
    machine.run(stateful_set(replicas=2, ordinals=Ordinals(start=5)))
    assert machine.names == ["web-5", "web-6"]


def test_each_pod_has_its_own_claims_its_own_host_name_and_the_sets_service() -> None:
    step = next_step(stateful_set(service_name="webs", volume_claim_templates=(DATA,)), [], (), 0)
    (pod,) = step.create
    assert [claim.metadata.name for claim in step.claims] == ["data-web-0"]
    assert pod.spec.volumes[0].name == "data"
    assert pod.spec.volumes[0].persistent_volume_claim
    assert pod.spec.volumes[0].persistent_volume_claim.claim_name == "data-web-0"
    assert (pod.spec.hostname, pod.spec.subdomain) == ("web-0", "webs")
    assert pod.metadata.labels["apps.kubernetes.io/pod-index"] == "0"


@pytest.mark.parametrize("policy", ["Retain", "Delete", None])
def test_claims_of_pods_that_are_scaled_away_stay_unless_said_otherwise(policy: str | None) -> None:
    retention = ClaimRetention(when_scaled=policy) if policy else None  # type: ignore[arg-type]
    said: dict[str, Any] = {
        "volume_claim_templates": (DATA,),
        "persistent_volume_claim_retention_policy": retention,
    }
    machine = Machine()
    machine.run(stateful_set(replicas=2, **said))
    (step,) = machine.run(stateful_set(replicas=1, **said))
    assert step.drop == (("data-web-1",) if policy == "Delete" else ())


def test_a_pod_of_somebody_else_is_never_taken() -> None:
    with pytest.raises(Conflict, match="web-0"):
        next_step(stateful_set(), [], ["web-0"], 0)
