"""The OpenAPI 3.1 description of all handlers that are described. https://spec.openapis.org/oas/v3.1.1"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from podlab.errors import Denied, Invalid, PodlabError
from podlab.portal.api import shapes
from podlab.portal.api.describe import JSON, Operation, operations
from podlab.portal.failures import STATUS
from podlab.portal.guard import SAFE
from podlab.portal.visitors import VISITORS, SignedOut

_ERROR: Final = {
    "type": "object",
    "description": "What failed, on what, and what to do.",
    "properties": {"error": {"type": "string"}},
    "required": ["error"],
}
_CHANGES: Final = (
    " With a cookie, whatever changes something also needs the page's Origin and its token in X-CSRF-Token."
)


def document(app: web.Application, *, title: str = "podlab", version: str) -> dict[str, Any]:
    """Made from the application's routes: what is not described is not in it."""
    parts: dict[str, Any] = {"Error": _ERROR}
    paths: dict[str, Any] = {}
    for each in operations(app):
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, parts)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": parts, "securitySchemes": _schemes(app)},
    }


def _schemes(app: web.Application) -> dict[str, Any]:
    visitors = app[VISITORS]
    return {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "The token that `podlab serve` has written.",
        },
        "trainer": _cookie(visitors.trainer.name, "The trainer's session."),
        "seat": _cookie(visitors.attendee.name, "An attendee's session."),
    }


def _cookie(name: str, text: str) -> dict[str, str]:
    return {"type": "apiKey", "in": "cookie", "name": name, "description": text + _CHANGES}


def _operation(each: Operation, parts: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": each.id,
        "summary": each.summary,
        "tags": ["trainer" if "/trainer/" in each.path else "seat"],
        "security": [{name: []} for name in each.who.schemes],
        "responses": {**_answer(each, parts), **_failures(each)},
    }
    if each.details:
        made["description"] = each.details
    if each.parameters:
        made["parameters"] = [
            {
                "name": p.name, "in": p.where, "required": p.is_required or p.where == "path",
                "schema": shapes.schema(p.annotation, parts, is_input=True),
            }
            for p in each.parameters
        ]  # fmt: skip
    if each.body is not None:
        content = {JSON: {"schema": shapes.schema(each.body, parts, is_input=True)}}
        made["requestBody"] = {"required": not each.may_be_empty, "content": content}
    elif each.takes:
        made["requestBody"] = {"required": False, "content": {each.takes: {}}}  # a file may be empty
    return made


def _answer(each: Operation, parts: dict[str, Any]) -> dict[str, Any]:
    if each.answer is None:
        return {"204": {"description": "Done."}}
    found = shapes.schema(each.answer, parts, is_input=False)
    return {"200": {"description": "Done.", "content": {each.gives: {"schema": found}}}}


def _failures(each: Operation) -> dict[str, Any]:
    codes = {_status(kind) for kind in _errors(each)}
    if each.method not in SAFE:
        codes |= {HTTPStatus.TOO_MANY_REQUESTS}
    if each.body is not None or each.takes:
        codes |= {HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
    content = {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {str(int(code)): {"description": code.phrase, "content": content} for code in sorted(codes)}


def _errors(each: Operation) -> Iterable[type[PodlabError]]:
    yield from each.errors
    yield Invalid  # a parameter that there is not
    if each.who.schemes:
        yield SignedOut
    if each.method not in SAFE:
        yield Denied  # by another site's page


def _status(kind: type[PodlabError]) -> HTTPStatus:
    table: Sequence[tuple[type[PodlabError], HTTPStatus]] = STATUS
    return next(code for base, code in table if issubclass(kind, base))
