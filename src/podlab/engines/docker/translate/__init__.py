"""A pod in the engine's own words: the JSON bodies of its containers, volumes and networks.

Pure: nothing here asks the engine, a clock or a file. `commands` prints the same bodies as `docker` commands,
so what a person is shown is what is sent.
https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Container/operation/ContainerCreate
"""

from podlab.engines.docker.translate.bridges import bridge_name, endpoint, network
from podlab.engines.docker.translate.forwarder import READY, forwarder
from podlab.engines.docker.translate.infra_container import infra, infra_hash
from podlab.engines.docker.translate.labels import (
    NETWORK_LABELS,
    Body,
    removal_volume,
    spec_volume,
    status_volume,
)
from podlab.engines.docker.translate.member_container import (
    LOGS,
    member,
    member_hash,
    member_shape,
    restarts,
)
from podlab.engines.docker.translate.mounts import sub_paths
from podlab.engines.docker.translate.names import hostname
from podlab.engines.docker.translate.publisher import publisher, publisher_name
from podlab.engines.docker.translate.resources import bounds
from podlab.engines.docker.translate.security import SECCOMP_FILE, capabilities, effective, group_of_volumes
from podlab.engines.docker.translate.volumes import (
    HELD_AT,
    OPENER,
    claim,
    claimed,
    is_in_memory,
    is_scratch,
    opener,
    opener_of,
    own_volumes,
    source,
    volume,
)
from podlab.engines.docker.translate.whole_pod import bounds_volume, is_bounded, own_bounds, whole

__all__ = [
    "HELD_AT", "LOGS", "NETWORK_LABELS", "OPENER", "READY", "SECCOMP_FILE", "Body", "bounds",
    "bounds_volume", "bridge_name", "capabilities", "claim", "claimed", "effective", "endpoint", "forwarder",
    "group_of_volumes", "hostname", "infra", "infra_hash", "is_bounded", "is_in_memory",
    "is_scratch", "member", "member_hash", "member_shape", "network", "opener", "opener_of", "own_bounds",
    "own_volumes", "publisher", "publisher_name", "removal_volume", "restarts", "source",
    "spec_volume", "status_volume", "sub_paths", "volume", "whole",
]  # fmt: skip
