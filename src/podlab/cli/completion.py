"""Completion of pod and container names, and `podlab completion SHELL`.

Pressing Tab must never hang nor print an error: what takes longer than a second completes to nothing.
"""

from __future__ import annotations

import click


def complete_pods(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of the pods on the engine; none twice on a line."""
    given = ctx.params.get(param.name or "") or ()
    taken = {given} if isinstance(given, str) else set(given)
    return sorted(name for name in _found(ctx) if name.startswith(incomplete) and name not in taken)


def complete_containers(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of the containers of the pod on the line, else of all pods."""
    found = _found(ctx)
    # After a trailing `-c` click has given up before it came to the arguments.
    pod = ctx.params.get("pod") or next(iter(ctx.args), None)
    names = set(found.get(pod, ())) if pod else {name for each in found.values() for name in each}
    return sorted(name for name in names if name.startswith(incomplete))


def _found(ctx: click.Context) -> dict[str, list[str]]:
    import asyncio

    async def ask() -> dict[str, list[str]]:
        from podlab.engines import connect as engines

        async with asyncio.timeout(1):
            engine = await engines.connect(ctx.meta.get("podlab.engine", ""), ctx.meta.get("podlab.host", ""))
            try:
                return {pod.name: [c.name for c in pod.containers] for pod in await engine.list()}
            finally:
                await engine.close()

    try:
        return asyncio.run(ask())
    except Exception:
        return {}


_INSTALL = {
    "bash": 'eval "$(podlab completion bash)"   # in ~/.bashrc',
    "zsh": 'eval "$(podlab completion zsh)"   # in ~/.zshrc, after compinit',
    "fish": "podlab completion fish > ~/.config/fish/completions/podlab.fish",
}
_HELP = (
    "Print the script that completes commands, options, pods and containers in a shell.\n\n\b\n"
    + "\n".join(f"  {line}" for line in _INSTALL.values())
)


@click.command("completion", help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("shell", type=click.Choice(list(_INSTALL)))
def command(shell: str) -> None:
    from click.shell_completion import get_completion_class

    from podlab.cli.table import Podlab

    script = get_completion_class(shell)
    assert script is not None  # noqa: S101  (the choice above names click's own)
    click.echo(f"# Install: {_INSTALL[shell]}")
    click.echo(script(Podlab(), {}, "podlab", "_PODLAB_COMPLETE").source())
