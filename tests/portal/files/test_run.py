"""Scripts whose container answers as it likes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from podlab.errors import Conflict, Denied, Invalid, NotFound, PodlabError, Unavailable, Unsupported
from podlab.model import Container, Metadata, Pod, PodSpec, SecurityContext
from podlab.portal.files import limits, push
from podlab.portal.files.inside import Inside
from podlab.portal.files.of_container import is_root, with_files
from podlab.portal.files.scripts import READY
from podlab.testing.fake import FakeEngine
from tests.portal.files.places import upload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podlab.portal.files.entry import Listing
    from podlab.portal.files.of_container import Files
    from podlab.testing.fake.shell import Standard


async def engine(
    output: bytes, *, errors: bytes = b"", code: int = 0, security: SecurityContext | None = None
) -> FakeEngine:
    """Its shell says this, whatever it is asked."""

    async def sh(std: Standard, args: Sequence[str]) -> int:
        await std.write(2, errors)
        for at in range(0, len(output), 1000):
            await std.write(1, output[at : at + 1000])
        return code

    made = FakeEngine(programs={"sh": sh})
    app = Container(name="app", image="busybox", command=("sleep", "1000"), security_context=security)
    await made.apply(Pod(metadata=Metadata(name="p"), spec=PodSpec(containers=(app,))))
    return made


@pytest.mark.parametrize(
    "answer",
    [
        b"/etc//\nw\nnonsense//\n", b"/etc//\nw\n81a4 5 1 ./a/b//\n", b"/etc//\nw\n81a4 5 1 /etc/passwd//\n",
        b"/etc//\nw\n81a4 x y ./a//\n", b"/etc//\nw\n81a4 5 " + b"9" * 5000 + b" ./a//\n",
    ],
)  # fmt: skip
async def test_a_stat_that_lies_is_not_believed(answer: bytes) -> None:
    with pytest.raises(Conflict, match="prints what it should not"):
        await Inside(await engine(READY + answer), "p", "app").list(b"/etc")


async def test_a_flood_is_read_no_further_than_the_limit() -> None:
    flood = b"".join(b"81a4 5 1 ./%d//\n" % n for n in range(limits.MAX_ENTRIES * 2))
    found = await Inside(await engine(READY + b"/etc//\nw\n" + flood), "p", "app").list(b"/etc")
    assert (len(found.entries), found.is_complete) == (limits.MAX_ENTRIES, False)
    with pytest.raises(PodlabError):
        await Inside(await engine(READY + b"x" * 100_000), "p", "app").list(b"/etc")


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        (b"sh: 9: cannot create /etc/f: Permission denied\n", Denied),
        (b"sh: can't create /etc/f: Read-only file system\n", Denied),
        (b"head: write error: No space left on device\n", Unavailable),
        (b"mv: can't rename: File name too long\n", Invalid),
        (b"sh: sha256sum: not found\n", Unsupported),
        (b"\x1b[31mwhatever\n", PodlabError),
        (b"", PodlabError),
    ],
)
async def test_what_the_kernel_says_becomes_an_error_of_ours(errors: bytes, kind: type[PodlabError]) -> None:
    files = Inside(await engine(READY, errors=errors, code=2), "p", "app")
    with pytest.raises(kind) as raised:
        await files.write(b"/etc/f", upload(b"x"))
    assert "/etc/f" in raised.value.message
    assert "\x1b" not in raised.value.message


async def listed(files: Files) -> Listing:
    return await files.list(b"/etc")


NO_SHELL = b'exec: "sh": executable file not found in $PATH'


async def test_without_a_shell_it_is_the_archive_api_where_the_user_is_root_as_well() -> None:
    none = await engine(b"", errors=NO_SHELL, code=127)
    assert b"/etc/passwd" in [each.path for each in (await with_files(none, "p", "app", listed)).entries]
    user = await engine(b"", errors=NO_SHELL, code=127, security=SecurityContext(run_as_user=1000))
    with pytest.raises(Unsupported, match="as its own user"):
        await with_files(user, "p", "app", listed)
    assert (await with_files(user, "p", "app", listed, is_trusted=True)).entries


async def test_a_shell_that_cannot_be_started_now_is_not_gone_round() -> None:
    """Somebody may have brought it about, by taking all process ids: it would make them root."""
    full = await engine(b"", errors=b"fork: Resource temporarily unavailable", code=126)
    await push(full, "p", "app", "/bin/sh", b"")
    with pytest.raises(Unavailable, match="Resource temporarily unavailable"):
        await with_files(full, "p", "app", listed)


def test_who_is_root() -> None:
    app = Container(name="app", image="busybox")
    assert is_root(app)
    for user, expected in ((None, True), (0, True), (1000, False)):
        assert (
            is_root(Container(name="app", image="x", security_context=SecurityContext(run_as_user=user)))
            is expected
        )


async def test_a_file_is_pushed_where_there_is_a_folder_for_it() -> None:
    fake = await engine(b"", code=127)
    await push(fake, "p", "app", "/tmp/f", b"one")
    await push(fake, "p", "app", "/tmp/f", b"two")
    chunks = [chunk async for chunk in fake.read_archive("p", "app", "/tmp/f")]
    assert b"two" in b"".join(chunks)
    for target, kind in (
        ("f", Invalid),
        ("/tmp/../f", Invalid),
        ("/", Invalid),
        ("/no/f", NotFound),
        ("/tmp", Conflict),
    ):
        with pytest.raises(kind):
            await push(fake, "p", "app", target, b"x")
    with pytest.raises(Invalid, match="too much"):
        await push(fake, "p", "app", "/tmp/f", bytes(limits.MAX_UPLOAD_BYTES + 1))
