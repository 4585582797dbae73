"""The command table as a click group that loads a command when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from podlab.cli.command import engine_options, refuse_unknown
from podlab.cli.main import COMMANDS, help_text, version

_TABLE = {name: entry for group in COMMANDS.values() for name, entry in group.items()}


class Podlab(click.Group):
    def __init__(self) -> None:
        super().__init__(
            "podlab", params=[*engine_options(hidden=False), _version_option()],
            context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True,
        )  # fmt: skip

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_TABLE)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _TABLE:
            return None
        module, _, attribute = _TABLE[cmd_name][0].partition(":")
        command = getattr(import_module(f"podlab.cli.{module}"), attribute)
        assert isinstance(command, click.Command)  # noqa: S101
        command.short_help = _TABLE[cmd_name][1]
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        refuse_unknown(ctx, args, _TABLE)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Names and one line of help, without loading a single command."""
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=text)
            for name, (_, text) in _TABLE.items()
            if name.startswith(incomplete)
        ]
        return names or click.Command.shell_complete(self, ctx, incomplete)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(help_text())


def _version_option() -> click.Option:
    def show(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted and not ctx.resilient_parsing:
            click.echo(f"podlab {version()}")
            ctx.exit()

    return click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help="Print podlab's version.",
    )
