"""Terminals in the browser: sessions in pods that outlive the connections of those who look at them.

`protocol` is what goes over the websocket; a `Session` is one command with a terminal and knows no socket; its
`Ring` keeps the last output, and each `Viewer` is a cursor in it. `registry` keeps the sessions of all pods,
`socket` is the endpoint. Nothing here knows seats, cookies or pages.
"""

from podlab.portal.terminals.registry import Registry
from podlab.portal.terminals.session import Session
from podlab.portal.terminals.viewer import Access

__all__ = ["Access", "Registry", "Session"]
