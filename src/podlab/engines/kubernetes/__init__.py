"""Pods on a Kubernetes cluster, behind the promise of `engines.base`.

Here lives all that knows the Kubernetes API: how one reaches a cluster (`address`, `access`), asks it (`client`) and
hears of what changes (`watching`), writes a pod for it (`manifest`), compares (`plan`) and reads what it says
(`status`, `happening`), the objects beside pods (`objects/`) and the streams in and out of containers (`streams/`).
JSON as the API writes it ends here: what goes up is podlab's own types.

What must not be here: anything that a kubelet or a controller does by itself, such as probes, restarts, the order of
init containers or the number of replicas; and what a class is. `kubernetes_asyncio` finds and reads the configuration,
and only `access` imports it.
"""
