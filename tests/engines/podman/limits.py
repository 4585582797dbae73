"""What of the contract Podman does not keep: test → why. The only list: docs/podman.md shows the same lines.

A test that stands here has to fail. One that passes after all, and a name that no test has, are failures.
"""

from __future__ import annotations

from typing import Final

LIMITS: Final[dict[str, str]] = {
    "test_a_log_since_a_lines_own_time_begins_with_it": (
        "the times of log lines are of whole seconds (https://github.com/containers/podman/issues/27691)"
    ),
    "test_isolated_pods_share_an_address": (
        "its bridges cannot keep containers apart, so isolated pods, and seats with them, are refused as Unsupported "
        "(https://docs.podman.io/en/v5.4.2/markdown/podman-network-create.1.html)"
    ),
    "test_a_port_that_comes_to_an_isolated_pod_is_refused": "there is no isolated pod to begin with",
}
