from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podlab.images.reference import Reference, parse

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "full", "familiar"),
    [
        ("alpine", "docker.io/library/alpine:latest", "alpine:latest"),
        ("alpine:3.20", "docker.io/library/alpine:3.20", "alpine:3.20"),
        ("library/alpine", "docker.io/library/alpine:latest", "alpine:latest"),
        ("docker.io/alpine", "docker.io/library/alpine:latest", "alpine:latest"),
        ("index.docker.io/library/alpine", "docker.io/library/alpine:latest", "alpine:latest"),
        ("team/app", "docker.io/team/app:latest", "team/app:latest"),
        ("localhost/app", "localhost/app:latest", "localhost/app:latest"),
        ("localhost:5000/alpine", "localhost:5000/alpine:latest", "localhost:5000/alpine:latest"),
        ("lab.example/a/b/c:v1", "lab.example/a/b/c:v1", "lab.example/a/b/c:v1"),
        ("[::1]:5000/app", "[::1]:5000/app:latest", "[::1]:5000/app:latest"),
        ("Registry/app", "Registry/app:latest", "Registry/app:latest"),
        (f"alpine@{DIGEST}", f"docker.io/library/alpine@{DIGEST}", f"alpine@{DIGEST}"),
        (f"alpine:3@{DIGEST}", f"docker.io/library/alpine:3@{DIGEST}", f"alpine:3@{DIGEST}"),
        ("a__b--c.d", "docker.io/library/a__b--c.d:latest", "a__b--c.d:latest"),
    ],
)
def test_a_name_has_a_full_and_a_familiar_form(text: str, full: str, familiar: str) -> None:
    assert (parse(text).full, parse(text).familiar) == (full, familiar)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "needs a name"),
        ("Alpine", "lower case"),
        ("alpine:", "the tag ''"),
        ("alpine:-x", "the tag '-x'"),
        ("alpine:" + "x" * 129, "at most 128"),
        ("a//b", "the name"),
        ("a..b", "the name"),
        ("_a", "the name"),
        ("-/a", "the name"),
        ("http://host/app", "no registry's address|the name"),
        ("host:port/app", "no registry's address"),
        ("alpine@sha256:12", "digest"),
        ("alpine@sha256:" + "a" * 63, "63"),
        ("al pine", "the name"),
        ("ab" * 32, "an image's id"),
        ("a/" * 130 + "a", "255"),
        ("alpine\n", "the name"),
    ],
)
def test_a_name_that_is_none_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse(text)


@given(st.text(max_size=80))
def test_any_text_is_a_reference_or_a_value_error(text: str) -> None:
    try:
        found = parse(text)
    except ValueError:
        return
    assert isinstance(found, Reference)
    assert parse(found.familiar) == found
    assert parse(found.full) == found
