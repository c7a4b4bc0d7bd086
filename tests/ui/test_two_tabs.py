"""One chat in two tabs of one browser."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from support.chat_page import ChatPage
from support.competitor_scripts import hang_mid_stream, tokens
from support.http_competitor import HttpCompetitor
from support.ui_answers import gated

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def tabs(page: Page, competitor: HttpCompetitor) -> AsyncIterator[tuple[ChatPage, ChatPage]]:
    """Two tabs that show the same chat, which has one turn."""
    first = await ChatPage(page).open()
    await first.ask_whole("One")
    other = await page.context.new_page()
    second = await ChatPage(other).open(page.url)
    await expect(second.answers).to_have_count(1)
    yield first, second
    await other.close()


async def test_a_question_in_each_tab_is_there_after_a_reload(
    tabs: tuple[ChatPage, ChatPage], competitor: HttpCompetitor
) -> None:
    first, second = tabs
    competitor.chat = tokens("second answer")
    await first.ask_whole("Two")
    competitor.chat = tokens("third answer")
    await second.composer.fill("Three")
    await second.composer.press("Enter")
    await expect(second.answers.last).to_contain_text("third answer")
    for tab in tabs:
        await tab.page.reload()
        await expect(tab.questions).to_contain_text(["One", "Two", "Three"])
        await expect(tab.answers).to_contain_text(["Hello there", "second answer", "third answer"])


async def test_two_questions_at_once_follow_each_other(
    tabs: tuple[ChatPage, ChatPage], competitor: HttpCompetitor
) -> None:
    first, second = tabs
    for tab, text in zip(tabs, ("Two", "Three"), strict=True):
        await tab.composer.fill(text)
    # One signal makes both send, before either tab can hear of the other's question.
    send = "document.querySelector('button[aria-label=Send]').click()"
    await second.page.evaluate(f"new BroadcastChannel('go').onmessage = () => {send}")
    await first.page.evaluate(f"new BroadcastChannel('go').postMessage(null); {send}")
    for tab in tabs:
        await expect(tab.answers).to_have_count(3)
        await expect(tab.answers.last).to_have_attribute("data-status", "done")
        await tab.page.reload()
        await expect(tab.questions).to_have_count(3)
        questions = await tab.questions.all_inner_texts()
        assert sorted(text.split("\n")[0] for text in questions) == ["One", "Three", "Two"]


async def test_a_turn_in_one_tab_shows_in_the_other_as_it_grows(
    tabs: tuple[ChatPage, ChatPage], competitor: HttpCompetitor
) -> None:
    first, second = tabs
    competitor.chat, gates = gated("first half, ", "second half")
    await first.ask("Slowly")
    gates[0].set()
    await expect(second.answers.last).to_contain_text("first half")
    gates[1].set()
    await expect(second.answers.last).to_contain_text("first half, second half")
    await expect(second.answers.last).to_have_attribute("data-status", "done")


async def test_stop_in_one_tab_stops_the_answer_of_the_other(
    tabs: tuple[ChatPage, ChatPage], competitor: HttpCompetitor
) -> None:
    first, second = tabs
    await competitor.asked()  # the first turn
    competitor.chat = hang_mid_stream
    await first.ask("Go on for ever")
    await expect(second.answers.last).to_contain_text("partial")
    await second.stop.click()
    await (await competitor.asked()).disconnected.wait()
    for tab in tabs:
        await expect(tab.answers.last).to_have_attribute("data-status", "stopped")


async def test_an_answer_whose_tab_closes_ends_in_the_other(
    tabs: tuple[ChatPage, ChatPage], competitor: HttpCompetitor
) -> None:
    first, second = tabs
    competitor.chat = hang_mid_stream
    await second.ask("Go on for ever")
    await expect(first.answers.last).to_contain_text("partial")
    await second.page.close()
    await expect(first.answers.last).to_have_attribute("data-status", "interrupted")
    await expect(first.answers.last).to_contain_text("partial")


async def test_a_chat_that_one_tab_deletes_goes_from_the_other_and_its_answer_stops(
    tabs: tuple[ChatPage, ChatPage], competitor: HttpCompetitor
) -> None:
    first, second = tabs
    await competitor.asked()  # the first turn
    competitor.chat = hang_mid_stream
    await first.ask("Go on for ever")
    await expect(second.answers.last).to_contain_text("partial")
    await second.page.get_by_role("button", name="Delete One").click()
    await second.page.get_by_role("button", name="Delete One").click()
    await (await competitor.asked()).disconnected.wait()
    for tab in tabs:
        await expect(tab.session("One")).to_have_count(0)
        await tab.page.reload()
        await expect(tab.page.get_by_text("Your chats stay in this browser")).to_be_visible()
