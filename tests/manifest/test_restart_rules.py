"""When one container is started again: its own policy and rules."""

from __future__ import annotations

import pytest

from podlab.model import RestartExitCodes, RestartRule
from tests.manifest.manifest_texts import pod, read, refused

RULE = "    restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [42]}}]\n"


def test_a_containers_own_policy_and_rules_are_read() -> None:
    [app] = read(pod(container=f"    restartPolicy: Never\n{RULE}")).pods[0].spec.containers
    assert app.restart_policy == "Never"
    assert app.restart_policy_rules == (
        RestartRule(action="Restart", exit_codes=RestartExitCodes(operator="In", values=(42,))),
    )


@pytest.mark.parametrize(
    ("container", "told"),
    [
        (RULE, "need a restartPolicy of the container"),
        (RULE.replace("[42]", "[]") + "    restartPolicy: Never\n", "needs 1 to 255 exit codes"),
        (RULE.replace("Restart,", "RestartAllContainers,") + "    restartPolicy: Never\n", "expected"),
        (RULE.replace("In,", "Out,") + "    restartPolicy: Never\n", "expected one of In, NotIn"),
    ],
)
def test_rules_that_cannot_be_followed_are_told(container: str, told: str) -> None:
    [line] = refused(pod(container=container))
    assert "restartPolicyRules" in line
    assert told in line
