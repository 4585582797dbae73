"""`podlab agent install|uninstall|status`: the agent as a service that outlives this terminal."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import click

from podlab.agent.systemd import Service, is_there, program, unit
from podlab.cli.command import command as declare
from podlab.cli.main import version
from podlab.cli.output import output_option, print_json, since
from podlab.cli.prepared import prepare_named
from podlab.cli.session import session
from podlab.engines.agents import HostsAgent
from podlab.errors import Unsupported, Usage

if TYPE_CHECKING:
    from podlab.engines.base import Engine

Form = Literal["system", "user", "container"]
NOT_INSTALLED, NOT_RUNNING = 3, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One agent that is installed. `version` is podlab's that installed it."""

    form: Form
    where: str
    version: str
    is_running: bool
    state: str
    started_at: datetime | None = None


_form = click.option(
    "--as", "form", type=click.Choice(["auto", "system", "user", "container"]), default="auto", show_default=True,
    help="A service of the machine, of this user, or a container of the engine.",
)  # fmt: skip


@declare(
    "install",
    example="""podlab agent install --dry-run
        podlab agent install
        podlab agent install --as container""",
)
@_form
@click.option("--dry-run", is_flag=True, help="Print the unit and the commands; change nothing.")
@click.option("--socket", metavar="PATH", default="", help="Of the engine, on its machine; for a container.")
async def install(form: str, dry_run: bool, socket: str) -> None:
    """Run the agent from now on, also after the next boot.

    As a service of systemd where the machine has it: the machine's for root, else the user's own. Otherwise as a
    container of the engine, made of this podlab, with nothing but the engine's socket. Installing again takes
    this podlab's version. Several agents on one engine do no harm.
    """
    async with session() as engine:
        chosen = _chosen(form, engine)
        if chosen == "container":
            await _install_container(engine, dry_run, socket)
            return
        if socket:
            raise Usage("--socket is for a container", hint="-H names the engine for a service")
        service = _service(chosen)
        text = unit(
            program(sys.argv[0], shutil.which("podlab")), host=_address(engine), version=version(),
            environment=_environment(), is_user=service.is_user,
        )  # fmt: skip
    if dry_run:
        click.echo(f"# {service.path}\n{text}")
        click.echo("\n".join(service.commands()))
        return
    await service.install(text)
    click.echo(f"agent installed: {service.path}")
    if service.is_user:
        click.echo("it ends when you log out, unless: loginctl enable-linger")


@declare("uninstall", example="podlab agent uninstall")
@_form
async def uninstall(form: str) -> int:
    """Remove what `podlab agent install` has made, and nothing else. Pods go on as they are."""
    services = [_service(each) for each in ("system", "user") if form in ("auto", each)]
    gone = [str(each.path) for each in services if await each.uninstall()]
    if form in ("auto", "container"):
        async with session() as engine:
            if isinstance(engine, HostsAgent) and await engine.uninstall_agent():
                gone.append("container podlab.agent")
    for each in gone:
        click.echo(f"removed {each}")
    if not gone:
        click.echo("no agent is installed", err=True)
    return 0 if gone else NOT_INSTALLED


@declare("status", example="podlab agent status\npodlab agent status -o json")
@output_option("text", "json")
async def status(output: str) -> int:
    """Tell which agents are installed, and whether they run. 0: one runs. 1: none does. 3: none is installed.

    An agent that was started by hand, and that of `podlab serve`, is not seen here.
    """
    rows = await _found()
    if output == "json":
        print_json(rows)
    for row in rows if output == "text" else ():
        running = "running" if row.is_running else f"not running ({row.state})"
        age = f", for {since(row.started_at)}" if row.is_running and row.started_at else ""
        click.echo(f"{row.form}: {row.where}, podlab {row.version}, {running}{age}")
    if not rows:
        click.echo("no agent is installed; `podlab agent install` does it", err=True)
        return NOT_INSTALLED
    return 0 if any(row.is_running for row in rows) else NOT_RUNNING


async def _found() -> list[Row]:
    forms: tuple[Form, ...] = ("system", "user")
    rows = [
        Row(
            form=form, where=str(found.path), version=found.version, is_running=found.is_running, state=found.state
        )
        for form in forms
        if (found := await _service(form).find())
    ]  # fmt: skip
    async with session() as engine:
        if isinstance(engine, HostsAgent) and (inside := await engine.installed_agent()):
            state = "running" if inside.is_running else "stopped"
            rows.append(
                Row(
                    form="container", where=inside.name, version=inside.version, is_running=inside.is_running,
                    state=state, started_at=inside.started_at,
                )
            )  # fmt: skip
    return rows


async def _install_container(engine: Engine, dry_run: bool, socket: str) -> None:
    from podlab.naming import PYTHON_IMAGE
    from podlab.workshop.bundle.wheels import files_of

    if not isinstance(engine, HostsAgent):
        raise Unsupported("this engine runs no agent in a container", hint="`podlab agent` runs it here")
    if dry_run:
        click.echo(engine.agent_preview(version(), socket=socket))
        return
    await prepare_named(engine, PYTHON_IMAGE)
    made = await engine.install_agent(files_of(), version(), socket=socket)
    click.echo(f"agent installed: container {made.name} of image {made.image}")


def _chosen(form: str, engine: Engine) -> Form:
    if form != "auto":
        return form  # type: ignore[return-value]
    if not is_there() or not _address(engine):
        return "container"
    return "system" if os.geteuid() == 0 else "user"


def _service(form: str) -> Service:
    return Service.of_user() if form == "user" else Service.of_machine()


def _address(engine: Engine) -> str:
    return str(getattr(getattr(engine, "client", None), "address", ""))


def _environment() -> dict[str, str]:
    """What this podlab was told and the service is to know, too."""
    names = (
        "PODLAB_INFRA_IMAGE",
        "PODLAB_SECRETS_KEY",
        "DOCKER_CONFIG",
        "DOCKER_CERT_PATH",
        "DOCKER_TLS_VERIFY",
    )
    return {name: os.environ[name] for name in names if os.environ.get(name)}
