"""Annotations that say what Kubernetes has no field for."""

ISOLATED = "podlab.io/isolated"
"""Annotation, `"true"`: no other pod can reach this one. `podlab up --isolated` sets it."""
DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
"""Annotation: the container that is meant where nobody names one.
https://kubernetes.io/docs/reference/labels-annotations-taints/#kubectl-kubernetes-io-default-container"""
PUBLISH = "podlab.io/publish"
"""Annotation, `"8080:80,127.0.0.1:5000:5000"`: published ports of the pod as a whole. `podlab create -p` sets it."""
INIT = "podlab.io/init"
"""Annotation, `"false"`: containers run without the engine's init as PID 1, as systemd images need."""


CLEAN_RESTARTS = "podlab.io/clean-restarts"
"""Annotation, `"true"`: who restarts a container makes it anew, so that it begins with its image's files, as a kubelet
does it. The engine cannot, so it restarts none: an agent or `podlab up` does."""
PIDS_LIMIT = "podlab.io/pids-limit"
"""Annotation, `"1000"`: how many processes and threads each container of the pod may have at a time. In Kubernetes
a node has this setting, not a pod: https://kubernetes.io/docs/concepts/policy/pid-limiting/"""

UNSAFE_SYSCTLS = "podlab.io/allowed-unsafe-sysctls"
"""Annotation, `"kernel.msg*,net.core.somaxconn"`: kernel settings that `securityContext.sysctls` may have beside the
safe ones. In Kubernetes a node has this setting: https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/"""
