"""What browsers ask, answered by an engine in memory, whose containers have no shell: its archive API alone does it."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from podlab.portal.files import limits, path
from podlab.portal.files.routes import TRAFFIC
from tests.portal.files.places import HOSTILE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import ClientResponse

    from tests.portal.conftest import Browser, Lab


@pytest.fixture
async def attendee(lab: Lab, browser: Browser) -> Browser:
    code, *_ = await lab.codes("Ann")
    await browser.enter(code)
    return browser


def query(path: str, **more: str) -> str:
    """A path is percent-encoded, and once more as a query's value."""
    return "&".join(f"{key}={quote(value, safe='')}" for key, value in {"path": path, **more}.items())


async def put(browser: Browser, path: str, data: Any, **more: str) -> ClientResponse:
    headers = {"Origin": browser.origin, **browser.headers}
    return await browser.client.put(f"/seat/files/content?{query(path, **more)}", data=data, headers=headers)


async def ask(browser: Browser, what: str, path: str, **more: str) -> ClientResponse:
    return await browser.get(f"/seat/files/{what}?{query(path, **more)}")


async def test_nobody_sees_files_without_a_seat(browser: Browser) -> None:
    assert (await ask(browser, "list", "/")).status == 401
    assert (await ask(browser, "download", "/etc/passwd")).status == 401


async def test_a_change_needs_our_own_page_and_its_token(attendee: Browser) -> None:
    kept = attendee.headers.pop("X-CSRF-Token")
    assert (await put(attendee, "/tmp/f", b"x")).status == 403
    attendee.headers["X-CSRF-Token"] = kept
    assert (await put(attendee, "/tmp/f", b"x")).status == 200


async def test_a_file_is_uploaded_listed_opened_saved_and_downloaded(attendee: Browser) -> None:
    first = b"hello\n"
    assert await (await put(attendee, "/tmp/f", first)).json() == {
        "version": hashlib.sha256(first).hexdigest()
    }
    found = await (await ask(attendee, "list", "/tmp")).json()
    assert (found["container"], found["containers"], found["path"], found["name"]) == (
        "work",
        ["work"],
        "/tmp",
        "tmp",
    )
    assert (found["is_complete"], found["max_upload_bytes"]) == (True, limits.MAX_UPLOAD_BYTES)
    [entry] = found["entries"]
    assert (entry["name"], entry["path"], entry["kind"], entry["size_bytes"]) == ("f", "/tmp/f", "file", 6)
    opened = await (await ask(attendee, "text", "/tmp/f")).json()
    assert (opened["kind"], opened["text"]) == ("text", "hello\n")
    saved = await put(attendee, "/tmp/f", "grüße\n".encode(), expected=opened["version"])
    assert saved.status == 200
    answer = await ask(attendee, "download", "/tmp/f")
    assert await answer.read() == "grüße\n".encode()
    assert answer.headers["Content-Length"] == "8"


async def test_what_was_changed_meanwhile_is_not_overwritten(attendee: Browser) -> None:
    version = (await (await put(attendee, "/tmp/f", b"one")).json())["version"]
    assert (await put(attendee, "/tmp/f", b"two")).status == 409
    assert (await put(attendee, "/tmp/f", b"two", expected=version)).status == 200
    late = await put(attendee, "/tmp/f", b"three", expected=version)
    assert late.status == 409
    assert "changed by somebody else" in (await late.json())["error"]
    gone = await put(attendee, "/tmp/none", b"three", expected=version)
    assert "removed since" in (await gone.json())["error"]
    assert (await put(attendee, "/tmp/f", b"three", expected="any")).status == 200


async def test_a_download_is_never_shown_on_our_origin(attendee: Browser) -> None:
    await put(attendee, path.encoded(b'/tmp/<x>"\n.html'), b"<script>alert(1)</script>")
    answer = await ask(attendee, "download", path.encoded(b'/tmp/<x>"\n.html'))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    said = answer.headers["Content-Disposition"]
    assert said.startswith('attachment; filename="_x___.html";')
    assert "filename*=UTF-8''%3Cx%3E%22%E2%90%8A.html" in said


async def test_a_folder_is_downloaded_as_one_archive(attendee: Browser) -> None:
    headers = {"Origin": attendee.origin, **attendee.headers}
    made = await attendee.client.post("/seat/files/folder", json={"path": "/tmp/d"}, headers=headers)
    assert made.status == 204
    await put(attendee, "/tmp/d/f", b"1")
    answer = await ask(attendee, "download", "/tmp/d")
    assert 'filename="d.tar.gz"' in answer.headers["Content-Disposition"]
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(await answer.read()))) as tar:
        assert [each.name for each in tar] == ["d", "d/f"]


async def test_any_name_makes_the_round_trip(attendee: Browser) -> None:
    for name in HOSTILE:
        which = path.encoded(b"/tmp/" + name)
        assert (await put(attendee, which, name)).status == 200, name
        assert await (await ask(attendee, "download", which)).read() == name
    found = await (await ask(attendee, "list", "/tmp")).json()
    assert {path.decoded(each["path"]) for each in found["entries"]} == {b"/tmp/" + name for name in HOSTILE}
    assert not any(ord(letter) < 0x20 for each in found["entries"] for letter in each["name"])


@pytest.mark.parametrize(
    ("what", "which", "status"),
    [
        ("list", "/../etc", 400), ("list", "etc", 400), ("text", "/tmp/%2e%2e/etc/passwd", 400),
        ("text", "/a%00b", 400), ("text", "/" + "x" * 4000, 400), ("text", "/" + "x/" * 7000, 400),
        ("text", "", 400), ("list", "/none", 404), ("text", "/none", 404), ("download", "/none", 404),
        ("download", "/", 400), ("list", "/etc/passwd", 409),
    ],
)  # fmt: skip
async def test_what_cannot_be_asked_is_refused(attendee: Browser, what: str, which: str, status: int) -> None:
    answer = await ask(attendee, what, which)
    assert answer.status == status
    if len(which) < 5000:  # the server itself refuses lines that are longer than 8 kB
        assert "error" in await answer.json()


@pytest.mark.parametrize("which", ["/tmp/../x", "/", "/tmp", "/tmp/" + "x" * 4000, "/none/x"])
async def test_what_cannot_be_written_is_refused(attendee: Browser, which: str) -> None:
    assert (await put(attendee, which, b"x", expected="any")).status in (400, 404, 409)


async def test_only_containers_with_a_terminal_are_shown(attendee: Browser) -> None:
    assert (await ask(attendee, "list", "/tmp", container="work")).status == 200
    assert (await ask(attendee, "list", "/tmp", container="dind")).status == 404
    assert (await ask(attendee, "list", "/tmp", container="../work")).status == 404


async def test_binary_and_long_files_are_not_for_the_editor(attendee: Browser) -> None:
    for name, data, kind in (
        ("nul", b"a\0b", "binary"), ("latin", b"\xe9", "binary"), ("empty", b"", "text"),
        ("long", bytes(limits.MAX_TEXT_BYTES + 1), "large"),
    ):  # fmt: skip
        await put(attendee, f"/tmp/{name}", data)
        opened = await (await ask(attendee, "text", f"/tmp/{name}")).json()
        assert (opened["kind"], opened["text"]) == (kind, ""), name
    assert (await (await ask(attendee, "text", "/tmp")).json())["kind"] == "folder"


async def test_too_much_is_refused_before_it_is_read(attendee: Browser) -> None:
    headers = {
        "Origin": attendee.origin,
        **attendee.headers,
        "Content-Length": str(limits.MAX_UPLOAD_BYTES + 1),
    }
    answer = await attendee.client.put(f"/seat/files/content?{query('/tmp/f')}", data=b"x", headers=headers)
    assert answer.status == 400
    assert "too much" in (await answer.json())["error"]


async def test_an_upload_says_its_length_beforehand(attendee: Browser) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x"

    assert (await put(attendee, "/tmp/f", pieces())).status == 400


async def test_a_seat_has_a_few_requests_at_once(lab: Lab, attendee: Browser) -> None:
    traffic = lab.server.app[TRAFFIC]  # type: ignore[attr-defined]
    pod = next(seat.pod for seat in lab.room.pool.seats if seat.person)
    held = [traffic.one_more(pod) for _ in range(limits.MAX_AT_ONCE)]
    for each in held:
        each.__enter__()
    assert (await ask(attendee, "list", "/tmp")).status == 503
    held[0].__exit__(None, None, None)
    assert (await ask(attendee, "list", "/tmp")).status == 200


async def test_without_a_shell_nothing_is_moved_or_removed(attendee: Browser) -> None:
    headers = {"Origin": attendee.origin, **attendee.headers}
    for what, body in (("move", {"path": "/tmp", "to": "/x"}), ("remove", {"path": "/tmp"})):
        answer = await attendee.client.post(f"/seat/files/{what}", json=body, headers=headers)
        assert answer.status == 501
