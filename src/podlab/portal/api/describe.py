"""What a handler takes and answers, said once: requests are read by it, and OpenAPI is written from it.

    @operation("POST", "/trainer/api/seats/{seat}/extend", who=TRAINER, errors=(NotFound, Conflict))
    async def extend(request: web.Request, seat: SeatNumber, body: Extend) -> SeatRow:
        \"\"\"Give a seat more time.\"\"\"

A parameter named in the path is read from there, `body` from the body's JSON, every other one from the query. What is
returned becomes JSON; None is a 204; a response stays what it is (`gives`: its content type).
"""

from __future__ import annotations

import functools
import inspect
import json
import re
import typing
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from aiohttp import web

from podlab.errors import Invalid, PodlabError
from podlab.portal.api import shapes

JSON: Final = "application/json"
_NOBODY: Final = object()


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may ask, such as `audience.TRAINER`. `schemes` are those of `document`, any one of which is enough; `admit`
    raises where it is not shown, before anything else is read."""

    schemes: tuple[str, ...]
    admit: Callable[[web.Request], object]


ANYBODY: Final = Audience((), lambda request: None)


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    where: Literal["path", "query"]
    annotation: Any
    default: Any

    @property
    def is_required(self) -> bool:
        return self.default is _NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`takes` and `gives` are content types where they are not JSON: such a body is read by the handler."""

    id: str
    method: str
    path: str
    summary: str
    details: str
    who: Audience
    parameters: tuple[Parameter, ...]
    body: Any
    answer: Any
    errors: tuple[type[PodlabError], ...]
    takes: str
    gives: str

    @property
    def may_be_empty(self) -> bool:
        """Whether all of the body may be left out."""
        return not any(is_required for _, is_required in shapes.fields(self.body).values())

    async def arguments(self, request: web.Request) -> dict[str, Any]:
        """What the handler is called with. `Invalid` for what is not as described; and as `who.admit`."""
        self.who.admit(request)
        known = {each.name for each in self.parameters if each.where == "query"}
        if unknown := set(request.query) - known:
            raise Invalid(f"there is no parameter {min(unknown)[:40]!r} here", subject=self.path)
        found = {each.name: _value(each, request) for each in self.parameters}
        if self.body is not None:
            found["body"] = await self._body(request)
        return found

    async def _body(self, request: web.Request) -> Any:
        text = await request.read()
        if not text and self.may_be_empty:
            return self.body()
        if request.content_type != JSON:
            raise Invalid(f"a body of type {JSON} is expected, not {request.content_type}", subject=self.path)
        return shapes.read(self.body, _parsed(text))


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def operation(
    method: str, path: str, *, who: Audience, errors: Iterable[type[PodlabError]] = (), takes: str = "",
    gives: str = JSON,
) -> Callable[[Callable[..., Awaitable[Any]]], Handler]:  # fmt: skip
    """Make a handler of a function. `routes` gives its route."""

    def make(function: Callable[..., Awaitable[Any]]) -> Handler:
        described = _described(function, method, path, who, tuple(errors), takes, gives)

        @functools.wraps(function)
        async def handle(request: web.Request) -> web.StreamResponse:
            answer = await function(request, **await described.arguments(request))
            if isinstance(answer, web.StreamResponse):
                return answer
            if answer is None and described.answer is None:
                return web.Response(status=204)
            return web.json_response(shapes.encode(answer))

        handle.operation = described  # type: ignore[attr-defined]
        return handle

    return make


def routes(*handlers: Handler) -> list[web.RouteDef]:
    """Of handlers that are described."""
    found = [(handler, cast("Operation", handler.operation)) for handler in handlers]  # type: ignore[attr-defined]
    return [
        web.get(each.path, handler, allow_head=False)
        if each.method == "GET"
        else web.route(each.method, each.path, handler)
        for handler, each in found
    ]


def operations(app: web.Application) -> list[Operation]:
    """All that the application's routes describe."""
    found = (getattr(route.handler, "operation", None) for route in app.router.routes())
    return [each for each in found if isinstance(each, Operation)]


def _described(
    function: Callable[..., Awaitable[Any]], method: str, path: str, who: Audience,
    errors: tuple[type[PodlabError], ...], takes: str, gives: str,
) -> Operation:  # fmt: skip
    hints = typing.get_type_hints(function, include_extras=True)
    signature = inspect.signature(function).parameters
    in_path = re.findall(r"{(\w+)", path)
    parameters = tuple(
        Parameter(
            name,
            "path" if name in in_path else "query",
            hints[name],
            _NOBODY if each.default is each.empty else each.default,
        )
        for name, each in signature.items()
        if name not in ("request", "body")
    )
    for each in parameters:
        shapes.schema(each.annotation, {}, is_input=True)
    if (body := hints.get("body")) is not None:
        shapes.schema(body, {}, is_input=True)
    answer = hints["return"]
    if isinstance(answer, type) and issubclass(answer, web.StreamResponse):
        answer = str
    elif answer is not type(None):
        shapes.schema(answer, {}, is_input=False)
    summary, _, details = inspect.cleandoc(function.__doc__ or function.__name__).partition("\n")
    return Operation(
        id=f"{function.__module__.rpartition('.')[2]}.{function.__name__}", method=method, path=path,
        summary=summary.rstrip("."), details=" ".join(details.split()), who=who, parameters=parameters, body=body,
        answer=None if answer is type(None) else answer, errors=errors, takes=takes, gives=gives,
    )  # fmt: skip


def _value(parameter: Parameter, request: web.Request) -> Any:
    if parameter.where == "path":
        texts = [request.match_info[parameter.name]]
    else:
        texts = request.query.getall(parameter.name, [])
    if not texts:
        if parameter.is_required:
            raise Invalid(f"the parameter {parameter.name!r} is missing", subject=request.path)
        return parameter.default
    wanted = shapes.hint(parameter.annotation)
    if typing.get_origin(wanted.type) is tuple:
        item = shapes.hint(typing.get_args(wanted.type)[0]).type
        return shapes.read(parameter.annotation, [_plain(item, each) for each in texts], parameter.name)
    if len(texts) > 1:
        raise Invalid(f"the parameter {parameter.name!r} is given twice", subject=request.path)
    return shapes.read(parameter.annotation, _plain(wanted.type, texts[0]), parameter.name)


def _plain(kind: Any, text: str) -> Any:
    """Of the JSON type that it stands for; what does not is refused as the text that it is."""
    if kind is int and re.fullmatch(r"-?[0-9]{1,15}", text):
        return int(text)
    if kind is float and re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", text):
        return float(text)
    return {"true": True, "false": False}.get(text, text) if kind is bool else text


def _parsed(text: bytes) -> Any:
    def refuse(name: str) -> Any:
        raise ValueError(f"{name} is no JSON")

    def once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a key stands twice")
        return found

    try:
        return json.loads(text.decode("utf-8"), parse_constant=refuse, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"the body is no JSON: {error}", subject="body") from error
