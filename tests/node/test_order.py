"""Whose turn it is, and how long what failed waits."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from podlab.model import (
    Container,
    ExecAction,
    Lifecycle,
    LifecycleHandler,
    Metadata,
    Pod,
    PodSpec,
    Probe,
    RestartExitCodes,
    RestartRule,
)
from podlab.node import backoff, order
from podlab.node.order import Fact
from podlab.status import Kind

CHECK = Probe(exec=ExecAction(command=("true",)))


def init(name: str, **settings: object) -> Container:
    return Container(name=name, image="busybox", **settings)  # type: ignore[arg-type]


def pod_of(*inits: Container, policy: str | None = None) -> Pod:
    mains = (init("app"), init("side"))
    return Pod(
        metadata=Metadata(name="web"),
        spec=PodSpec(containers=mains, init_containers=inits, restart_policy=policy),  # type: ignore[arg-type]
    )


PLAIN = pod_of(init("first"), init("proxy", restart_policy="Always"), init("second"))
DONE, STARTED = Fact(is_done=True), Fact(is_started=True)


def test_init_containers_run_one_by_one_and_sidecars_stay() -> None:
    def turn(**facts: Fact) -> set[str]:
        return set(order.turn(PLAIN, facts, initialized=False))

    assert turn() == {"first"}
    assert turn(first=Fact()) == {"first"}
    assert turn(first=DONE) == {"proxy", "second"}
    assert turn(first=DONE, proxy=STARTED) == {"proxy", "second"}
    assert turn(first=DONE, proxy=STARTED, second=DONE) == {"proxy", "app", "side"}
    assert turn(first=DONE, proxy=Fact(), second=DONE) == {"proxy", "app", "side"}


def test_a_sidecar_with_a_startup_probe_lets_nobody_pass_before_it_is_started() -> None:
    pod = pod_of(init("proxy", restart_policy="Always", startup_probe=CHECK), init("second"))
    assert order.turn(pod, {}, initialized=False) == {"proxy"}
    assert order.turn(pod, {"proxy": STARTED}, initialized=False) == {"proxy", "second"}


def test_a_containers_own_policy_counts_before_the_pods() -> None:
    own = init("own", restart_policy="Never")
    pod = Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=(own, init("app"))))
    assert (order.policy(pod, "own"), order.policy(pod, "app")) == ("Never", "Always")
    assert order.policy(pod_of(own), "own") == "Never"
    assert order.policy(pod_of(init("own", restart_policy="OnFailure"), policy="Never"), "own") == "OnFailure"


def test_what_fits_a_rule_is_started_again_whatever_the_policy_says() -> None:
    def rule(operator: Literal["In", "NotIn"], *codes: int) -> RestartRule:
        return RestartRule(action="Restart", exit_codes=RestartExitCodes(operator=operator, values=codes))

    rules = (rule("In", 0, 42), rule("NotIn", *range(100)))
    app = init("app", restart_policy="Never", restart_policy_rules=rules)
    pod = Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=(app,)))
    assert [order.has_ended(pod, "app", code) for code in (0, 1, 42, 99, 137, None)] == [
        False, True, False, True, False, True,
    ]  # fmt: skip
    assert order.needs_node(pod)


def test_what_was_through_is_not_asked_again() -> None:
    assert order.turn(PLAIN, {}, initialized=True) == {"proxy", "app", "side"}


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["first", "proxy", "second"]), st.builds(Fact, st.booleans(), st.booleans())
    )
)
def test_containers_run_only_when_all_init_containers_are_through(facts: dict[str, Fact]) -> None:
    turn = order.turn(PLAIN, facts, initialized=False)
    inits = [facts.get(name, Fact()) for name in ("first", "second")]
    assert ("app" in turn) == ("side" in turn) == all(fact.is_done for fact in inits)
    assert turn


def test_a_sidecar_without_probe_and_hook_is_started_when_it_runs() -> None:
    hook = Lifecycle(post_start=LifecycleHandler(exec=ExecAction(command=("true",))))
    assert not order.has_gate(init("a"))
    assert not order.has_gate(init("a", readiness_probe=CHECK, liveness_probe=CHECK))
    assert order.has_gate(init("a", startup_probe=CHECK))
    assert order.has_gate(init("a", lifecycle=hook))


def test_restart_policies_of_init_containers() -> None:
    for policy, of_init, of_main in (
        (None, "OnFailure", "Always"), ("OnFailure", "OnFailure", "OnFailure"), ("Never", "Never", "Never"),
    ):  # fmt: skip
        pod = pod_of(init("first"), init("proxy", restart_policy="Always"), policy=policy)
        assert order.policy(pod, "first") == of_init
        assert order.policy(pod, "app") == of_main
        assert order.policy(pod, "proxy") == "Always"
    assert order.kind(PLAIN, "proxy") is Kind.SIDECAR


def test_sidecars_stop_last_and_in_reverse_order() -> None:
    pod = pod_of(init("a", restart_policy="Always"), init("b"), init("c", restart_policy="Always"))
    assert order.stop_order(pod) == [["b", "app", "side"], ["c"], ["a"]]


def test_the_key_tells_namespaces_and_init_containers_apart() -> None:
    assert order.key(PLAIN, "one") == order.key(pod_of(*PLAIN.spec.init_containers, policy="Never"), "one")
    assert order.key(PLAIN, "one") != order.key(PLAIN, "two")
    assert order.key(PLAIN, "one") != order.key(pod_of(), "one")


def test_the_pause_doubles_from_ten_seconds_to_five_minutes_and_begins_anew_after_ten_minutes() -> None:
    ends, pauses = 0, []
    for _ in range(9):
        ends = backoff.ends_in_a_row(ends, ran_s=1)
        pauses.append(backoff.pause_s(ends))
    assert pauses == [0, 10, 20, 40, 80, 160, 300, 300, 300]
    assert backoff.pause_s(backoff.ends_in_a_row(ends, ran_s=600)) == 0


@settings(deadline=None)
@given(st.lists(st.floats(0, 3600), min_size=2))
def test_a_pause_is_never_longer_than_five_minutes_and_grows_only_while_runs_are_short(
    runs: list[float],
) -> None:
    ends, found = 0, []
    for ran_s in runs:
        ends = backoff.ends_in_a_row(ends, ran_s)
        found.append((ran_s, backoff.pause_s(ends)))
    for (_, before), (ran_s, after) in pairwise(found):
        assert 0 <= after <= 300
        assert after >= before if ran_s < backoff.STEADY_S else after == 0
