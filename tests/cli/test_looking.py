"""ps, describe, inspect, ns, top, stats, events, version, schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from podlab.testing.fake import FakeEngine
from tests.cli.conftest import Podlab

Make = Callable[..., Any]


def test_ps_has_a_row_for_each_pod_that_runs(podlab: Podlab, make: Make) -> None:
    make("web", "sleep 100", "sleep 100", active_deadline_seconds=3600)
    make("done", "exit 0", restart_policy="Never")
    lines = podlab("ps").out.splitlines()
    assert lines[0].split() == ["NAME", "STATUS", "CONTAINERS", "AGE", "LEFT", "PORTS"]
    assert [line.split() for line in lines[1:]] == [["web", "Running", "2/2", "0s", "59m", "-"]]


def test_ps_all_has_ended_pods_too(podlab: Podlab, make: Make) -> None:
    make("bad", "exit 3", restart_policy="Never")
    make("good", "exit 0", restart_policy="Never")
    make("web", "sleep 100")
    found = {pod["name"]: pod["phase"] for pod in podlab("ps", "-a", "-o", "json").json}
    assert found == {"bad": "Failed", "good": "Succeeded", "web": "Running"}


@pytest.mark.parametrize("words", [("-q",), ("-o", "name")])
def test_ps_can_print_names_only(podlab: Podlab, make: Make, words: tuple[str, ...]) -> None:
    make("web", "sleep 100")
    make("api", "sleep 100")
    assert podlab("ps", *words).out == "api\nweb\n"


def test_ps_wide_counts_restarts(podlab: Podlab, make: Make) -> None:
    make("web", "sleep 0.01; exit 1", seconds=0.3)
    titles, row = (line.split() for line in podlab("ps", "-o", "wide").out.splitlines())
    assert int(row[titles.index("RESTARTS")]) >= 1
    assert row[titles.index("IMAGES")] == "busybox"


def test_ps_selects_by_label(podlab: Podlab, make: Make) -> None:
    make("one", "sleep 100", labels={"app": "web", "tier": "front"})
    make("two", "sleep 100", labels={"app": "db"})
    assert podlab("ps", "-q", "-l", "app=web").out == "one\n"
    assert podlab("ps", "-q", "-l", "app in (web, db),!tier").out == "two\n"
    assert podlab("ps", "-l", "app ~ web").code == 2


def test_ps_without_pods_prints_titles_or_an_empty_list(podlab: Podlab) -> None:
    assert podlab("ps").out.startswith("NAME ")
    assert podlab("ps", "-o", "json").json == []


def test_ps_tells_a_paused_pod(podlab: Podlab, make: Make) -> None:
    make("web", "sleep 100")
    podlab("pause", "web")
    assert podlab("ps").out.splitlines()[1].split()[1] == "Paused"


def test_tables_have_no_colours_where_the_output_is_no_terminal(
    podlab: Podlab, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("web", "sleep 100")
    assert "\x1b" not in podlab("ps").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32mRunning\x1b[0m" in podlab("ps").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in podlab("ps").out


def test_describe_tells_wanted_found_and_events(podlab: Podlab, make: Make) -> None:
    make("web", "exit 3", restart_policy="Never", labels={"app": "web"})
    out = podlab("describe", "web").out
    for text in (
        "Name:            web\n", "Status:          Failed\n", "Labels:          app=web\n",
        "Restart policy:  Never\n", "  app:\n    Image:           busybox\n",
        "Command:         sh -c 'exit 3'\n",
        "State:           terminated with exit code 3 (Error)\n", "app              die\n",
    ):  # fmt: skip
        assert text in out


def test_inspect_has_what_is_wanted_and_what_was_found(podlab: Podlab, make: Make) -> None:
    make("web", "sleep 100")
    make("api", "sleep 100")
    found = podlab("inspect", "web").json
    assert (found["wanted"]["kind"], found["wanted"]["metadata"]) == ("Pod", {"name": "web"})
    assert found["found"]["containers"][0]["state"] == "running"
    datetime.fromisoformat(found["found"]["createdAt"])
    assert [each["found"]["name"] for each in podlab("inspect", "web", "api").json] == ["web", "api"]


def test_inspect_prints_yaml_that_says_the_same(podlab: Podlab, make: Make) -> None:
    from ruamel.yaml import YAML

    make("web", "sleep 100")
    assert (
        json.loads(json.dumps(YAML(typ="safe").load(podlab("inspect", "web", "-o", "yaml").out)))
        == podlab("inspect", "web").json
    )


def test_ns_shows_what_is_shared(podlab: Podlab, make: Make) -> None:
    make("web", "sleep 100", "sleep 100")
    lines = podlab("ns", "web").out.splitlines()
    assert lines[0].split() == ["CONTAINER", "NET", "IPC", "UTS", "PID", "MNT", "USER", "CGROUP"]
    assert lines[1].split() == ["app", "pod", "pod", "pod", "own", "own", "host", "own"]
    assert "pod    one for the whole pod" in lines
    assert podlab("ns", "web", "-o", "json").json[0]["sharing"]["net"] == "pod"


def test_top_lists_processes_by_container(podlab: Podlab, make: Make) -> None:
    make("web", "sleep 100", "sleep 100")
    assert [row["container"] for row in podlab("top", "web", "-o", "json").json] == ["app", "side"]
    assert "sleep 100" in podlab("top", "web", "-c", "side").out


def test_stats_reads_once_where_the_output_is_no_terminal(podlab: Podlab, make: Make) -> None:
    make("web", "sleep 100")
    found = podlab("stats", "web", "-o", "json").json
    assert found[0]["container"] == "app"
    assert found[0]["cpuPercent"] == pytest.approx(1, abs=0.2)
    assert podlab("stats", "web").out.splitlines()[1].split()[0] == "app"


def test_events_of_the_last_hour(podlab: Podlab, make: Make) -> None:
    make("web", "sleep 100")
    make("api", "sleep 100")
    actions = [(event["container"], event["action"]) for event in podlab("events", "web", "-o", "json").json]
    assert actions == [("", "create"), ("app", "create"), ("app", "start")]
    assert podlab("events").out.splitlines()[-1].split()[1:] == ["api/app", "start"]


def test_version_names_the_engine(podlab: Podlab, engine: FakeEngine) -> None:
    assert podlab("version", "-o", "json").json["engine"] == {
        "name": "fake", "product": "Fake Engine", "version": "1.0",
    }  # fmt: skip
    assert "engine  Fake Engine 1.0\n" in podlab("version").out
    from podlab.errors import Unavailable

    engine.failure = Unavailable("no engine answers")
    done = podlab("version")
    assert done.code == 0
    assert "engine  none: no engine answers\n" in done.out


@pytest.mark.parametrize("kind", ["pod", "workshop"])
def test_schema_is_json_schema(podlab: Podlab, kind: str) -> None:
    assert "$schema" in podlab("schema", kind).json


@pytest.mark.parametrize(
    "words",
    [("describe",), ("inspect",), ("ns",), ("logs",), ("top",), ("stats",), ("start",), ("stop",), ("kill",),
     ("restart",), ("pause",), ("unpause",), ("wait",), ("rm",)],
)  # fmt: skip
def test_a_pod_that_is_not_there_is_exit_code_3(podlab: Podlab, words: tuple[str, ...]) -> None:
    done = podlab(*words, "nope", *(["app"] if words == ("rm",) else []))
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("error: no pod 'nope'\n")
