"""An error as an answer: JSON for scripts, a page for people. Nobody sees a traceback."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from podlab.errors import (
    AlreadyExists,
    Conflict,
    Denied,
    Invalid,
    NotFound,
    PodlabError,
    TimedOut,
    Unavailable,
    Unsupported,
    Usage,
)
from podlab.portal import visitors
from podlab.portal.pages.render import page
from podlab.portal.visitors import SignedOut

_log = logging.getLogger(__name__)

STATUS: Final[tuple[tuple[type[PodlabError], HTTPStatus], ...]] = (
    (Invalid, HTTPStatus.BAD_REQUEST),
    (Usage, HTTPStatus.BAD_REQUEST),
    (SignedOut, HTTPStatus.UNAUTHORIZED),
    (Denied, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (AlreadyExists, HTTPStatus.CONFLICT),
    (Conflict, HTTPStatus.CONFLICT),
    (Unsupported, HTTPStatus.NOT_IMPLEMENTED),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (TimedOut, HTTPStatus.GATEWAY_TIMEOUT),
)


def status(error: PodlabError) -> HTTPStatus:
    return next(
        (found for kind, found in STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR
    )


def told(error: PodlabError) -> str:
    """What failed, on what, and what to do."""
    lines = error.problems if isinstance(error, Invalid) else ()
    return "; ".join(filter(None, [error.message, *lines, error.hint]))


@web.middleware
async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except PodlabError as error:
        return await _answer(request, status(error), told(error))
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        answer = await _answer(request, HTTPStatus(error.status), _in_words(error))
        for name in ("Allow", "Retry-After", "Upgrade"):
            if name in error.headers:
                answer.headers[name] = error.headers[name]
        return answer
    except (ConnectionResetError, TimeoutError):
        raise
    except Exception:
        _log.exception("%s %s failed by a mistake of ours", request.method, request.path)
        return await _answer(
            request,
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "this failed by a mistake of podlab's; its log tells more",
        )


async def _answer(request: web.Request, code: HTTPStatus, text: str) -> web.StreamResponse:
    if not wants_page(request):
        return web.json_response({"error": text}, status=code)
    if code is HTTPStatus.UNAUTHORIZED:
        where = "/trainer/sign-in" if visitors.is_trainers(request) else "/"
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": where})
    return await page(request, "failed.html", {"text": text}, status=code)


def wants_page(request: web.Request) -> bool:
    """Scripts and programs get JSON: they ask for it, or ask at an address that is for them."""
    is_for_scripts = any(part in ("api", "files", "terminals") for part in request.path.split("/"))
    return not is_for_scripts and "text/html" in request.headers.get("Accept", "")


def _in_words(error: web.HTTPException) -> str:
    match error.status:
        case 404:
            return "there is nothing at this address"
        case 405:
            return f"{error.reason}: this address takes {error.headers.get('Allow', 'something else')}"
        case 413:
            return "that is more than is taken here at once"
        case 429:
            return "too much at once; try again in a second"
    return (error.text or error.reason).strip()
