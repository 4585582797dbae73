"""`podlab version`: of podlab and of the engine."""

from __future__ import annotations

import asyncio
import platform

import click

from podlab.cli.command import command as declare
from podlab.cli.main import version
from podlab.cli.output import output_option, print_json
from podlab.cli.session import session
from podlab.errors import PodlabError


@declare("version", example="podlab version\npodlab version -o json")
@output_option("text", "json")
async def command(output: str) -> None:
    """Print the versions of podlab, Python and the engine. An engine that does not answer is no failure."""
    engine: dict[str, str] | None = None
    why = ""
    try:
        async with session() as connected:
            product, number = await asyncio.gather(connected.product(), connected.version())
            engine = {"name": connected.name, "product": product, "version": number}
    except PodlabError as error:
        why = error.message
    if output == "json":
        client = {"version": version(), "python": platform.python_version()}
        print_json({"client": client, "engine": engine, "problem": why or None})
        return
    click.echo(f"podlab  {version()} (Python {platform.python_version()})")
    click.echo(f"engine  {engine['product']} {engine['version']}" if engine else f"engine  none: {why}")
