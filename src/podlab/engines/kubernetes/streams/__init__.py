"""What flows between podlab and a pod of a cluster: commands, logs, connections, files.

A command's streams come through one websocket (`websocket`, `channels`), whose frames and endings are pure (`framing`,
`ending`); what Kubernetes has no words for is done by a few lines for the container's own shell (`launch`, `signals`).

What must not be here: what a pod should be, and anything that a container's shell could not answer for.
"""

from podlab.engines.kubernetes.streams.archive import read_archive, stat, write_archive
from podlab.engines.kubernetes.streams.attach import attach_process
from podlab.engines.kubernetes.streams.debug import debugging
from podlab.engines.kubernetes.streams.dial import dial
from podlab.engines.kubernetes.streams.exec import exec_process
from podlab.engines.kubernetes.streams.inside import namespaces, processes
from podlab.engines.kubernetes.streams.logs import logs
from podlab.engines.kubernetes.streams.usage import usage

__all__ = [
    "attach_process", "debugging", "dial", "exec_process", "logs", "namespaces", "processes", "read_archive", "stat",
    "usage", "write_archive",
]  # fmt: skip
