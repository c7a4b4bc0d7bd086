"""Everything by keyboard alone."""

import uuid
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Locator, Page, expect
from support.chat_page import ChatPage
from support.competitor_scripts import tokens
from support.http_competitor import HttpCompetitor
from support.ui_answers import gated

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOST_STEPS = 60


async def tab_to(page: Page, name: str, *, back: bool = False) -> None:
    """Presses Tab until the element of this name has the focus."""
    named = """() => {
      const it = document.activeElement;
      if (it === document.body) return "";
      return it.getAttribute("aria-label") || it.labels?.[0]?.innerText || it.innerText || "";
    }"""
    for _ in range(MOST_STEPS):
        if name in await page.evaluate(named):
            return
        await page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"Tab does not come to {name!r}")


async def test_a_whole_conversation_needs_no_mouse(page: Page, competitor: HttpCompetitor) -> None:
    competitor.next_chats.extend([tokens("one"), tokens("two"), tokens("three")])
    chat = await ChatPage(page).open()
    await page.keyboard.press("/")
    await expect(chat.composer).to_be_focused()
    await page.keyboard.type("First")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("line two")
    await page.keyboard.press("Enter")
    await expect(chat.answers).to_contain_text("one")
    await expect(chat.questions).to_contain_text("line two")
    await tab_to(page, "Answer once more", back=True)
    await page.keyboard.press("Enter")
    await expect(chat.answers).to_contain_text("two")
    await tab_to(page, "Edit and ask again", back=True)
    await page.keyboard.press("Enter")
    await page.keyboard.press("Control+A")
    await page.keyboard.type("Changed")
    await page.keyboard.press("Enter")
    await expect(chat.answers).to_contain_text("three")
    await tab_to(page, "Earlier branch", back=True)
    await page.keyboard.press("Enter")
    await expect(chat.answers).to_contain_text("two")


async def test_the_competitor_is_chosen_with_arrows(page: Page) -> None:
    await ChatPage(page).open("/chat")
    await expect(page.get_by_text("The gateway does not answer.")).to_have_count(0)
    await tab_to(page, "Competitor: janus")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("listbox", name="Competitors")).to_be_focused()
    await page.keyboard.press("End")
    await page.keyboard.press("Home")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    chosen = page.get_by_role("button", name="Competitor: scripted")
    await expect(chosen).to_be_focused()


async def test_shortcuts_reach_search_help_and_a_new_chat(page: Page) -> None:
    chat = await ChatPage(page).open()
    await chat.ask_whole("About bulls")
    await page.keyboard.press("Control+K")
    await expect(page.get_by_label("Search the sessions")).to_be_focused()
    await page.keyboard.press("Control+/")
    await expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog", name="Keyboard")).to_be_hidden()
    await page.keyboard.press("Control+Shift+O")
    await expect(chat.answers).to_have_count(0)
    await expect(chat.composer).to_be_focused()


async def test_a_chat_is_renamed_and_deleted_without_a_mouse(page: Page) -> None:
    chat = await ChatPage(page).open()
    await chat.ask_whole("About bulls")
    await page.keyboard.press("Control+K")
    await tab_to(page, "Rename About bulls")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Control+A")
    await page.keyboard.type("Taurology")
    await page.keyboard.press("Enter")
    await expect(chat.session("Taurology")).to_be_visible()
    await page.keyboard.press("Control+K")
    await tab_to(page, "Delete Taurology")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await expect(chat.session("Taurology")).to_have_count(0)


async def edit_a_question(page: Page) -> Locator:
    await page.get_by_role("button", name="Edit and ask again").click()
    return page.get_by_label("Your question")


async def rename_a_chat(page: Page) -> Locator:
    await page.get_by_role("navigation", name="Sessions").get_by_role("button", name="Rename").click()
    return page.get_by_label("Name of the session")


async def look_at_the_help(page: Page) -> Locator:
    await page.keyboard.press("Control+/")
    return page.get_by_role("dialog", name="Keyboard")


async def choose_a_competitor(page: Page) -> Locator:
    await page.get_by_role("button", name="Competitor:").click()
    return page.get_by_role("listbox", name="Competitors")


async def show_the_sessions(page: Page) -> Locator:
    await page.set_viewport_size({"width": 375, "height": 812})
    await page.get_by_role("button", name="Show the sessions").click()
    await page.get_by_role("button", name="Close the sessions").focus()
    return page.get_by_role("button", name="Close the sessions")


@pytest.mark.parametrize(
    "opened",
    [edit_a_question, rename_a_chat, look_at_the_help, choose_a_competitor, show_the_sessions],
    ids=lambda opened: opened.__name__,
)
async def test_escape_closes_what_is_open_and_leaves_the_answer_alone(
    page: Page, competitor: HttpCompetitor, opened: Callable[[Page], Awaitable[Locator]]
) -> None:
    competitor.chat, gates = gated("first half, ", "second half")
    chat = await ChatPage(page).open()
    answer = await chat.ask("Slowly")
    gates[0].set()
    await expect(answer).to_contain_text("first half")
    box = await opened(page)
    await expect(box).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(box).to_be_hidden()
    gates[1].set()
    await expect(answer).to_contain_text("first half, second half")
    await expect(answer).to_have_attribute("data-status", "done")


@pytest.mark.parametrize("path", ["/", "/chat", "/competition", "/arena", "/marketplace"])
async def test_the_first_step_of_every_page_leads_past_the_navigation(page: Page, path: str) -> None:
    await page.goto(path)
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()


async def test_the_form_is_filled_and_sent_without_a_mouse(page: Page) -> None:
    await page.goto("/competition")
    await page.get_by_role("heading", name="Enter your competitor").scroll_into_view_if_needed()
    await expect(page.get_by_label("Name", exact=True)).to_be_enabled()
    await tab_to(page, "Name")
    name = f"agent-{uuid.uuid4().hex[:8]}"
    for text in (name, "grpc", "grpc://127.0.0.1:9999", "MIT", "Verse", "me@example.org"):
        await page.keyboard.type(text)
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text(f"Stored. {name} is entered.")).to_be_visible()


async def test_a_battle_is_judged_without_a_mouse(page: Page, competitor: HttpCompetitor) -> None:
    competitor.next_chats.extend([tokens("yes"), tokens("no")])
    await page.goto("/arena")
    await expect(page.get_by_label("The question for both")).to_be_enabled()
    await tab_to(page, "The question for both")
    await page.keyboard.type("Well?")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="A is better")).to_be_visible(timeout=50_000)
    await tab_to(page, "A is better")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("vote")).to_have_text("Your vote is stored: A is better.")


async def test_a_component_is_tried_without_a_mouse(page: Page) -> None:
    await page.goto("/marketplace/web-search")
    await expect(page.get_by_role("button", name="Run")).to_be_enabled()
    await tab_to(page, "Query")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("trial")).to_contain_text("local index", timeout=40_000)


async def test_a_narrow_page_opens_and_closes_its_drawer_by_keyboard(page: Page) -> None:
    await page.set_viewport_size({"width": 375, "height": 812})
    await ChatPage(page).open()
    await tab_to(page, "Show the sessions")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Search the sessions")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_label("Search the sessions")).to_be_hidden()
    await expect(page.get_by_role("button", name="Show the sessions")).to_be_focused()
