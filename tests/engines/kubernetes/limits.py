"""What of the contract Kubernetes does not keep: test, or a case → why. The one list; docs/kubernetes.md shows it.

A test that stands here has to fail. One that passes after all, and a name that no test has, are failures.
"""

from __future__ import annotations

from typing import Final

_NOT_STOPPED: Final = "it stops no container and keeps its pod"
_NOT_CHANGED: Final = "of a pod that lives it changes images, labels and a shorter lifetime, and nothing else"
_NOT_KILLED: Final = (
    "a container's first process gets signals from inside only, and so none that it does not handle"
)
_ITS_OWN_NODE: Final = "its kubelet starts what is next, restarts and keeps the record by itself"
_NO_PUBLISHING: Final = "ports of a pod as a whole are published by Services, which are no part of a pod"

_TOO_OLD: Final = "1.20.2, which the tests run on, has no {} yet: refused by version"

LIMITS: Final[dict[str, str]] = {
    # wanted
    "test_a_change_of_what_somebody_else_has_changed_is_refused": _NOT_CHANGED,
    "test_changes_made_at_the_same_time_are_all_there": _NOT_CHANGED,
    "test_only_what_differs_is_changed": _NOT_CHANGED,
    "test_what_a_container_may_use_changes_while_it_runs": _NOT_CHANGED,
    "test_a_container_whose_policy_says_so_is_made_anew_for_other_limits": _NOT_CHANGED,
    "test_what_a_pod_may_use_as_a_whole_changes_while_it_runs": _NOT_CHANGED,
    "test_a_container_that_is_not_wanted_any_more_is_removed": _NOT_CHANGED,
    "test_the_wanted_state_comes_back_as_it_was_applied": _NOT_CHANGED,
    "test_a_pod_may_have_no_container_yet": "it takes no pod without a container",
    "test_a_stopped_container_is_started_by_apply": _NOT_STOPPED,
    "test_what_is_held_is_created_but_not_started": _ITS_OWN_NODE,
    # publishing
    "test_a_port_comes_and_goes_without_a_container_being_touched": _NO_PUBLISHING,
    "test_a_port_that_came_later_is_there_again_after_a_stop": _NO_PUBLISHING,
    "test_a_port_that_is_taken_leaves_the_pod_as_it_was": _NO_PUBLISHING,
    "test_a_port_of_the_first_day_cannot_be_taken_back": _NO_PUBLISHING,
    # found
    "test_events_are_followed": _NOT_KILLED,
    # containers
    "test_a_container_is_stopped_and_started": _NOT_STOPPED,
    "test_a_whole_pod_is_stopped_started_and_restarted": _NOT_STOPPED,
    "test_after_the_grace_period_a_stop_kills": _NOT_STOPPED,
    "test_a_pod_without_work_stops_at_once": _NOT_STOPPED,
    "test_where_restarts_are_clean_the_engine_restarts_nothing_and_apply_makes_it_anew": _ITS_OWN_NODE,
    "test_a_signal_is_sent": _NOT_KILLED,
    "test_what_needs_a_running_container_is_a_conflict_without_one": _NOT_STOPPED,
    "test_a_restart_keeps_the_pods_namespaces_and_starts_what_was_stopped": _NOT_STOPPED,
    "test_a_pause_freezes": "it freezes no container",
    # debugging
    "test_one_container_is_made_anew_and_the_others_go_on": _NOT_STOPPED,
    "test_what_cannot_be_debugged_is_told": _NOT_STOPPED,
    "test_its_exit_code_and_errors_are_told": _TOO_OLD.format("debug containers"),
    # ending
    "test_a_hook_is_over_before_its_container_is_stopped[stop]": _NOT_STOPPED,
    "test_a_hook_is_over_before_its_container_is_stopped[stop one]": _NOT_STOPPED,
    "test_a_hook_is_over_before_its_container_is_stopped[restart]": _NOT_STOPPED,
    "test_a_hook_is_over_before_its_container_is_stopped[restart one]": _NOT_STOPPED,
    "test_a_hook_takes_no_longer_than_the_grace_period": _NOT_STOPPED,
    "test_without_a_grace_period_there_is_no_hook": _NOT_STOPPED,
    "test_a_hook_that_fails_keeps_nothing_from_ending": _NOT_STOPPED,
    "test_sidecars_end_last_and_the_last_one_first": _NOT_STOPPED,
    "test_one_sidecar_is_stopped_alone": _NOT_STOPPED,
    # node
    "test_init_containers_run_one_after_another_before_all_others": _ITS_OWN_NODE,
    "test_a_sidecar_starts_in_its_turn_and_stays": _TOO_OLD.format("sidecars"),
    "test_new_namespaces_run_the_init_containers_again": _NOT_STOPPED,
    "test_a_record_is_kept_until_it_is_replaced_and_goes_with_the_pod": _ITS_OWN_NODE,
    "test_of_two_that_write_a_record_one_is_told": _ITS_OWN_NODE,
    "test_an_agent_takes_restarts_over_and_gives_them_back": _ITS_OWN_NODE,
    # objects
    "test_files_are_there_after_a_pod_was_stopped": _NOT_STOPPED,
    # streams
    "test_environment_folder_and_user_are_set": "it runs a command as its container does, not as another user",
    "test_attach_sees_a_containers_output_from_its_start": _ITS_OWN_NODE,
    "test_logs_come_in_order_with_streams_and_times": "its logs do not tell errors from other output",
    "test_what_was_written_before_a_restart_is_told_apart": _NOT_STOPPED,
    "test_a_log_may_have_long_lines_and_no_last_end": _ITS_OWN_NODE,
    # inside
    "test_isolated_pods_share_an_address": "what isolated pods share is a Service, not an address of a machine",
}
