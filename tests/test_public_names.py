"""The library's surface: these names, each with a docstring, and an import that costs next to nothing."""

from __future__ import annotations

import subprocess
import sys

import podlab

NAMES = """
AlreadyExists ByteStream Change Completed Conflict Container ContainerStatus Denied Engine ExecOptions Invalid Lab
LogLine Metadata NotFound Overtaken Phase Pod PodEvent PodSpec PodStatus PodlabError Process RunningPod State
TimedOut Unavailable Unsupported Usage connect load pod
"""


def test_the_public_names_are_these() -> None:
    assert sorted(podlab.__all__) == sorted(NAMES.split())
    assert dir(podlab) == podlab.__all__


def test_every_public_name_is_there_and_says_what_it_is() -> None:
    for name in podlab.__all__:
        assert getattr(podlab, name).__doc__, name


def test_importing_podlab_loads_nothing_else_of_it() -> None:
    code = "import sys, podlab; print(*(m for m in sys.modules if m.startswith('podlab')))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.split() == ["podlab"]
