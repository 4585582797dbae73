"""The spelling rules of names. Each function says what is wrong with a text, or nothing: `""`.

https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and, for the rest,
https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/validation.go
"""

from __future__ import annotations

import ipaddress
import re

from podlab import naming
from podlab.manifest.nodes import quoted

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_QUALIFIED = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_ENV = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_PORT = re.compile(r"(?=.*[a-z])[a-z0-9](?:-?[a-z0-9])*")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def dns_label(text: str) -> str:
    if naming.is_dns_label(text):
        return ""
    return (
        f"{quoted(text)} is no name: use at most 63 of a-z, 0-9 and '-', with a letter or digit at both ends"
    )


def dns_subdomain(text: str, longest: int = 253) -> str:
    if (
        len(text) <= longest
        and _SUBDOMAIN.fullmatch(text)
        and all(len(part) <= 63 for part in text.split("."))
    ):
        return ""
    return (
        f"{quoted(text)} is no name: use at most {longest} of a-z, 0-9, '-' and '.',"
        " with a letter or digit at both ends of each part"
    )


def label_key(text: str) -> str:
    prefix, slash, name = text.rpartition("/")
    if len(name) > 63 or not _QUALIFIED.fullmatch(name):
        return (
            f"the key {quoted(text)} must be at most 63 letters, digits or '-_.' after an optional 'prefix/'"
        )
    if slash and (fault := dns_subdomain(prefix)):
        return f"the key's prefix {fault}"
    return ""


def label_value(text: str) -> str:
    if not text or (len(text) <= 63 and _QUALIFIED.fullmatch(text)):
        return ""
    return f"the value {quoted(text)} must be at most 63 letters, digits or '-_.'; annotations take any text"


def env_name(text: str) -> str:
    if _ENV.fullmatch(text):
        return ""
    return f"{quoted(text)} is no variable's name: use letters, digits, '_', '-' and '.', not a digit first"


def data_key(text: str) -> str:
    """Of a ConfigMap's or Secret's value."""
    if len(text) <= 253 and _KEY.fullmatch(text) and text not in (".", ".."):
        return ""
    return f"{quoted(text)} is no key: use at most 253 letters, digits, '-', '_' and '.'"


def port_name(text: str) -> str:
    if len(text) <= 15 and _PORT.fullmatch(text):
        return ""
    return f"{quoted(text)} is no port's name: use at most 15 of a-z, 0-9 and '-', with a letter among them"


def header_name(text: str) -> str:
    return "" if _HEADER.fullmatch(text) else f"{quoted(text)} is no HTTP header's name"


def port(number: int) -> str:
    return "" if 1 <= number <= 65535 else f"{number} is no port; ports are 1 to 65535"


def ip(text: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return f"{quoted(text)} is no IP address"
    return ""


def absolute(text: str) -> str:
    """Of a path inside a container or on the engine's machine."""
    if not text.startswith("/"):
        return f"{quoted(text)} must be an absolute path, beginning with '/'"
    if ".." in text.split("/"):
        return f"{quoted(text)} must not contain '..'"
    return ""


def inside(text: str) -> str:
    """Of a path below a volume's root. https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath"""
    if text.startswith("/"):
        return f"{quoted(text)} must be a path inside the volume, without '/' first"
    if ".." in text.split("/"):
        return f"{quoted(text)} must not contain '..'"
    if text.startswith(".."):
        return f"{quoted(text)} must not begin with '..'"
    return "" if text else "needs a path inside the volume"
