"""What a Kubernetes node does for a pod and a Docker Engine does not: probes, hooks, order, back-off.

It knows no engine but by the promise of `podlab.engines.base`, so it does the same on each of them.
https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
"""
