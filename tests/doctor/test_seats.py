"""How many seats fit, and why not more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from podlab.doctor import limit, seats
from podlab.doctor.facts import NetworkFacts
from podlab.doctor.finding import Level
from podlab.doctor.network import DEFAULT_POOLS, free_pools
from podlab.doctor.report import report
from tests.doctor.doctor_facts import FACTS, engine, finding, machine


def test_the_tightest_resource_is_the_one_that_limits() -> None:
    found = seats.estimate(machine(fs__inotify__max_user_instances=128))
    assert found is not None
    assert (found.fits, found.limiting.resource) == (14, "inotify instances")
    assert [each.fits for each in found.limits] == sorted(each.fits for each in found.limits)


def test_running_containers_have_inotify_instances_of_their_own_on_cgroup_version_2() -> None:
    few = machine(fs__inotify__max_user_instances=128)
    busy = replace(few, engine=engine(running=100).engine)
    assert finding(busy, "kernel.inotify").found.startswith(
        "3 seats fit: (fs.inotify.max_user_instances 128 - 100"
    )
    old = replace(few, engine=engine(running=100, cgroup_version=1).engine)
    assert finding(old, "kernel.inotify").level is Level.OK


@pytest.mark.parametrize(
    ("wanted", "level", "healthy"), [(61, Level.OK, True), (62, Level.PROBLEM, False), (1, Level.OK, True)]
)
def test_more_seats_than_fit_are_a_problem(wanted: int, level: Level, healthy: bool) -> None:
    found = report(FACTS, wanted)
    assert (found.findings[-1].level, found.is_healthy) == (level, healthy)
    assert found.summary.startswith(f"{wanted} wanted, 61 seats fit; memory is what limits")


def test_a_limit_is_held_against_the_seats_that_are_wanted() -> None:
    facts = machine(fs__inotify__max_user_instances=128)
    assert finding(facts, "kernel.inotify", 14).level is Level.OK
    assert finding(facts, "kernel.inotify", 15).level is Level.WARNING


def test_what_the_machine_does_not_tell_is_left_out_but_memory_and_disk_must_be_known() -> None:
    known = seats.estimate(
        machine(net__ipv4__neigh__default__gc_thresh3=None, net__netfilter__nf_conntrack_max=None)
    )
    assert known is not None and "neighbour table" not in {each.resource for each in known.limits}
    assert seats.estimate(machine(MemAvailable=None)) is None
    unknown = replace(FACTS, machine=None)
    assert finding(unknown, "seats.fit").level is Level.NOTE
    assert finding(unknown, "seats.fit", 30).level is Level.PROBLEM


def test_none_fit_where_less_than_the_reserve_is_left() -> None:
    found = report(machine(MemAvailable=100_000))
    assert found.seats is not None
    assert (found.seats.fits, found.is_healthy) == (0, False)


def test_a_fix_always_raises_the_limit() -> None:
    for each in seats.estimate(FACTS, 1).limits:  # type: ignore[union-attr]
        if "sysctl -w" in each.fix:
            key, _, value = each.fix.partition("sysctl -w ")[2].partition(";")[0].partition("=")
            now = FACTS.machine.get(key.replace(".", "/"))  # type: ignore[union-attr]
            assert now is not None and int(value) > now


@pytest.mark.parametrize(
    ("subnets", "free"),
    [
        ((), 31),
        (("172.17.0.0/16",), 30),
        (("172.17.1.0/24", "172.17.2.0/24"), 30),  # two small ones in one pool
        (("172.20.0.0/14",), 27),
        (("172.16.0.0/12",), 16),
        (("10.0.0.0/8", "fd00::/64"), 31),
        (("192.168.0.0/16",), 15),
    ],
)
def test_free_address_pools(subnets: tuple[str, ...], free: int) -> None:
    assert free_pools(DEFAULT_POOLS, [NetworkFacts(name="n", subnets=subnets)]) == free


@pytest.mark.parametrize(
    ("count", "text"), [(512 * limit.MB, "512 MB"), (limit.GB, "1.0 GB"), (23_540_000_000, "23.5 GB")]
)
def test_amounts_are_decimal(count: int, text: str) -> None:
    assert limit.amount(count) == text
