"""`-e NAME=VALUE` as docker reads it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from podlab.errors import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable


def variables(given: Iterable[str]) -> dict[str, str]:
    """`NAME` alone takes the value of our own variable, and is left out where we have none.

    https://docs.docker.com/reference/cli/docker/container/run/#env
    """
    found = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not name:
            raise Usage(f"-e {each}: a variable needs a name", subject=each, hint="such as -e DEBUG=1")
        if equals:
            found[name] = value
        elif name in os.environ:
            found[name] = os.environ[name]
    return found
