"""The portal keeps what its own OpenAPI description says, whatever is sent to it.
https://schemathesis.readthedocs.io/"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from podlab.portal import guard
from podlab.workshop.seat import SeatId, State
from tests.portal.conftest import TOKEN, Browser, Lab

ENDLESS = r"/events$"
"""Server-sent events do not end by themselves."""


async def test_the_description_has_every_address_of_the_api(lab: Lab, browser: Browser) -> None:
    described = await (await browser.get("/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    routes = {
        route.get_info().get("path") or route.get_info().get("formatter")
        for route in (r.resource for r in lab.routes())
        if route
    }
    api = {path for path in routes if path and "/api/" in path}
    assert api and api <= set(described["paths"])


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("side", ["^/seat/", "^/trainer/"])
async def test_whatever_is_sent_is_answered_as_described(
    lab: Lab, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: str
) -> None:
    monkeypatch.setattr(guard, "CHANGES_BURST", 1_000_000)
    await browser.enter((await lab.codes("Ann"))[0])
    cookie = "; ".join(f"{each.key}={each.value}" for each in browser.client.session.cookie_jar)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "run", f"{browser.origin}/openapi.json",
        "--header", f"Authorization: Bearer {TOKEN}", "--header", f"Cookie: {cookie}",
        "--include-path-regex", side,
        "--exclude-path-regex", ENDLESS, "--max-examples", "15", "--seed", "1", "--request-timeout", "30",
        "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,"
        "response_schema_conformance,response_headers_conformance,unsupported_method",
        "--no-color", cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert lab.room.pool.seat(SeatId(1)).state in State
