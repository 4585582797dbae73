"""A lesson's Markdown is somebody else's: in a real browser it can do nothing but be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from podlab.errors import Invalid
from podlab.lesson import load_workshop
from tests.browser.conftest import watched, window
from tests.portal.conftest import WORKSHOP, served

pytestmark = pytest.mark.long

HOSTILE = """# <img src=x onerror="window.pwned=1"> A step

<script>window.pwned = 1</script>
<iframe src="https://evil.example"></iframe>
<style>body { display: none }</style>

<a href="java&#115;cript:window.pwned=1">a</a>

`<b onclick=window.pwned=1>` {{ seat.name }}

```sh {run=shell}
echo '</script><script>window.pwned=1</script>'
```

:::tip <img src=x onerror=window.pwned=1>
text
:::
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "podlab.yaml").write_text(
        WORKSHOP.replace("CLAIM", "code").replace("A lab", "</script><b>A lab")
    )
    (tmp_path / "lesson").mkdir()
    (tmp_path / "lesson" / "01-hostile.md").write_text(HOSTILE)
    return tmp_path


async def test_it_is_inert(folder: Path, chromium: Browser) -> None:
    problems: list[str] = []
    async with served(folder) as lab:
        (code,) = await lab.codes("<script>window.pwned=1</script>")
        page = watched(await (await window(chromium)).new_page(), problems)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: problems.append(dialog.message))
        await page.goto(f"{lab.server.make_url('/')}#{code}")
        await page.get_by_role("button", name="Take my seat").click()
        await page.wait_for_selector("article.step")
        for link in await page.locator("article a").all():
            await link.click(no_wait_after=True)
        await page.wait_for_timeout(500)
        assert await page.evaluate("window.pwned") is None
        assert await page.locator("article script, article iframe, article style, article b").count() == 0
        assert await attributes(page) == []
        assert await page.title() == "</script><b>A lab"
        assert all(url.startswith(str(lab.server.make_url("/"))) for url in asked if url.startswith("http"))
    assert problems == []


@pytest.mark.parametrize(
    "text",
    [
        "[a link](javascript:alert(1))", "[data](data:text/html,x)", "[vb](vbscript:x)", "![x](javascript:x)",
        "<javascript:x>", "[entity](java&#115;cript:x)", "a \x1b]0;title\x07",
    ],
)  # fmt: skip
def test_what_could_do_more_is_refused(folder: Path, text: str) -> None:
    (folder / "lesson" / "01-hostile.md").write_text(f"# A step\n{text}\n")
    with pytest.raises(Invalid):
        load_workshop(folder)


async def attributes(page: Page) -> list[str]:
    """Those that would run something."""
    found: list[str] = await page.evaluate(
        """[...document.querySelectorAll('*')].flatMap(each => [...each.attributes])
            .filter(each => each.name.startsWith('on') || /^\\s*(javascript|vbscript|data):/i.test(each.value))
            .map(each => `${each.name}=${each.value}`)"""
    )
    return found
