from __future__ import annotations

import dataclasses
import subprocess

import pytest

from podlab.images import recipes
from podlab.images.recipes import Recipe
from podlab.images.reference import parse


@pytest.mark.parametrize("name", ["busybox", "alpine", "registry:2", "docker:dind", "docker:cli"])
def test_the_images_of_the_tutorial_have_recipes(name: str) -> None:
    assert recipes.find(name) is not None


def test_every_spelling_finds_the_recipe() -> None:
    assert recipes.find("docker.io/library/busybox:latest") is recipes.find("busybox:stable")


@pytest.mark.parametrize(
    "name", ["nginx", "registry:3", "lab.example/busybox", "busybox@sha256:" + "0" * 64, "B"]
)
def test_what_podlab_cannot_build_has_no_recipe(name: str) -> None:
    assert recipes.find(name) is None


def test_no_two_recipes_claim_one_reference() -> None:
    claimed = [parse(name).full for recipe in recipes.known() for name in recipe.references]
    assert len(claimed) == len(set(claimed))


def test_own_images_are_those_that_no_registry_has() -> None:
    assert recipes.is_own("podlab/work")
    assert not recipes.is_own("podlab/nothing-we-know")
    assert not recipes.is_own("busybox")


@pytest.mark.parametrize("recipe", recipes.known(), ids=lambda recipe: recipe.name)
def test_the_script_of_a_recipe_is_sh_and_its_files_exist(recipe: Recipe) -> None:
    subprocess.run(["sh", "-n"], input=recipe.script().encode(), check=True)
    for target, source in recipe.files.items():
        assert target.startswith("/")
        assert (recipes.FOLDER / source).is_file()


def test_the_digest_changes_with_whatever_the_root_file_system_is_made_of() -> None:
    recipe = Recipe(reference="x", summary="", packages=("a",))
    same = Recipe(reference="y", summary="other words", packages=("a",), changes=("CMD []",))
    assert recipe.digest("bookworm") == same.digest("bookworm")
    others = [
        dataclasses.replace(recipe, packages=("a", "b")),
        dataclasses.replace(recipe, suite="trixie"),
        dataclasses.replace(recipe, variant="unpack"),
        dataclasses.replace(recipe, customise=("true",)),
        dataclasses.replace(recipe, files={"/a": "registry.py"}),
        dataclasses.replace(recipe, files={"/b": "registry.py"}),
    ]
    digests = {recipe.digest("bookworm"), recipe.digest("trixie"), *(o.digest("bookworm") for o in others)}
    assert len(digests) == 2 + len(others)
