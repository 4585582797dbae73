"""The schema that Kubernetes publishes, by the models of `kubernetes_asyncio`, which are generated from it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kubernetes_asyncio.client import Configuration, models

_UNCHECKED = Configuration()
_UNCHECKED.client_side_validation = False


def problems(document: Mapping[str, Any]) -> Iterator[str]:
    """Paths that the schema does not have, values of another shape, and what must be there and is not."""
    if "apiVersion" not in document:
        yield f"{document['kind']}.kind: there is no apiVersion"
    yield from _of_model(document, getattr(models, f"V1{document['kind']}"), document["kind"])


def _of(value: Any, kind: str, path: str) -> Iterator[str]:
    if (inner := re.fullmatch(r"list\[(.*)\]", kind)) is not None:
        if not isinstance(value, list):
            yield f"{path}: no list"
            return
        for number, each in enumerate(value):
            yield from _of(each, inner[1], f"{path}[{number}]")
    elif (inner := re.fullmatch(r"dict\(str, (.*)\)|dict\[str, (.*)\]", kind)) is not None:
        for key, each in value.items():
            yield from _of(each, inner[1] or inner[2], f"{path}.{key}")
    elif kind == "object" or not hasattr(models, kind):
        expected = {"str": str, "int": int, "bool": bool, "float": (int, float)}.get(kind, object)
        if not isinstance(value, expected):  # type: ignore[arg-type]
            yield f"{path}: no {kind}"
    else:
        yield from _of_model(value, getattr(models, kind), path)


def _of_model(value: Mapping[str, Any], model: Any, path: str) -> Iterator[str]:
    names = {json: python for python, json in model.attribute_map.items()}
    for key, each in value.items():
        if key in names:
            yield from _of(each, model.openapi_types[names[key]], f"{path}.{key}")
        else:
            yield f"{path}.{key}: unknown"
    for key, python in names.items():
        if key not in value and _must_be_there(model, python):
            yield f"{path}.{key}: missing"


def _must_be_there(model: Any, name: str) -> bool:
    """The models tell it by an error of the property's setter only."""
    made = model(local_vars_configuration=_UNCHECKED)
    made.local_vars_configuration = Configuration()
    try:
        setattr(made, name, None)
    except ValueError:
        return True
    return False
