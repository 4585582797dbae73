"""The trainer's API for programs on the machine where the portal runs: `podlab seats`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from podlab.errors import (
    Conflict,
    Denied,
    Invalid,
    NotFound,
    PodlabError,
    TimedOut,
    Unavailable,
    Unsupported,
)
from podlab.workshop.place import Place, home

if TYPE_CHECKING:
    from aiohttp import ClientSession

TIMEOUT_S: Final = 120.0
_START: Final = "podlab serve DIR starts a workshop; --state DIR names where another one is kept"
_ERRORS: Final[dict[int, type[PodlabError]]] = {
    400: Invalid, 401: Denied, 403: Denied, 404: NotFound, 409: Conflict, 413: Invalid, 501: Unsupported,
    503: Unavailable, 504: TimedOut,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Serving:
    """A portal that runs, as it has written it down. `fingerprint` is that of a certificate of its own."""

    workshop: str
    url: str
    public_url: str
    fingerprint: str
    token: str = field(repr=False)


def running(workshop: str | None = None, folder: str | Path | None = None) -> Serving:
    """The portal of this workshop, or the only one; `folder` is where its state is kept. `NotFound` where none
    runs, `Conflict` where there are several."""
    if folder is not None:
        files = [Place(Path(folder)).serving]
    else:
        files = sorted(home().glob("*/" + Place(Path()).serving.name))
    found = [each for file in files if (each := _read(file)) and workshop in (None, each.workshop)]
    if not found:
        which = f"no portal of workshop '{workshop}' runs here" if workshop else "no workshop is served here"
        raise NotFound(which, subject=workshop or "", hint=_START)
    if len(found) > 1:
        names = ", ".join(each.workshop for each in found)
        raise Conflict(f"several workshops are served here: {names}", hint="--workshop NAME names one")
    return found[0]


def _read(file: Path) -> Serving | None:
    try:
        told = json.loads(file.read_text("utf-8"))
        return Serving(
            workshop=told["workshop"], url=told["url"], public_url=told["public_url"],
            fingerprint=told["fingerprint"], token=told["token"],
        )  # fmt: skip
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise Denied(f"cannot read {file}: it is for its owner only", subject=str(file)) from error
    except (OSError, ValueError, KeyError) as error:
        raise Unavailable(f"cannot read {file}: {error}", subject=str(file), hint=_START) from error


class Portal:
    """Made by `connected`. Errors are those that the portal told."""

    def __init__(self, serving: Serving, session: ClientSession) -> None:
        self.serving = serving
        self._session = session

    async def get(self, path: str) -> Any:
        return json.loads(await self.text("GET", path))

    async def post(self, path: str, **body: Any) -> Any:
        return json.loads(await self.text("POST", path, json=body))

    async def text(self, method: str, path: str, **settings: Any) -> str:
        from aiohttp import ClientError

        try:
            async with self._session.request(method, "/trainer/api/" + path, **settings) as answer:
                text = await answer.text()
        except TimeoutError as error:
            raise TimedOut(f"the portal did not answer within {TIMEOUT_S:g} s", subject=path) from error
        except ClientError as error:
            raise Unavailable(
                f"the portal of '{self.serving.workshop}' does not answer at {_address(self.serving)}: {error}",
                subject=self.serving.workshop, hint="it may have been killed; podlab serve starts it again",
            ) from error  # fmt: skip
        if answer.status >= 400:
            raise _ERRORS.get(answer.status, PodlabError)(_reason(text) or str(answer.reason), subject=path)
        return text


@asynccontextmanager
async def connected(serving: Serving) -> AsyncIterator[Portal]:
    """Over TLS its certificate is the one that was written down, or one that the system trusts."""
    from aiohttp import ClientSession, ClientTimeout, Fingerprint, TCPConnector

    own = Fingerprint(bytes.fromhex(serving.fingerprint.replace(":", ""))) if serving.fingerprint else True
    async with ClientSession(
        base_url=_address(serving), connector=TCPConnector(ssl=own), timeout=ClientTimeout(total=TIMEOUT_S),
        headers={"Authorization": f"Bearer {serving.token}", "Accept": "application/json"},
    ) as session:  # fmt: skip
        yield Portal(serving, session)


def _address(serving: Serving) -> str:
    """A certificate that others have signed is for the public name."""
    is_others = serving.url.startswith("https:") and not serving.fingerprint
    return serving.public_url if is_others else serving.url


def _reason(text: str) -> str:
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return text.strip()[:500]
