"""What do pods read that does not stand in their own file? ConfigMaps, Secrets, claims, and facts of themselves.

Here a container's environment and the files of its configMap, secret, downwardAPI and projected volumes are made,
as a kubelet makes them, for engines that have none. All of it is pure and knows no engine.
"""

from podlab.objects.kinds import KINDS, Object, key_of, kind_of
from podlab.objects.references import Reference, missing, references
from podlab.objects.surroundings import Facts, Surroundings

__all__ = [
    "KINDS", "Facts", "Object", "Reference", "Surroundings", "key_of", "kind_of", "missing", "references",
]  # fmt: skip
