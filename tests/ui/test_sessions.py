"""The list of chats, which the browser keeps."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from support.chat_page import ChatPage
from support.competitor_scripts import tokens
from support.http_competitor import HttpCompetitor

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_chats_are_there_after_a_reload(page: Page) -> None:
    chat = await ChatPage(page).open()
    await chat.ask_whole("About bulls")
    await page.reload()
    await expect(chat.answers).to_contain_text("Hello there")
    await expect(chat.session("About bulls")).to_have_attribute("aria-current", "true")


async def test_a_link_to_a_chat_opens_it_and_back_goes_back(page: Page) -> None:
    chat = await ChatPage(page).open()
    await chat.ask_whole("About bulls")
    link = page.url
    assert "/chat?c=" in link
    await page.get_by_role("button", name="New chat", exact=True).click()
    await expect(chat.answers).to_have_count(0)
    await page.go_back()
    await expect(chat.answers).to_contain_text("Hello there")
    await chat.open(link)
    await expect(page.get_by_role("heading", level=1)).to_have_text("About bulls")


async def test_a_link_may_bring_a_question_which_is_not_sent(page: Page, competitor: HttpCompetitor) -> None:
    chat = await ChatPage(page).open("/chat?prompt=Ride%20the%20bull&model=rival")
    await expect(chat.composer).to_have_value("Ride the bull")
    await expect(page.get_by_role("button", name="Competitor: rival")).to_be_visible()
    await expect(chat.answers).to_have_count(0)


async def test_a_chat_can_be_renamed(page: Page) -> None:
    chat = await ChatPage(page).open()
    await chat.ask_whole("About bulls")
    await page.get_by_role("button", name="Rename About bulls").click()
    await page.get_by_label("Name of the session").fill("Taurology")
    await page.keyboard.press("Enter")
    await expect(chat.session("Taurology")).to_be_visible()
    await page.reload()
    await expect(chat.session("Taurology")).to_be_visible()


async def test_a_chat_is_deleted_after_a_second_thought(page: Page) -> None:
    chat = await ChatPage(page).open()
    await chat.ask_whole("About bulls")
    await page.get_by_role("button", name="Delete About bulls").click()
    await page.get_by_role("button", name="Keep it").click()
    await expect(chat.session("About bulls")).to_be_visible()
    await page.get_by_role("button", name="Delete About bulls").click()
    await page.get_by_role("button", name="Delete About bulls").click()
    await expect(chat.session("About bulls")).to_have_count(0)
    await page.reload()
    await expect(page.get_by_text("Your chats stay in this browser")).to_be_visible()


async def test_chats_are_found_by_their_titles_and_their_words(
    page: Page, competitor: HttpCompetitor
) -> None:
    competitor.next_chats.extend([tokens("It bucks."), tokens("It purrs.")])
    chat = await ChatPage(page).open()
    await chat.ask_whole("About bulls")
    await page.get_by_role("button", name="New chat", exact=True).click()
    await chat.ask_whole("About cats")
    search = page.get_by_label("Search the sessions")
    for query, title, other in (
        ("purrs", "About cats", "About bulls"),
        ("BULL", "About bulls", "About cats"),
    ):
        await search.fill(query)
        await expect(chat.session(title)).to_be_visible()
        await expect(chat.session(other)).to_have_count(0)
    await search.fill("giraffe")
    await expect(page.get_by_text("Nothing says that.")).to_be_visible()


async def test_chats_can_be_exported_and_imported(page: Page, tmp_path: Path) -> None:
    chat = await ChatPage(page).open()
    await chat.ask_whole("About bulls")
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Export").click()
    file = tmp_path / "chats.json"
    await (await downloading.value).save_as(file)
    await page.get_by_role("button", name="Delete About bulls").click()
    await page.get_by_role("button", name="Delete About bulls").click()
    await page.get_by_label("File with exported sessions").set_input_files(file)
    await expect(page.get_by_text("1 session imported.")).to_be_visible()
    await chat.session("About bulls").click()
    await expect(chat.answers).to_contain_text("Hello there")


async def test_chats_stand_under_the_day_of_their_last_use(page: Page, tmp_path: Path) -> None:
    chat = await ChatPage(page).open()
    await chat.ask_whole("About bulls")
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Export").click()
    exported = json.loads((await (await downloading.value).path()).read_text())
    session = exported["sessions"][0]["session"]
    session |= {"id": "of-2020", "title": "About cats", "head": None, "updatedAt": 1_600_000_000_000}
    exported["sessions"][0]["messages"] = []
    (tmp_path / "old.json").write_text(json.dumps(exported))
    await page.get_by_label("File with exported sessions").set_input_files(tmp_path / "old.json")
    for age, title in (("Today", "About bulls"), ("Older", "About cats")):
        group = page.get_by_role("region", name=age)
        await expect(group.get_by_role("listitem")).to_have_count(1)
        await expect(group.get_by_role("button", name=title, exact=True)).to_be_visible()


async def test_a_file_that_holds_no_chats_is_refused_with_a_reason(page: Page, tmp_path: Path) -> None:
    await ChatPage(page).open()
    (tmp_path / "other.json").write_text('{"format": "other"}')
    await page.get_by_label("File with exported sessions").set_input_files(tmp_path / "other.json")
    await expect(page.get_by_text("The file holds no chats of Janus.")).to_be_visible()


async def test_long_chats_open_with_their_end_and_show_the_rest_on_the_way_up(
    page: Page, competitor: HttpCompetitor
) -> None:
    chat = await ChatPage(page).open()
    for number in range(12):
        competitor.chat = tokens(f"answer {number}")
        await chat.ask_whole(f"question {number}")
    await page.reload()
    await expect(chat.answers.last).to_contain_text("answer 11")
    await page.wait_for_function("""() => {
      document.querySelector("[data-testid=messages]").scrollTop = 0;
      return document.querySelector("[data-testid=user-message]").innerText.includes("question 0");
    }""")
