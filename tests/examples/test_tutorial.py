"""docs/tutorial.md, typed from top to bottom, by hand and with podlab."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import docker

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "tutorial.md").read_text()
FORMS = {"by hand": "docker exec lab-work", "with podlab": "podlab exec lab2 -c work --"}


@pytest.mark.engine
@pytest.mark.timeout(900)
def test_every_command_succeeds(docker_host: str) -> None:
    commands = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    [round_trip] = re.findall(r"^```text\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert len(commands) > 2 * 6
    down = next(n for n, command in enumerate(commands) if "docker rm" in command)
    trips = [re.sub(r"^W ", f"{form} ", round_trip, flags=re.MULTILINE) for form in FORMS.values()]
    ready = "for n in $(seq 300); do {} docker version && break; sleep 0.1; done >/dev/null 2>&1"
    first_use = next(n for n, command in enumerate(commands) if "docker version" in command)
    waits = [ready.format(form) for form in FORMS.values()]
    script = "\n".join([*commands[:first_use], *waits, *commands[first_use:down], *trips, *commands[down:]])
    try:
        done = subprocess.run(
            ["sh", "-euxc", f'podlab() {{ "{sys.executable}" -m podlab.cli "$@"; }}\n{script}'],
            cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=800,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        assert done.stdout.count("\nhello\n") == len(FORMS)
    finally:
        names = docker("ps", "-aq", "--filter", "name=^/(lab($|-)|podlab-lab2-)").stdout.decode().split()
        if names:
            docker("rm", "-f", "-v", *names)
