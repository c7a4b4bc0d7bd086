"""No violation that axe can find, on every page and in every state, at three widths, light and dark.

The pictures that are taken on the way stay in `build/ui`, to be looked at.
"""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect
from support.chat_page import ChatPage
from support.competitor_scripts import FAULTS, hang_mid_stream, tokens
from support.http_competitor import HttpCompetitor
from support.ui_answers import showcase

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.parametrize("scheme", ["dark", "light"])]

ROOT = Path(__file__).parent.parent.parent
PICTURES = ROOT / "build/ui"
AXE = (ROOT / "ui/node_modules/axe-core/axe.min.js").read_text()
WIDTHS = {375: 812, 768: 1024, 1440: 900}


async def look(page: Page, name: str, scheme: str) -> None:
    """Takes pictures, asks axe, and sees that nothing sticks out.

    At all widths; in light, where only the colours differ, at one.
    """
    found: dict[str, Any] = {}
    for width in WIDTHS if scheme == "dark" else (768,):
        height = WIDTHS[width]
        await page.set_viewport_size({"width": width, "height": height})
        await page.evaluate(AXE)
        result = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        for violation in result["violations"]:
            places = [node["target"] for node in violation["nodes"]][:3]
            found[f"{width} {violation['id']}"] = (violation["help"], places)
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found[f"{width} too wide"] = await page.evaluate("document.documentElement.scrollWidth")
        PICTURES.mkdir(parents=True, exist_ok=True)
        whole = not name.startswith("chat")
        if whole:
            await page.evaluate("scrollTo(0, 0)")  # or the header would stand in the middle of the picture
        await page.screenshot(path=PICTURES / f"{name}-{scheme}-{width}.png", full_page=whole)
    assert not found, json.dumps(found, indent=1)


@pytest.mark.parametrize(
    "path",
    ["/", "/competition", "/arena", "/marketplace", "/marketplace/inference-proxy", "/nowhere"],
)
async def test_page(page: Page, path: str, scheme: str) -> None:
    await page.goto(path)
    await expect(page.get_by_role("button", name="Switch between light and dark")).to_be_enabled()
    await expect(page.get_by_text("Asking the gateway")).to_have_count(0)
    await page.evaluate("document.fonts.ready")
    await look(page, path.strip("/").replace("/", "-") or "landing", scheme)


State = Callable[[ChatPage, HttpCompetitor], Awaitable[None]]


async def empty(chat: ChatPage, competitor: HttpCompetitor) -> None:
    await chat.open()


async def answered(chat: ChatPage, competitor: HttpCompetitor) -> None:
    competitor.chat = showcase()
    await chat.open()
    answer = await chat.ask_whole("How does a two-stroke engine work?")
    await expect(answer.locator("svg[id^=mermaid]")).to_be_visible()
    await expect(chat.artifacts.get_by_alt_text("piston.png")).to_be_visible()


async def steps_shown(chat: ChatPage, competitor: HttpCompetitor) -> None:
    await answered(chat, competitor)
    await chat.answers.locator("summary").click()
    await chat.page.get_by_test_id("messages").evaluate("box => { box.scrollTop = 0 }")


async def streaming(chat: ChatPage, competitor: HttpCompetitor) -> None:
    competitor.chat = hang_mid_stream
    await chat.open()
    await expect(await chat.ask("Go on")).to_contain_text("partial")


async def failed(chat: ChatPage, competitor: HttpCompetitor) -> None:
    competitor.chat = FAULTS["error-mid-stream"]
    await chat.open()
    await chat.ask_whole("Fail")


async def editing(chat: ChatPage, competitor: HttpCompetitor) -> None:
    await chat.open()
    await chat.ask_whole("Change me")
    await chat.page.get_by_role("button", name="Edit and ask again").click()


async def choosing(chat: ChatPage, competitor: HttpCompetitor) -> None:
    await chat.open()
    await chat.page.get_by_role("button", name="Competitor: scripted").click()
    await expect(chat.page.get_by_role("option").first).to_be_visible()


async def helped(chat: ChatPage, competitor: HttpCompetitor) -> None:
    await chat.open()
    await chat.page.keyboard.press("Control+/")


async def drawer(chat: ChatPage, competitor: HttpCompetitor) -> None:
    await chat.open()
    await chat.ask_whole("About bulls")
    await chat.page.set_viewport_size({"width": 375, "height": 812})
    await chat.page.get_by_role("button", name="Show the sessions").click()


async def offline(chat: ChatPage, competitor: HttpCompetitor) -> None:
    await chat.open()
    await chat.page.context.set_offline(True)
    await expect(chat.page.get_by_text("The gateway does not answer.")).to_be_visible()


@pytest.mark.parametrize(
    "state",
    [empty, answered, steps_shown, streaming, failed, editing, choosing, helped, drawer, offline],
    ids=lambda state: state.__name__,
)
async def test_chat(page: Page, competitor: HttpCompetitor, state: State, scheme: str) -> None:
    await state(ChatPage(page), competitor)
    await look(page, f"chat-{state.__name__.replace('_', '-')}", scheme)


async def test_form_with_problems(page: Page, scheme: str) -> None:
    await page.goto("/competition")
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("An e-mail address")).to_be_visible()
    await look(page, "competition-problems", scheme)


@pytest.mark.usefixtures("published")
async def test_leaderboard_with_entries(page: Page, scheme: str) -> None:
    await page.goto("/competition")
    await page.get_by_role("button", name="scripted").click()
    await expect(page.get_by_text("arithmetic/1")).to_be_visible()
    await look(page, "competition-entries", scheme)


async def test_form_that_was_stored(page: Page, scheme: str) -> None:
    await page.goto("/competition")
    fields = {
        "Name": f"agent-{scheme}",
        "Address": "http://127.0.0.1:9999",
        "License": "MIT",
        "What it is good at": "Verse",
        "Contact": "me@example.org",
    }
    for label, text in fields.items():
        await page.get_by_label(label, exact=True).fill(text)
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_test_id("submissions")).to_contain_text(f"agent-{scheme}")
    await look(page, "competition-stored", scheme)


async def test_arena_after_the_vote(page: Page, competitor: HttpCompetitor, scheme: str) -> None:
    competitor.next_chats.extend([tokens("I say so"), tokens("I say no")])
    await page.goto("/arena")
    await page.get_by_label("The question for both").fill("Who is best?")
    await page.get_by_role("button", name="Let them answer").click()
    await page.get_by_role("button", name="A tie").click(timeout=50_000)
    await expect(page.get_by_test_id("vote")).to_have_text("Your vote is stored: A tie.")
    await expect(page.get_by_role("region", name="Ratings by votes")).to_be_visible()
    await look(page, "arena-voted", scheme)


async def test_trial_with_its_output(page: Page, scheme: str) -> None:
    await page.goto("/marketplace/vector-memory")
    await page.get_by_role("button", name="Run").click()
    await expect(page.get_by_label("Output")).to_be_visible(timeout=40_000)
    await look(page, "marketplace-tried", scheme)
