"""The reference of all commands as Markdown; `scripts/cli-reference` writes it to docs/cli.md."""

from __future__ import annotations

import click

from podlab.cli.main import COMMANDS, help_text
from podlab.cli.table import Podlab

_INTRODUCTION = f"""\
# The command line

<!-- Made by scripts/cli-reference from the commands' own help: change it there. -->

```text
{help_text()}```

## What holds for every command

- `--engine` and `-H/--host` may stand before or after the command's name. Without them `PODLAB_ENGINE`, then
  `DOCKER_HOST`, the current docker context and the usual sockets say which engine is meant.
- Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 timed out, 128 + n ended by signal n. `exec` and `run`
  return their command's own code, or 125, 126 and 127 as docker does.
- Errors go to stderr: `error: …`, a line for each problem, and where there is one, `hint: …`. `PODLAB_DEBUG=1` adds
  the traceback.
- The first Ctrl-C lets a command undo what it has begun; a second one says that it is still undoing; a third one
  leaves at once.
- `-o json` prints one object or one list, with camelCase keys and times as RFC 3339 in UTC. Tables are aligned text;
  colours only on a terminal and without `NO_COLOR`.
- Any command that reaches the engine removes pods whose lifetime is over, and says so on stderr.
- `podlab completion bash|zsh|fish` prints what makes Tab complete commands, options, pods and containers.
"""


def reference() -> str:
    """Every command's help in the order of the table."""
    parts = [_INTRODUCTION]
    with click.Context(Podlab(), info_name="podlab", terminal_width=100, max_content_width=100) as context:
        for title, commands in COMMANDS.items():
            parts.append(f"## {title}\n")
            for name in commands:
                command = Podlab().get_command(context, name)
                if command is not None:
                    parts.extend(_of(command, context, 3))
    return "\n".join(parts)


def _of(command: click.Command, parent: click.Context, level: int) -> list[str]:
    settings = {**command.context_settings, "terminal_width": 100}
    context = click.Context(command, info_name=command.name, parent=parent, **settings)
    title = "#" * level + f" podlab {context.command_path.removeprefix('podlab ')}\n"
    text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    parts = [title, f"```text\n{text}\n```\n"]
    if isinstance(command, click.Group):
        for each in command.commands.values():
            parts.extend(_of(each, context, level + 1))
    return parts
