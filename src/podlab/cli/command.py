"""How a command is declared: `@command` around an `async def`, options and arguments that many share.

    @command("ps", example="podlab ps -a")
    @click.option("-q", "--quiet", is_flag=True, help="Print names only.")
    async def command(quiet: bool) -> None:
        \"\"\"List pods.\"\"\"
        async with session() as engine:
            …

What the coroutine returns, where it is a number, is the exit code.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Collection
from typing import Any, TypeVar

import click

from podlab.cli.completion import complete_containers, complete_pods

F = TypeVar("F", bound=Callable[..., Any])

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Command(click.Command):
    """A command with an example in its help. `--engine` and `--host` may follow its name, too.

    `rest_after`: what follows so many arguments is taken as it is, options too, as if `--` stood before it.
    """

    def __init__(self, *args: Any, example: str = "", rest_after: int | None = None, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.example = example
        self.rest_after = rest_after
        taken = {name for param in self.params for name in param.opts}
        self.params.extend(option for option in engine_options() if not taken & set(option.opts))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if self.rest_after is not None:
            args = self._with_dashes(ctx, args, self.rest_after)
        return super().parse_args(ctx, args)

    def _with_dashes(self, ctx: click.Context, args: list[str], rest_after: int) -> list[str]:
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        valued = {name for option in options if not (option.is_flag or option.count) for name in option.opts}
        words = iter(enumerate(args))
        for index, word in words:
            if word == "--":
                break
            if word.startswith("--"):
                takes_next = word in valued
            elif word.startswith("-") and word != "-":
                first = next((i for i, key in enumerate(word[1:], 2) if f"-{key}" in valued), 0)
                takes_next = first == len(word)
            else:
                if not rest_after:
                    return [*args[:index], "--", *args[index:]]
                rest_after -= 1
                continue
            if takes_next:
                next(words, None)
        return args

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_examples(self.example, formatter)
        super().format_epilog(ctx, formatter)


def _write_examples(text: str, formatter: click.HelpFormatter) -> None:
    if text:
        with formatter.section("Examples"):
            formatter.write("".join(f"  {line.strip()}\n" for line in text.strip().splitlines()))


class Group(click.Group):
    """A command with sub-commands, such as `images`; `@group.command(…)` is declared like `@command`."""

    def __init__(self, name: str, *, help: str, example: str = "", **settings: Any) -> None:  # noqa: A002
        self.example = example
        settings.setdefault("no_args_is_help", True)
        super().__init__(name, help=help, context_settings=_CONTEXT, **settings)
        self.params.extend(engine_options())

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_examples(self.example, formatter)
        super().format_epilog(ctx, formatter)

    def subcommand(
        self, name: str, *, example: str, **settings: Any
    ) -> Callable[[Callable[..., Awaitable[Any]]], Command]:
        def add(function: Callable[..., Awaitable[Any]]) -> Command:
            made = command(name, example=example, **settings)(function)
            self.add_command(made)
            return made

        return add

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        refuse_unknown(ctx, args, self.commands)
        return super().resolve_command(ctx, args)


def refuse_unknown(ctx: click.Context, args: list[str], known: Collection[str]) -> None:
    """`no command 'lgos'; did you mean 'logs'?` as a usage error."""
    if not args or args[0].startswith("-") or args[0] in known or ctx.resilient_parsing:
        return
    from difflib import get_close_matches

    close = " or ".join(map(repr, get_close_matches(args[0], known, n=2)))
    raise click.UsageError(f"no command {args[0]!r}" + (f"; did you mean {close}?" if close else ""), ctx)


def command(
    name: str, *, example: str, is_server: bool = False, **settings: Any
) -> Callable[[Callable[..., Awaitable[Any]]], Command]:
    """Make a click command of an `async def`. Its docstring is the help; `example` has one or more lines.
    A server gets the portal's event loop (`podlab.portal.loop`)."""

    def make(function: Callable[..., Awaitable[Any]]) -> Command:
        @functools.wraps(function)
        def run(*args: Any, **values: Any) -> Any:
            from podlab.cli.runner import run_async

            return run_async(function(*args, **values), is_server=is_server)  # type: ignore[arg-type]

        context = {**_CONTEXT, **settings.pop("context_settings", {})}
        return click.command(name, cls=Command, example=example, context_settings=context, **settings)(run)

    return make


def engine_options(*, hidden: bool = True) -> list[click.Parameter]:
    """`--engine` and `-H/--host`; `session` reads them, so commands need no parameter for them."""

    def keep(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
        if value:
            ctx.meta[f"podlab.{param.name}"] = value

    return [
        click.Option(
            ["--engine"], metavar="ENGINE", expose_value=False, callback=keep, hidden=hidden,
            help="Where pods run: docker, or kubernetes[:CONTEXT][/NAMESPACE]; also PODLAB_ENGINE.",
        ),
        click.Option(
            ["-H", "--host"], metavar="ADDRESS", expose_value=False, callback=keep, hidden=hidden,
            help="A Docker Engine's address, such as unix:///var/run/docker.sock.",
        ),
    ]  # fmt: skip


def pod_argument(*, required: bool = True) -> Callable[[F], F]:
    """`POD`, given to the function as `pod`."""
    return click.argument("pod", required=required, default=None, shell_complete=complete_pods)


def pods_argument(*, required: bool = True) -> Callable[[F], F]:
    """`POD…`, given to the function as `pods`."""
    return click.argument("pods", nargs=-1, required=required, metavar="POD...", shell_complete=complete_pods)


def container_option(*, help: str = "Only this container.") -> Callable[[F], F]:  # noqa: A002
    """`-c/--container`, given to the function as `container`."""
    return click.option(
        "-c", "--container", metavar="NAME", default=None, help=help, shell_complete=complete_containers
    )


def duration(value: str) -> int:
    """An option's type: `90`, `90s`, `10m`, `1h30m`; given to the function in seconds."""
    from podlab.quantity import seconds

    try:
        return seconds(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
