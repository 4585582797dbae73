from __future__ import annotations

import dataclasses

import pytest

from podlab.errors import Conflict, Invalid
from podlab.model import ClaimResources, ClaimSpec, Metadata, PersistentVolumeClaim, Secret
from podlab.objects.kinds import data_of, hidden, replaced, settled
from podlab.wire import encode
from tests.objects.things import config, secret


def claim(size: str, **spec: str) -> PersistentVolumeClaim:
    return PersistentVolumeClaim(
        metadata=Metadata(name="data"),
        spec=ClaimSpec(
            access_modes=("ReadWriteOnce",),
            resources=ClaimResources(requests={"storage": size}),
            storage_class_name=spec.get("storage_class"),
        ),
    )


def test_plain_text_of_a_secret_counts_before_its_data() -> None:
    made = settled(dataclasses.replace(secret(a="1", b="2"), string_data={"b": "ä"}))
    assert isinstance(made, Secret)
    assert made.string_data == {}
    assert data_of(made) == {"a": b"1", "b": "ä".encode()}


def test_no_value_of_a_secret_is_shown() -> None:
    shown = encode(hidden(dataclasses.replace(secret(a="topsecret"), string_data={"b": "topsecret"})))
    assert shown["stringData"] == {"a": "***", "b": "***"}
    assert "data" not in shown
    assert hidden(config(a="1")) == config(a="1")


def test_no_base64_is_named_and_not_shown() -> None:
    with pytest.raises(Invalid, match="key 'a' of Secret 's' is no base64") as error:
        data_of(Secret(metadata=Metadata(name="s"), data={"a": "to!psecret"}))
    assert "psecret" not in str(error.value)


def test_what_is_immutable_stays() -> None:
    before = dataclasses.replace(config(a="1"), immutable=True)
    assert replaced(before, before) is before
    with pytest.raises(Conflict, match="ConfigMap 'c' is immutable"):
        replaced(before, config(a="1"))


def test_of_a_claim_only_the_size_changes() -> None:
    assert replaced(claim("1Gi"), claim("2Gi")) == claim("2Gi")
    with pytest.raises(Conflict, match="only the size"):
        replaced(claim("1Gi"), claim("1Gi", storage_class="fast"))
