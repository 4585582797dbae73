"""podlab shell: an interactive shell in a container."""

from __future__ import annotations

from podlab.cli import terminal
from podlab.cli.command import command as declare
from podlab.cli.command import container_option, pod_argument
from podlab.cli.session import session
from podlab.cli.streaming import detach_keys_option, stream
from podlab.engines.base import ExecOptions

SHELL = ("sh", "-c", "if command -v bash >/dev/null 2>&1; then exec bash -l; else exec sh -l; fi")


@declare("shell", example="podlab shell\npodlab shell web -c app")
@detach_keys_option
@container_option(help="In this container; the pod's default one otherwise.")
@pod_argument(required=False)
async def command(pod: str | None, container: str | None, detach_keys: str) -> int:
    """Open a shell in a container of POD: bash, else sh.

    POD may be left out where the engine has only one. Without -c it is the pod's default container: the one
    that the annotation kubectl.kubernetes.io/default-container names, else the first with a terminal, else
    the first. Commands may also come through a pipe; the exit code is the shell's.
    """
    from podlab.pods.target import chosen_container, only_pod

    tty = terminal.has_tty()
    options = ExecOptions(
        tty=tty, stdin=True, size=terminal.size() if tty else None, detach_keys=detach_keys,
        env={"TERM": _term()} if tty else {},
    )  # fmt: skip
    async with session() as engine:
        pod = pod or await only_pod(engine)
        container = await chosen_container(engine, pod, container)
        process = await engine.exec(pod, container, SHELL, options)
        return await stream(process, stdin=True, tty=tty, ends_with_us=True)


def _term() -> str:
    import os

    return os.environ.get("TERM") or "xterm"
