"""`podlab seats list|add|extend|reset|end|reassign|export|cards`: what the trainer's page does, from the shell."""

from __future__ import annotations

import functools
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from podlab.cli.ask import confirm
from podlab.cli.command import Group, duration
from podlab.cli.output import output_option, print_json, print_table, printable, size, span
from podlab.cli.runner import say, warn
from podlab.errors import Invalid, Usage

if TYPE_CHECKING:
    from podlab.portal.client import Portal

F = TypeVar("F", bound=Callable[..., Any])

command = Group(
    "seats", help="Look at the seats of a workshop that is served on this machine, and change them."
)

_SEAT = click.IntRange(1, 99_999)
_FORCE = click.option("-f", "--force", is_flag=True, help="Do not ask.")


def _which(function: F) -> F:
    """`--workshop` and `--state`, given to the function as `portal`: how to reach the portal."""

    @click.option("--workshop", metavar="NAME", help="Of this workshop; needed where several are served.")
    @click.option(
        "--state", type=click.Path(), metavar="DIR", help="Where its state is kept, as for podlab serve."
    )
    @functools.wraps(function)
    async def found(*args: Any, workshop: str | None, state: str | None, **values: Any) -> Any:
        async with _portal(workshop, state) as portal:
            return await function(*args, portal=portal, **values)

    return found  # type: ignore[return-value]


@asynccontextmanager
async def _portal(workshop: str | None, state: str | None) -> AsyncIterator[Portal]:
    from podlab.portal.client import connected, running

    async with connected(running(workshop, state)) as portal:
        yield portal


@command.subcommand("list", example="podlab seats list\npodlab seats list --all -o json")
@click.option("-a", "--all", "everything", is_flag=True, help="Also seats that have ended.")
@output_option("table", "json")
@_which
async def list_(everything: bool, output: str, portal: Portal) -> None:
    """List the seats, whoever needs the trainer first.

    First raised hands, then who failed at something three times or more, then by how few steps are passed and how
    long nothing happened.
    """
    board = await portal.get("seats")
    rows = [row for row in board["seats"] if everything or row["state"] != "ended"]
    if output == "json":
        print_json(rows)
        return
    now = datetime.fromisoformat(board["now"])
    print_table(
        ["SEAT", "NAME", "STATE", "STEP", "FAILING", "QUIET", "LEFT", "MEMORY"],
        [_line(row, board["steps"], now) for row in rows],
        colours={"hand raised": "yellow", "stuck": "red", "broken": "red", "online": "green"},
    )


def _line(row: dict[str, Any], steps: int, now: datetime) -> list[str]:
    active, ends = (
        datetime.fromisoformat(row[key]) if row[key] else None for key in ("active_at", "ends_at")
    )
    return [
        str(row["seat"]),
        printable(row["name"]) or "-",
        _state(row),
        f"{row['step_number']}/{steps}" if row["step_number"] else "-",
        printable(", ".join(each["name"] for each in row["failing"])) or "-",
        span(now - active) if active and row["is_taken"] else "-",
        span(max(ends - now, timedelta())) if ends and row["state"] != "ended" else "-",
        size(row["memory_bytes"]) if row["memory_bytes"] else "-",
    ]


def _state(row: dict[str, Any]) -> str:
    if row["state"] != "claimed":
        return str(row["state"])
    if row["hand_raised_at"]:
        return "hand raised"
    return "stuck" if row["is_stuck"] else "online" if row["is_online"] else "offline"


@command.subcommand(
    "add",
    example="""
        podlab seats add Ann Bob
        podlab seats add --names class.csv
        podlab seats add --count 5""",
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--names",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A name a line, or CSV with a column `name`.",
)
@click.option(
    "--count", type=click.IntRange(0, 500), default=0, metavar="N", help="So many codes without a name."
)
@output_option("table", "json")
@_which
async def add(names: Sequence[str], file: Path | None, count: int, output: str, portal: Portal) -> None:
    """Make codes for people, each for a seat. They are printed this once.

    Where there are more people than seats then, there may be as many seats.
    """
    if not (names or file or count):
        raise Usage("nobody to make a code for", hint="give names, --names FILE or --count N")
    try:
        listed = file.read_text("utf-8") if file else ""
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"cannot read {file}: {error}", subject=str(file)) from error
    made = await portal.post("people", names=list(names), csv=listed, count=count)
    _print_cards(made["cards"], output)


@command.subcommand("extend", example="podlab seats extend 30m\npodlab seats extend 1h 3 7")
@click.argument("time", type=duration, metavar="DURATION")
@click.argument("seats", nargs=-1, type=_SEAT, metavar="[SEAT]...")
@_which
async def extend(time: int, seats: Sequence[int], portal: Portal) -> int:
    """Give seats more time: those named, or all that somebody has."""
    body: dict[str, Any] = {"seconds": time} | ({"seats": list(seats)} if seats else {})
    results = (await portal.post("extend", **body))["results"]
    for each in results:
        if each["problem"]:
            warn(each["problem"])
    done = sum(not each["problem"] for each in results)
    say(f"{done} seat{'' if done == 1 else 's'} extended by {span(timedelta(seconds=time))}")
    return 0 if done == len(results) else 1


@command.subcommand("reset", example="podlab seats reset 3\npodlab seats reset 3 7 --force")
@click.argument("seats", nargs=-1, type=_SEAT, required=True, metavar="SEAT...")
@_FORCE
@_which
async def reset(seats: Sequence[int], force: bool, portal: Portal) -> int:
    """Make seats anew. Their files are lost; whose they are and their progress stay."""
    if not force and not await confirm(f"Remove all files of seat {_numbers(seats)}?"):
        return 1
    return await _each(portal, seats, "reset", "is being reset")


@command.subcommand("end", example="podlab seats end 3\npodlab seats end 3 7 --force")
@click.argument("seats", nargs=-1, type=_SEAT, required=True, metavar="SEAT...")
@_FORCE
@_which
async def end(seats: Sequence[int], force: bool, portal: Portal) -> int:
    """End seats. Their files are lost; whose they were and their progress stay known."""
    if not force and not await confirm(f"End seat {_numbers(seats)} with all files?"):
        return 1
    return await _each(portal, seats, "end", "has ended")


async def _each(portal: Portal, seats: Sequence[int], action: str, told: str) -> int:
    """Those before one that fails are done."""
    for seat in seats:
        await portal.post(f"seats/{seat}/{action}")
        say(f"seat {seat} {told}")
    return 0


@command.subcommand("reassign", example="podlab seats reassign 3")
@click.argument("seat", type=_SEAT)
@_which
async def reassign(seat: int, portal: Portal) -> None:
    """Give whoever has the seat another one, with their progress and the rest of their time. The old one ends."""
    other = await portal.post(f"seats/{seat}/reassign")
    say(f"seat {seat} is exchanged for seat {other['seat']}")


@command.subcommand("export", example="podlab seats export > progress.csv\npodlab seats export -o json")
@output_option("csv", "json")
@_which
async def export(output: str, portal: Portal) -> None:
    """Print everybody's progress: a line for each seat that somebody has or had. JSON has every answer, too."""
    text = await portal.text("GET", f"progress.{output}")
    if output == "json":
        import json

        print_json(json.loads(text))
    else:
        sys.stdout.write(text)


@command.subcommand("cards", example="podlab seats cards\npodlab seats cards --renew not-come")
@click.option(
    "--renew",
    type=click.Choice(["not-come", "all"]),
    help="Make new codes where none is known any more: for those who have not come yet, or for all.",
)
@output_option("table", "json")
@_which
async def cards(renew: str | None, output: str, portal: Portal) -> None:
    """List everybody's codes, as far as they are known: those that were made since the portal began.

    Only hashes are kept, so after a new start of the portal codes are not known, though they still work. --renew
    makes new ones; the old ones are worth nothing then. The page /trainer/cards has them to print, with QR codes.
    """
    path = "people/renew"
    found = await portal.post(path, who=renew.replace("-", "_")) if renew else await portal.get("people")
    _print_cards(found["cards"], output)
    if output == "table":
        say(f"to print: {portal.serving.public_url}/trainer/cards")


def _print_cards(cards: Sequence[dict[str, Any]], output: str) -> None:
    if output == "json":
        print_json(cards)
        return
    print_table(
        ["SEAT", "NAME", "CODE", "LINK"],
        [
            [
                str(each["seat"] or "-"),
                printable(each["name"]) or "-",
                each["code"] or "not known",
                each["link"] or "-",
            ]
            for each in cards
        ],
    )


def _numbers(seats: Sequence[int]) -> str:
    return ", ".join(map(str, seats))
