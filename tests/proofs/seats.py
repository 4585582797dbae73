"""Seats of the shipped workshop as attendees have them, for proofs of what can and cannot be done from inside."""

from __future__ import annotations

import shlex
import subprocess
import time
from dataclasses import dataclass

from tests.conftest import docker


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    text: str
    took_s: float


@dataclass(frozen=True, slots=True)
class Seat:
    name: str

    def sh(self, line: str, *, timeout_s: float = 100, container: str = "work") -> Said:
        """A line typed into the seat's shell; output and errors as one text."""
        began = time.monotonic()
        done = subprocess.run(
            ["docker", "exec", f"podlab-{self.name}-{container}", "sh", "-c", f"exec 2>&1; {line}"],
            capture_output=True, timeout=timeout_s, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        said = (done.stdout + done.stderr).decode(errors="replace")
        return Said(done.returncode, said, time.monotonic() - began)

    def nested(self, line: str, *options: str, timeout_s: float = 100) -> Said:
        """The same in a nested container with these options of `docker run`."""
        words = ["docker", "run", "--rm", *options, "alpine", "sh", "-c", f"exec 2>&1; {line}"]
        return self.sh(shlex.join(words), timeout_s=timeout_s)

    @property
    def address(self) -> str:
        template = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        return inspected(f"podlab-{self.name}-infra", template)


def inspected(container: str, template: str) -> str:
    found = docker("inspect", "-f", template, container)
    assert found.returncode == 0, found.stderr.decode()
    return found.stdout.decode().strip()
