"""What flows between podlab and a container: commands, logs, connections, files.

Each function takes the engine's client and a container's id; which pod it belongs to is not known here.
"""

from podlab.engines.docker.streams.archive import read_archive, stat, write_archive
from podlab.engines.docker.streams.dial import dial
from podlab.engines.docker.streams.logs import logs
from podlab.engines.docker.streams.process import attach_process, exec_process

__all__ = ["attach_process", "dial", "exec_process", "logs", "read_archive", "stat", "write_archive"]
