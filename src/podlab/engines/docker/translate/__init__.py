"""A pod in the engine's own words: the JSON bodies of its containers, volumes and networks.

Pure: nothing here asks the engine, a clock or a file. `commands` prints the same bodies as `docker` commands,
so what a person is shown is what is sent.
https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Container/operation/ContainerCreate
"""

from podlab.engines.docker.translate.bridges import bridge_name, network
from podlab.engines.docker.translate.infra_container import infra, infra_hash
from podlab.engines.docker.translate.labels import NETWORK_LABELS, Body, spec_volume
from podlab.engines.docker.translate.member_container import (
    DEFAULT_GRACE_S,
    LOGS,
    grace_s,
    member,
    member_hash,
)
from podlab.engines.docker.translate.names import hostname
from podlab.engines.docker.translate.publisher import publisher, publisher_name
from podlab.engines.docker.translate.security import SECCOMP_FILE, effective, group_of_volumes
from podlab.engines.docker.translate.volumes import empty_dirs, is_in_memory, opener, volume

__all__ = [
    "DEFAULT_GRACE_S", "LOGS", "NETWORK_LABELS", "SECCOMP_FILE", "Body", "bridge_name", "effective", "empty_dirs", "grace_s",
    "group_of_volumes", "hostname",
    "infra", "infra_hash", "is_in_memory", "member", "member_hash", "network", "opener", "publisher",
    "publisher_name", "spec_volume", "volume",
]  # fmt: skip
