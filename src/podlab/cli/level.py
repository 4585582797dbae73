"""`--level`: what nested daemons are given, by whoever runs the class and not by the workshop's file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

CHOICES: Final = ("auto", "userns", "rootless", "caps", "privileged")


def level_option(function: F) -> F:
    return click.option(
        "--level",
        type=click.Choice(CHOICES),
        help="What the seats' Docker daemons are given, instead of what podlab.yaml says.",
    )(function)
