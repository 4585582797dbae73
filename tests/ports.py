"""Ports for servers that are programs of their own, and so have to be told one."""

from __future__ import annotations

import contextlib
import random
import socket


def free_port() -> int:
    """One that no connection of this machine is given as its own meanwhile: below 32768, where the kernel's begin.
    The next one is free, too. https://docs.kernel.org/networking/ip-sysctl.html (ip_local_port_range)"""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, socket.socket() as following, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            following.bind(("127.0.0.1", port + 1))
            return port
