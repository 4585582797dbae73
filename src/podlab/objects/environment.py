"""The environment of a container, in the order and with the precedence of Kubernetes.

`envFrom` first, source by source, a later one over an earlier; then `env`, one by one, over all that was before.
https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from podlab.errors import Invalid, NotFound
from podlab.model import ConfigMap, Container, EnvFromSource, EnvVarSource, KeySelector, Pod, Secret
from podlab.objects.fields import field_value, resource_value
from podlab.objects.kinds import data_of, key_of
from podlab.objects.surroundings import Surroundings

# https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
_REFERENCE = re.compile(r"\$(\$|\(([-._a-zA-Z][-._a-zA-Z0-9]*)\))")
_NAME: Final = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")


def expand(text: str, env: Mapping[str, str]) -> str:
    """`$(NAME)` becomes its value, `$$` a dollar; an unknown name stays as it is written."""
    return _REFERENCE.sub(lambda m: "$" if m[1] == "$" else env.get(m[2], m[0]), text)


def unset(text: str, env: Mapping[str, str]) -> tuple[str, list[str]]:
    """The same, and the names in it that are unknown."""
    names = [match[2] for match in _REFERENCE.finditer(text) if match[2] and match[2] not in env]
    return expand(text, env), names


def environment(pod: Pod, container: Container, around: Surroundings) -> dict[str, str]:
    """`NotFound` for an object or a key that is missing and not optional; `Invalid` for a value that no process
    can be given."""
    env: dict[str, str] = {}
    for source in container.env_from:
        if found := _source(source, around):
            env |= {name: value for name, value in _variables(source, found) if _NAME.fullmatch(name)}
    for variable in container.env:
        if variable.value or not variable.value_from:
            env[variable.name] = expand(variable.value, env)
        elif (value := _value(pod, container, variable.value_from, around)) is not None:
            env[variable.name] = value
    return env


def skipped(container: Container, around: Surroundings) -> Iterator[str]:
    """A line for each source with keys that are no variables' names: Kubernetes starts the container without them."""
    for source in container.env_from:
        if found := _source(source, around):
            names = sorted(name for name, _ in _variables(source, found) if not _NAME.fullmatch(name))
            if names:
                kind, name = key_of(found)
                yield (
                    f"container '{container.name}', envFrom: keys {', '.join(names)} of {kind} '{name}' are no "
                    "variables' names and were left out"
                )


def _source(source: EnvFromSource, around: Surroundings) -> ConfigMap | Secret | None:
    for kind, ref in (("ConfigMap", source.config_map_ref), ("Secret", source.secret_ref)):
        if ref:
            return around.find(kind, ref.name, optional=ref.optional)
    return None


def _variables(source: EnvFromSource, found: ConfigMap | Secret) -> Iterator[tuple[str, str]]:
    for key in sorted({*found.data, *(found.string_data if isinstance(found, Secret) else ())}):
        yield (source.prefix or "") + key, _text(found, key)


def _value(pod: Pod, container: Container, source: EnvVarSource, around: Surroundings) -> str | None:
    """None where an optional one is missing: the variable is not set."""
    if source.field_ref:
        return field_value(pod, source.field_ref, around.facts)
    if source.resource_field_ref:
        return resource_value(pod, container, source.resource_field_ref, around.facts)
    if source.config_map_key_ref:
        return _of_key("ConfigMap", source.config_map_key_ref, around)
    if source.secret_key_ref:
        return _of_key("Secret", source.secret_key_ref, around)
    return ""


def _of_key(kind: str, ref: KeySelector, around: Surroundings) -> str | None:
    found = around.find(kind, ref.name, optional=ref.optional)
    if found is None:
        return None
    # A ConfigMap's binaryData is for files: Kubernetes finds no such key here.
    if ref.key in found.data or (isinstance(found, Secret) and ref.key in found.string_data):
        return _text(found, ref.key)
    error = NotFound(f"{kind} '{ref.name}' has no key '{ref.key}' for a variable", subject=ref.name)
    around.lacks(ref.optional, error)
    return None


def _text(found: ConfigMap | Secret, key: str) -> str:
    kind, name = key_of(found)
    if isinstance(found, ConfigMap):
        text = found.data[key]
    else:
        try:
            text = data_of(found)[key].decode()
        except UnicodeDecodeError:
            raise Invalid(
                f"key '{key}' of {kind} '{name}' is no text, which a variable must be",
                subject=name,
                hint="mount the Secret as a volume",
            ) from None
    if "\0" in text:
        raise Invalid(f"key '{key}' of {kind} '{name}' holds a NUL, which no variable can", subject=name)
    return text
