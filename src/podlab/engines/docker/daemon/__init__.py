"""A private Docker Engine beside whatever else runs on the machine: started, looked at and stopped again.

`place` says where its things are, `settings` what dockerd and containerd are told, `network` gives it
addresses that nobody else has, `processes` and `remains` find what it left, `lifecycle` puts them together.
Everything that an engine makes outside its two folders carries its name, so that a stop finds it again
even after dockerd was killed.
"""

from podlab.engines.docker.daemon.lifecycle import Status, start, status, stop
from podlab.engines.docker.daemon.place import Place, place

__all__ = ["Place", "Status", "place", "start", "status", "stop"]
