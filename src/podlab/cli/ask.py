"""Asking the person at the terminal."""

from __future__ import annotations

import asyncio
import signal
import sys

import click

from podlab.errors import Usage


async def confirm(question: str) -> bool:
    """Yes or no. Where nobody can be asked, it is an error that says so."""
    if not sys.stdin.isatty():
        raise Usage("nobody to ask: the input is no terminal", hint="--force does it without asking")
    # The runner turns Ctrl-C into a cancellation, which a blocking read would never see.
    loop = asyncio.get_running_loop()
    loop.remove_signal_handler(signal.SIGINT)
    return click.confirm(question, err=True)
