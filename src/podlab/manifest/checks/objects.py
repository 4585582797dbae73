"""ConfigMaps, Secrets and claims. https://kubernetes.io/docs/concepts/configuration/"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final

from podlab import model, quantity
from podlab.manifest import syntax
from podlab.manifest.checks.finding import Findings, at

_MOST_BYTES: Final = 1024 * 1024
"""https://kubernetes.io/docs/concepts/configuration/configmap/#motivation"""
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
}
"""https://kubernetes.io/docs/concepts/configuration/secret/#secret-types"""


def config_map(c: model.ConfigMap) -> Findings:
    yield from _keys("data", c.data)
    yield from _keys("binaryData", c.binary_data)
    yield from _base64("binaryData", c.binary_data)
    for key in sorted(c.data.keys() & c.binary_data.keys()):
        yield ("binaryData", key), "is a key of data already"
    yield from _size("data", [*c.data.values(), *c.binary_data.values()])


def secret(s: model.Secret) -> Findings:
    yield from _keys("data", s.data)
    yield from _keys("stringData", s.string_data)
    yield from _base64("data", s.data)
    yield from _size("data", [*s.data.values(), *s.string_data.values()])
    for key in _NEEDED.get(s.type or "", ()):
        if key not in s.data and key not in s.string_data:
            yield ("data",), f"a Secret of type {s.type} needs the key {key}"


def claim_spec(c: model.ClaimSpec) -> Findings:
    if not c.access_modes:
        yield ("accessModes",), "needs at least one, such as [ReadWriteOnce]"
    if "ReadWriteOncePod" in c.access_modes and len(c.access_modes) > 1:
        yield ("accessModes",), "ReadWriteOncePod stands alone"
    if c.volume_mode == "Block":
        yield ("volumeMode",), "an engine has no block volumes; mount a hostPath of type BlockDevice"
    resources = c.resources or model.ClaimResources()
    if "storage" not in resources.requests:
        yield ("resources",), "a claim says how much it needs: {requests: {storage: 1Gi}}"
    for kind, amounts in (("requests", resources.requests), ("limits", resources.limits)):
        for name, amount in amounts.items():
            yield from at(("resources", kind, name), _amount(name, amount))


def _amount(name: str, amount: model.Quantity) -> str:
    if name != "storage":
        return "a claim asks for storage only"
    try:
        return "" if quantity.parse(amount) >= 1 else f"must be 1 byte or more, not {amount}"
    except ValueError as error:
        return str(error)


def _keys(field: str, data: Mapping[str, str]) -> Findings:
    for key in data:
        yield from at((field, key), syntax.data_key(key))


def _base64(field: str, data: Mapping[str, str]) -> Findings:
    """The value itself is not in the message: it may be secret."""
    for key, value in data.items():
        try:
            base64.b64decode("".join(value.split()), validate=True)
        except ValueError:
            text = "; plain text stands in stringData" if field == "data" else ""
            yield (field, key), f"is no base64{text}"


def _size(field: str, values: list[str]) -> Findings:
    if sum(len(value.encode()) for value in values) > _MOST_BYTES:
        yield (field,), "holds at most 1 MiB"
