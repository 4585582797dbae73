"""What the pod is called, and whom it asks for names, in the engine's words.

https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
"""

from __future__ import annotations

from podlab import hostnames, model
from podlab.engines.docker.translate.labels import Body
from podlab.model import Pod


def hostname(pod: Pod) -> str:
    """As the pod's processes see it. Empty: the machine's own, in a pod that is in the machine's network."""
    if pod.spec.hostname_override:
        return pod.spec.hostname_override
    if pod.spec.host_network and not pod.spec.hostname:
        return ""
    return hostnames.full(pod) if pod.spec.set_hostname_as_fqdn else hostnames.short(pod)


def called(pod: Pod) -> Body:
    """The engine writes both into the pod's `/etc/hosts`, and the domain of a name that has one itself, too."""
    is_whole = pod.spec.set_hostname_as_fqdn or pod.spec.hostname_override
    domain = "" if is_whole else hostnames.domain(pod)
    return {"Hostname": hostname(pod)} | ({"Domainname": domain} if domain else {})


def resolver(pod: Pod) -> Body:
    """On the pods' bridge the engine's own server answers: with the names of the pods there, and else from the servers
    that are named here, or from the machine's.

    With `dnsPolicy: None` nothing of the machine's is left: neither its servers nor its search domains and options.
    """
    said = pod.spec.dns_config or model.DNSConfig()
    options = [o.name if o.value is None else f"{o.name}:{o.value}" for o in said.options]
    searches = list(said.searches)
    if pod.spec.dns_policy == "None":
        searches = searches or ["."]
        if not any(o.name == "ndots" for o in said.options):
            options.append("ndots:1")  # the resolver's own; without any option the machine's would come in
    return {"Dns": list(said.nameservers), "DnsSearch": searches, "DnsOptions": options}
