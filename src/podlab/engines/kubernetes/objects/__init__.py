"""ConfigMaps, Secrets, claims and workloads: the cluster's own objects of the namespace, known as podlab's by a label.

What somebody else made is never changed nor removed. Workloads are run by the cluster's own controllers.
"""

from podlab.engines.kubernetes.objects.needs import missing
from podlab.engines.kubernetes.objects.store import everything, get, put, remove

__all__ = ["everything", "get", "missing", "put", "remove"]
