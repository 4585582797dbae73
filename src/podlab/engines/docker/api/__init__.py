"""The Docker Engine API over a socket: one request, one connection. https://docs.docker.com/reference/api/engine/

HTTP itself is h11's; here are the ways to reach an engine and the mapping of its errors.
"""

from podlab.engines.docker.api.client import Client, Response

__all__ = ["Client", "Response"]
