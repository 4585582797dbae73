"""What Kubernetes needs is loaded where Kubernetes is asked for, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

_HEAVY = ("aiohttp", "kubernetes_asyncio", "yaml", "podlab.engines.kubernetes")


@pytest.mark.parametrize(("engine", "is_loaded"), [("docker", False), ("kubernetes", True)])
def test_another_engine_pays_nothing_for_it(engine: str, is_loaded: bool) -> None:
    code = (
        "import sys; from podlab.cli.main import main\n"
        "try: main(['ps'])\n"
        "except SystemExit: pass\n"
        f"print([m for m in {_HEAVY} if m in sys.modules])"
    )
    settings = {"PODLAB_ENGINE": engine, "DOCKER_HOST": "unix:///nonexistent", "KUBECONFIG": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **settings}
    )
    assert eval(done.stdout) == (list(_HEAVY) if is_loaded else [])
