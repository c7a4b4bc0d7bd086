"""How a model's Markdown is set: distances, sizes, and code that stays as it was written."""

import pytest
from playwright.async_api import Locator, Page, expect
from support.chat_page import ChatPage
from support.http_competitor import HttpCompetitor
from support.ui_answers import said

pytestmark = pytest.mark.asyncio(loop_scope="session")

NESTED_FENCE = """```md
$$
x_1
$$
with $w_0$
```
and $y_2$ or \\(z_3\\)"""


async def answered(page: Page, competitor: HttpCompetitor, markdown: str) -> Locator:
    """The answer that consists of this Markdown, rendered."""
    competitor.chat = said(markdown)
    answer = await (await ChatPage(page).open()).ask_whole("Typeset this")
    await expect(answer.locator(".markdown").first).to_be_visible()
    return answer


async def gap_between(upper: Locator, lower: Locator) -> float:
    """The distance between two elements, in pixels."""
    above, below = await upper.bounding_box(), await lower.bounding_box()
    assert above is not None
    assert below is not None
    return below["y"] - (above["y"] + above["height"])


@pytest.mark.parametrize(
    "markdown",
    ["First one.\n\nSecond one.", "- First one.\n\n  Second one.", "> First one.\n>\n> Second one."],
    ids=["text", "list item", "quote"],
)
async def test_two_paragraphs_have_a_gap(page: Page, competitor: HttpCompetitor, markdown: str) -> None:
    answer = await answered(page, competitor, markdown)
    gap = await gap_between(answer.locator("p", has_text="First"), answer.locator("p", has_text="Second"))
    assert 10 <= gap <= 24


async def test_what_stands_between_two_paragraphs_has_a_gap_on_both_sides(
    page: Page, competitor: HttpCompetitor
) -> None:
    answer = await answered(page, competitor, "First one.\n\n- item\n\nSecond one.")
    items = answer.locator("ul")
    assert await gap_between(answer.locator("p", has_text="First"), items) >= 10
    assert await gap_between(items, answer.locator("p", has_text="Second")) >= 10


async def test_a_subscript_is_smaller_than_its_letter_and_below_it(
    page: Page, competitor: HttpCompetitor
) -> None:
    answer = await answered(page, competitor, "Let $x_1$ be small.")
    letter = answer.locator(".katex-html .mord.mathnormal", has_text="x").first
    subscript = answer.locator(".katex-html .msupsub .mord.mtight", has_text="1").first
    await expect(subscript).to_be_visible()
    size = "it => parseFloat(getComputedStyle(it).fontSize)"
    assert await subscript.evaluate(size) <= 0.75 * await letter.evaluate(size)
    middle = "it => { const box = it.getBoundingClientRect(); return box.top + box.height / 2; }"
    assert await subscript.evaluate(middle) > await letter.evaluate(middle)


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("````md", "````"), ("~~~md", "~~~")],
    ids=["four backticks", "tildes"],
)
async def test_math_marks_in_a_fence_that_holds_a_fence_stay_as_they_are(
    page: Page, competitor: HttpCompetitor, opening: str, closing: str
) -> None:
    markdown = f"Write:\n\n{opening}\n{NESTED_FENCE}\n{closing}\n\nIt gives $x_1$."
    answer = await answered(page, competitor, markdown)
    await expect(answer.locator("p .katex")).to_have_count(1)
    await expect(answer.locator("pre")).to_have_count(1)
    assert (await answer.locator("pre code").inner_text()).strip() == NESTED_FENCE


async def test_math_marks_in_indented_code_stay_as_they_are(page: Page, competitor: HttpCompetitor) -> None:
    answer = await answered(page, competitor, "Run:\n\n    echo $x$ \\(y\\)\n\nIt gives $x_1$.")
    await expect(answer.locator("p .katex")).to_have_count(1)
    assert (await answer.locator("pre code").inner_text()).strip() == "echo $x$ \\(y\\)"


async def test_a_table_does_not_split_words(page: Page, competitor: HttpCompetitor) -> None:
    await page.set_viewport_size({"width": 375, "height": 812})
    table = "| Characteristics | Internationalisation | Representation |\n|---|---|---|\n| a | b | c |\n"
    answer = await answered(page, competitor, table)
    heights = await answer.locator("th").evaluate_all(
        "cells => cells.map(it => { const r = document.createRange(); r.selectNodeContents(it);"
        " return r.getClientRects().length; })"
    )
    assert heights == [1, 1, 1]
