"""The command table, start-up, usage errors."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from podlab.cli.main import COMMANDS, help_text
from podlab.cli.table import Podlab as Table

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Podlab

NAMES = [name for group in COMMANDS.values() for name in group]


def run(*words: str, **settings: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[no-any-return]
        [sys.executable, "-m", "podlab.cli", *words],
        capture_output=True, text=True, timeout=120, **settings,  # type: ignore[call-overload]
    )  # fmt: skip


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",), ("help",)])
def test_the_help_lists_every_command(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == help_text()
    assert all(f"\n  {name} " in done.stdout for name in NAMES)


@pytest.mark.parametrize("words", ["", "--help", "--version"])
def test_the_plain_help_loads_nothing_but_the_table(words: str) -> None:
    code = (
        "import sys; from podlab.cli.main import main; main(sys.argv[1:]); "
        "print([m for m in sorted(sys.modules) if m.startswith(('podlab', 'click', 'asyncio'))], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words.split()], capture_output=True, text=True)
    assert eval(done.stderr) == ["podlab", "podlab.cli", "podlab.cli.main"]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_with_an_example(podlab: Podlab, name: str) -> None:
    done = podlab(name, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"podlab {name}" in done.out
    is_group = "COMMAND [ARGS]" in done.out
    assert is_group or "Example" in done.out or name == "completion"


def test_the_subcommands_of_groups_have_help_with_an_example(podlab: Podlab) -> None:
    import click

    context = click.Context(Table())
    groups = [
        command for name in NAMES if isinstance(command := Table().get_command(context, name), click.Group)
    ]
    assert {group.name for group in groups} == {"agent", "deploy", "images", "engine", "lesson", "seats", "set"}
    for group in groups:
        for name in group.commands:
            done = podlab(group.name, name, "--help")
            assert done.code == 0
            assert "Examples:" in done.out


def test_help_command_is_command_help(podlab: Podlab) -> None:
    assert podlab("help", "ps").out == podlab("ps", "--help").out


def test_a_misspelt_command_gets_a_suggestion(podlab: Podlab) -> None:
    done = podlab("lgos", "web")
    assert done.code == 2
    assert done.err.startswith("error: no command 'lgos'; did you mean 'logs'?\n")


def test_a_misspelt_subcommand_gets_a_suggestion(podlab: Podlab) -> None:
    assert "did you mean 'prepare'?" in podlab("images", "prepair").err


def test_an_option_that_does_not_exist_is_a_usage_error(podlab: Podlab) -> None:
    done = podlab("ps", "--nope")
    assert done.code == 2
    assert "hint: podlab ps --help" in done.err


@pytest.mark.parametrize(
    "words",
    [("--engine", "docker", "-H", "unix:///x", "ps"), ("ps", "--engine", "docker", "--host", "unix:///x")],
)
def test_engine_and_host_may_stand_before_or_after_the_command(
    podlab: Podlab, engine: object, words: tuple[str, ...]
) -> None:
    assert podlab(*words).code == 0
    assert engine.asked == ("docker", "unix:///x")  # type: ignore[attr-defined]


def test_an_engine_that_is_not_there_is_a_clear_message() -> None:
    done = run("--host", "unix:///nonexistent/docker.sock", "ps")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "/nonexistent/docker.sock" in done.stderr
    assert "Traceback" not in done.stderr


def test_kubernetes_says_that_there_is_no_kubeconfig(tmp_path: Path) -> None:
    settings = {"PODLAB_ENGINE": "kubernetes", "KUBECONFIG": str(tmp_path / "none")}
    done = run("ps", env={**os.environ, **settings})
    assert done.returncode == 3
    assert done.stderr.startswith(f"error: there is no kubeconfig: {tmp_path}/none\nhint: ")


def test_an_unknown_engine_in_the_environment_is_a_usage_error() -> None:
    assert run("ps", env={"PODLAB_ENGINE": "lxc", "PATH": "/bin"}).returncode == 2


def test_a_reader_that_has_gone_is_no_traceback() -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m podlab.cli --help | true; echo ${{PIPESTATUS[0]}}"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.stdout.strip() in ("0", "141")
    assert done.stderr == ""
