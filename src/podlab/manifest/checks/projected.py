"""Volumes whose files podlab writes. https://kubernetes.io/docs/concepts/storage/projected-volumes/"""

from __future__ import annotations

from typing import Final

from podlab import model
from podlab.manifest import syntax
from podlab.manifest.checks.environment import field, one_of
from podlab.manifest.checks.finding import Findings, at
from podlab.objects.fields import OF_FILES

_MOST_MODE: Final = 0o777


def config_map(v: model.ConfigMapVolume) -> Findings:
    yield from at("name", syntax.dns_subdomain(v.name))
    yield from mode("defaultMode", v.default_mode)


def secret(v: model.SecretVolume) -> Findings:
    yield from at("secretName", syntax.dns_subdomain(v.secret_name))
    yield from mode("defaultMode", v.default_mode)


def downward_api(v: model.DownwardAPIVolume) -> Findings:
    yield from mode("defaultMode", v.default_mode)


def projected(v: model.ProjectedVolume) -> Findings:
    yield from mode("defaultMode", v.default_mode)


def projection(p: model.VolumeProjection) -> Findings:
    yield from one_of({"configMap": p.config_map, "secret": p.secret, "downwardAPI": p.downward_api})


def named_source(p: model.ConfigMapProjection | model.SecretProjection) -> Findings:
    yield from at("name", syntax.dns_subdomain(p.name))


def key(k: model.KeyToPath) -> Findings:
    yield from at("key", syntax.data_key(k.key))
    yield from at("path", syntax.inside(k.path))
    yield from mode("mode", k.mode)


def own_file(f: model.DownwardAPIFile) -> Findings:
    yield from at("path", syntax.inside(f.path))
    yield from mode("mode", f.mode)
    yield from one_of({"fieldRef": f.field_ref, "resourceFieldRef": f.resource_field_ref})
    if f.field_ref:
        yield from field(f.field_ref, OF_FILES, ("fieldRef",))
    if f.resource_field_ref and not f.resource_field_ref.container_name:
        yield (
            ("resourceFieldRef", "containerName"),
            "a volume belongs to no container: name the one that is meant",
        )


def mode(name: str, value: int | None) -> Findings:
    if value is not None and not 0 <= value <= _MOST_MODE:
        yield (name,), f"a file's mode is 0 to 0777, not {value:#o}"
