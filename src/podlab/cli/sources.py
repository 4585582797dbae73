"""Where a container's variables and a pod's volumes come from, in kubectl's words. Never a Secret's value."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podlab.model import Container, EnvVar, KeySelector, Volume, VolumeMount


def variables(container: Container) -> Iterator[str]:
    for source in container.env_from:
        for kind, ref in (("ConfigMap", source.config_map_ref), ("Secret", source.secret_ref)):
            if ref:
                prefix = f" with prefix '{source.prefix}'" if source.prefix else ""
                yield f"all keys of {kind} '{ref.name}'{prefix}{_optional(ref.optional)}"
    for variable in container.env:
        yield f"{variable.name}={_value(variable)}"


def _value(variable: EnvVar) -> str:
    source = variable.value_from
    if source is None:
        return variable.value
    if source.field_ref:
        return f"(v1:{source.field_ref.field_path})"
    if source.resource_field_ref:
        of = source.resource_field_ref.container_name
        return f"({of + ':' if of else ''}{source.resource_field_ref.resource})"
    if source.config_map_key_ref:
        return _key("ConfigMap", source.config_map_key_ref)
    return _key("Secret", source.secret_key_ref) if source.secret_key_ref else ""


def _key(kind: str, ref: KeySelector) -> str:
    return f"<set to the key '{ref.key}' of {kind} '{ref.name}'>{_optional(ref.optional)}"


def _optional(is_optional: bool | None) -> str:
    return " (optional)" if is_optional else ""


def mount(made: VolumeMount) -> str:
    below = made.sub_path or made.sub_path_expr
    return f"{made.mount_path} from {made.name}{'/' + below if below else ''}{' (read-only)' if made.read_only else ''}"


def volume(made: Volume) -> str:
    if made.host_path:
        return f"the machine's {made.host_path.path}"
    if made.config_map:
        return f"ConfigMap '{made.config_map.name}'{_optional(made.config_map.optional)}"
    if made.secret:
        return f"Secret '{made.secret.secret_name}'{_optional(made.secret.optional)}"
    if made.downward_api:
        return "fields of the pod itself"
    if made.projected:
        return ", ".join(_projected(made)) or "nothing"
    if made.persistent_volume_claim:
        return f"claim '{made.persistent_volume_claim.claim_name}'"
    if made.ephemeral:
        return "a claim of its own, with the pod's life"
    if made.image:
        return f"image {made.image.reference}"
    if made.nfs:
        return f"{made.nfs.server}:{made.nfs.path} (NFS)"
    in_memory = made.empty_dir is not None and made.empty_dir.medium == "Memory"
    return f"an empty folder{' in memory' if in_memory else ''}, with the pod's life"


def _projected(made: Volume) -> Iterator[str]:
    for source in made.projected.sources if made.projected else ():
        if source.config_map:
            yield f"ConfigMap '{source.config_map.name}'{_optional(source.config_map.optional)}"
        if source.secret:
            yield f"Secret '{source.secret.name}'{_optional(source.secret.optional)}"
        if source.downward_api:
            yield "fields of the pod itself"
