"""Asking and being answered."""

import asyncio
import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Download, Page, expect
from support.chat_page import ChatPage
from support.competitor_scripts import chunk, chunks, hang_mid_stream, named, refusal, tokens
from support.http_competitor import EVENT_STREAM, HttpCompetitor, Reply
from support.stack import Stack
from support.ui_answers import CSV, STEPS, artifact, gated, png, said, showcase

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_answer_to_a_question_with_a_picture_grows_step_by_step(
    page: Page, competitor: HttpCompetitor, tmp_path: Path
) -> None:
    competitor.chat, (first, second) = gated("The picture ", "is green.")
    (tmp_path / "green.png").write_bytes(png())
    chat = await ChatPage(page).open()
    await chat.attach(tmp_path / "green.png")
    await expect(page.get_by_alt_text("green.png")).to_be_visible()
    answer = await chat.ask("What colour is it?")
    first.set()
    await expect(answer).to_contain_text("The picture")
    await expect(answer).not_to_contain_text("green.")
    second.set()
    await expect(answer).to_contain_text("The picture is green.")
    await expect(answer).to_have_attribute("data-status", "done")
    content = (await competitor.asked()).json["messages"][0]["content"]
    assert content[0] == {"type": "text", "text": "What colour is it?"}
    assert base64.b64decode(content[1]["image_url"]["url"].partition(",")[2]) == png()


async def test_a_large_picture_is_scaled_down_and_the_page_says_so(
    page: Page, competitor: HttpCompetitor, tmp_path: Path
) -> None:
    (tmp_path / "wide.png").write_bytes(png(3200, 800))
    chat = await ChatPage(page).open()
    await chat.attach(tmp_path / "wide.png")
    await expect(page.get_by_text("wide.png was scaled to 1568\u00d7392.")).to_be_visible()


async def test_pictures_can_be_pasted_and_dropped(page: Page) -> None:
    chat = await ChatPage(page).open()
    data = base64.b64encode(png()).decode()
    make = """([kind, data]) => {
      const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
      const carried = new DataTransfer();
      carried.items.add(new File([bytes], `${kind}.png`, { type: "image/png" }));
      const how = { bubbles: true, cancelable: true };
      const event = kind === "paste"
        ? new ClipboardEvent("paste", { ...how, clipboardData: carried })
        : new DragEvent("drop", { ...how, dataTransfer: carried });
      document.querySelector("textarea").dispatchEvent(event);
    }"""
    for kind in ("paste", "drop"):
        await page.evaluate(make, [kind, data])
        await expect(page.get_by_alt_text(f"{kind}.png")).to_be_visible()
    await page.get_by_role("button", name="Remove paste.png").click()
    await expect(page.get_by_alt_text("paste.png")).to_have_count(0)
    assert await chat.composer.input_value() == ""


async def test_the_making_of_an_answer_is_folded_away_until_one_looks(
    page: Page, competitor: HttpCompetitor
) -> None:
    competitor.chat = said("Oslo has 709037 people.", *STEPS)
    answer = await (await ChatPage(page).open()).ask_whole("How many live in Oslo?")
    steps = answer.get_by_test_id("step")
    await expect(steps.first).to_be_hidden()
    await answer.get_by_text("How it was made: 5 steps, 1 tool, sandbox, reasoning").click()
    told = " | ".join(await steps.all_inner_texts())
    for step in ("Routed to scripted", "Sandbox started sb_7f3a", "Tool python ended: 709037"):
        assert step in told
    await expect(answer.get_by_test_id("reasoning-text")).to_contain_text("That settles it.")


async def test_stopping_stops_the_competitor_and_keeps_what_arrived(
    page: Page, competitor: HttpCompetitor
) -> None:
    competitor.chat = hang_mid_stream
    chat = await ChatPage(page).open()
    answer = await chat.ask("Go on for ever")
    await expect(answer).to_contain_text("partial")
    await chat.stop.click()
    asked = await competitor.asked()
    await asked.disconnected.wait()
    await expect(answer).to_contain_text("You stopped this answer.")
    await expect(answer).to_contain_text("partial")


async def test_escape_stops_too(page: Page, competitor: HttpCompetitor) -> None:
    competitor.chat = hang_mid_stream
    answer = await (await ChatPage(page).open()).ask("Go on for ever")
    await expect(answer).to_contain_text("partial")
    await page.keyboard.press("Escape")
    await (await competitor.asked()).disconnected.wait()
    await expect(answer).to_have_attribute("data-status", "stopped")


@pytest.mark.parametrize("clicks", [1, 2], ids=["a click", "a double click"])
async def test_stopping_does_not_send_the_draft(page: Page, competitor: HttpCompetitor, clicks: int) -> None:
    competitor.chat = hang_mid_stream
    chat = await ChatPage(page).open()
    answer = await chat.ask("Go on for ever")
    await expect(answer).to_contain_text("partial")
    await chat.composer.fill("Not yet finished")
    await chat.stop.click(click_count=clicks)
    await expect(answer).to_have_attribute("data-status", "stopped")
    await expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    await expect(chat.questions).to_have_count(1)
    await expect(chat.composer).to_have_value("Not yet finished")
    await expect(chat.composer).to_be_focused()


async def test_reasoning_under_its_other_name_is_shown_as_reasoning(
    page: Page, competitor: HttpCompetitor
) -> None:
    competitor.chat = said("Oslo.", chunk({"reasoning": "A capital is asked for."}))
    answer = await (await ChatPage(page).open()).ask_whole("Which city?")
    await answer.get_by_text("How it was made").click()
    await expect(answer.get_by_test_id("reasoning-text")).to_have_text("A capital is asked for.")


async def test_an_artifact_of_the_gateway_downloads_and_its_hash_matches(
    page: Page, competitor: HttpCompetitor
) -> None:
    async def serve(reply: Reply) -> None:
        await reply.body(200, [("content-type", "text/csv")], CSV)

    competitor.routes["/v1/artifacts/cities"] = serve
    competitor.chat = said("Here.", artifact("cities.csv", CSV, "text/csv", url="/v1/artifacts/cities"))
    chat = await ChatPage(page).open()
    await chat.ask_whole("Cities, please")
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Download cities.csv").click()
    download = await downloading.value
    assert download.suggested_filename == "cities.csv"
    assert (await download.path()).read_bytes() == CSV
    await expect(chat.artifacts).to_contain_text("Hash verified")
    await expect(chat.artifacts).to_contain_text("text/csv · 38 B")


async def test_a_picture_shows_itself(page: Page, competitor: HttpCompetitor) -> None:
    competitor.chat = said("Here.", artifact("piston.png", png(), "image/png", kind="image"))
    chat = await ChatPage(page).open()
    await chat.ask_whole("A picture, please")
    await expect(chat.artifacts.get_by_alt_text("piston.png")).to_be_visible()
    await expect(chat.artifacts).to_contain_text("Hash verified")


async def test_a_file_that_is_not_what_was_promised_is_not_saved(
    page: Page, competitor: HttpCompetitor
) -> None:
    lie = artifact("cities.csv", CSV, "text/csv", sha256=hashlib.sha256(b"else").hexdigest())
    competitor.chat = said("Here.", lie)
    chat = await ChatPage(page).open()
    await chat.ask_whole("Cities, please")
    saved: list[Download] = []

    def save(download: Download) -> None:
        saved.append(download)

    page.on("download", save)
    await page.get_by_role("button", name="Download cities.csv").click()
    await expect(chat.artifacts).to_contain_text("Hash does not match: not saved")
    assert not saved


async def test_a_retry_is_a_branch_that_one_can_turn_back_from(
    page: Page, competitor: HttpCompetitor
) -> None:
    competitor.next_chats.extend([tokens("first"), tokens("second")])
    chat = await ChatPage(page).open()
    await chat.ask_whole("Again")
    await page.get_by_role("button", name="Answer once more").click()
    await expect(chat.answers).to_have_text([re.compile("second")])
    await page.get_by_role("button", name="Earlier branch").click()
    await expect(chat.answers).to_have_text([re.compile("first")])


async def test_an_edited_question_is_a_branch_that_one_can_turn_back_from(
    page: Page, competitor: HttpCompetitor
) -> None:
    competitor.next_chats.extend([tokens("one"), tokens("two")])
    chat = await ChatPage(page).open()
    await chat.ask_whole("First wording")
    await page.get_by_role("button", name="Edit and ask again").click()
    await page.get_by_label("Your question").fill("Second wording")
    await page.get_by_role("button", name="Ask again", exact=True).click()
    await expect(chat.answers).to_have_text([re.compile("two")])
    await expect(chat.questions).to_contain_text("Second wording")
    await page.get_by_role("button", name="Earlier branch").click()
    await expect(chat.questions).to_contain_text("First wording")
    await expect(chat.answers).to_have_text([re.compile("one")])


async def test_a_branch_can_become_a_chat_of_its_own(page: Page) -> None:
    chat = await ChatPage(page).open()
    await chat.ask_whole("Where it began")
    await page.get_by_role("button", name="Branch into a new chat").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Where it began (branch)")
    await expect(chat.session("Where it began")).to_be_visible()


async def test_a_refresh_in_the_middle_loses_nothing_that_arrived(
    page: Page, competitor: HttpCompetitor
) -> None:
    competitor.chat, gates = gated("Arrived before the refresh.", "never")
    chat = await ChatPage(page).open()
    answer = await chat.ask("Take your time")
    gates[0].set()
    await expect(answer).to_contain_text("Arrived before the refresh.")
    await page.reload()
    await expect(chat.answers).to_contain_text("Arrived before the refresh.")
    await expect(chat.answers).to_contain_text("The page was closed during this answer.")
    await (await competitor.asked()).disconnected.wait()


async def test_an_answer_goes_on_while_another_chat_is_in_view(
    page: Page, competitor: HttpCompetitor
) -> None:
    competitor.chat, gates = gated("first half, ", "second half")
    chat = await ChatPage(page).open()
    await chat.ask("Slowly")
    gates[0].set()
    await page.get_by_role("button", name="New chat", exact=True).click()
    gates[1].set()
    await chat.session("Slowly").click()
    await expect(chat.answers).to_contain_text("first half, second half")


async def test_an_edge_that_is_away_is_told_and_recovered_from(
    page: Page, stack: Stack, competitor: HttpCompetitor
) -> None:
    chat = await ChatPage(page).open()
    stack.services["edge"].kill()
    try:
        await chat.ask_whole("Anybody there?")
        await expect(chat.error).to_contain_text("Nobody answers at the gateway")
    finally:
        stack.start("edge")
        await asyncio.to_thread(stack.wait, "edge")
    await chat.error.get_by_role("button", name="Try again").click()
    await expect(chat.answers.last).to_contain_text("Hello there")
    await expect(chat.error).to_have_count(0)


async def test_a_browser_that_is_offline_is_told_before_one_asks(page: Page) -> None:
    await ChatPage(page).open()
    await page.context.set_offline(True)
    await expect(page.get_by_text("The gateway does not answer.")).to_be_visible()
    await page.context.set_offline(False)
    await expect(page.get_by_text("The gateway does not answer.")).to_have_count(0)


@pytest.mark.parametrize(
    ("fault", "title", "says"),
    [
        ("fault:failed", "The competitor failed", "out of memory"),
        ("fault:error-mid-stream", "The competitor failed", "the GPU fell off"),
        ("fault:rejected", "The request was refused", "temperature is too high"),
        ("fault:close-mid-stream", "The competitor failed", "partial"),
    ],
)
async def test_each_failure_says_what_happened_and_offers_another_try(
    page: Page, competitor: HttpCompetitor, fault: str, title: str, says: str
) -> None:
    script = named(fault)
    assert script is not None
    competitor.chat = script
    chat = await ChatPage(page).open()
    answer = await chat.ask_whole("Fail")
    await expect(chat.error).to_contain_text(title)
    await expect(answer).to_contain_text(says)
    competitor.chat = tokens("All is well")
    await chat.error.get_by_role("button", name="Try again").click()
    await expect(chat.answers.last).to_contain_text("All is well")


async def test_a_refusal_says_when_to_try_again(page: Page, competitor: HttpCompetitor) -> None:
    competitor.chat = refusal(429, "slow down", headers=[("retry-after", "7")])
    chat = await ChatPage(page).open()
    await chat.ask_whole("Quickly")
    await expect(chat.error).to_contain_text("Too much at once")
    await expect(chat.error).to_contain_text("best after 7 s")


async def test_what_an_answer_took_is_shown_and_nothing_that_nobody_reported(
    page: Page, competitor: HttpCompetitor
) -> None:
    competitor.next_chats.append(said("word " * 40, gap=0.1, cost_usd=0.0042, sandbox_seconds=1.8))
    competitor.next_chats.append(chunks([chunk({"content": "bare"}), chunk(finish="stop")]))
    chat = await ChatPage(page).open()
    facts = (await chat.ask_whole("All figures")).get_by_test_id("facts")
    for fact in ("to first word", "tok/s", "tokens", "$0.0042", "1.8 s sandbox"):
        await expect(facts).to_contain_text(fact)
    bare = (await chat.ask_whole("No figures")).get_by_test_id("facts")
    await expect(bare).not_to_contain_text("tok")
    await expect(bare).not_to_contain_text("$")


async def test_markdown_of_every_kind_is_rendered(page: Page, competitor: HttpCompetitor) -> None:
    competitor.chat = showcase()
    answer = await (await ChatPage(page).open()).ask_whole("Show me all")
    await expect(answer.get_by_role("heading", name="Two-stroke engines")).to_be_visible()
    await expect(answer.get_by_role("columnheader", name="Four-stroke")).to_be_visible()
    await expect(answer.get_by_role("listitem").filter(has_text="Combustion drives")).to_be_visible()
    await expect(answer.locator(".katex").first).to_be_attached()
    await expect(answer.locator("svg[id^=mermaid]")).to_be_visible()
    await expect(answer.locator("pre code span[style]").first).to_be_attached()
    await answer.get_by_role("button", name="Copy Code").first.click()
    assert "def power(" in await page.evaluate("navigator.clipboard.readText()")


async def test_the_competitor_can_be_chosen_and_shows_its_health(
    page: Page, competitor: HttpCompetitor
) -> None:
    chat = await ChatPage(page).open("/chat")
    await page.get_by_role("button", name="Competitor: janus").click()
    rival = page.get_by_role("option", name="rival")
    await expect(rival).to_contain_text("healthy")
    await rival.click()
    await chat.ask_whole("Who are you?")
    assert (await competitor.asked()).json["model"] == "rival"
    await expect(chat.answers).to_contain_text("rival")


async def test_the_embedded_model_answers(page: Page, stack: Stack) -> None:
    await asyncio.to_thread(stack.wait_for_competitor, "baseline-agent-cli")
    chat = await ChatPage(page).open("/chat?model=baseline-agent-cli")
    answer = await chat.ask("What is the capital of France?")
    await expect(answer.locator(".markdown")).to_contain_text(re.compile(r"\w"), timeout=40_000)
    await expect(answer).to_have_attribute("data-status", "done", timeout=40_000)
    await expect(answer.get_by_test_id("facts")).to_contain_text("tokens")


async def test_the_conversation_so_far_goes_along(page: Page, competitor: HttpCompetitor) -> None:
    chat = await ChatPage(page).open()
    await chat.ask_whole("One")
    await competitor.asked()
    await chat.ask_whole("Two")
    roles = [message["role"] for message in (await competitor.asked()).json["messages"]]
    assert roles == ["user", "assistant", "user"]


async def test_a_stream_with_no_end_does_not_fill_the_page(page: Page, competitor: HttpCompetitor) -> None:
    async def flood(reply: Reply) -> None:
        await reply.head(200, EVENT_STREAM)
        event = f"data: {json.dumps(chunk({'content': 'x' * 200 + ' '}))}\n\n".encode()
        for _ in range(4000):
            await reply.send(event)
        await reply.stall()

    competitor.chat = flood
    chat = await ChatPage(page).open()
    answer = await chat.ask("Flood me")
    await expect(answer.locator(".plain-text")).to_be_visible()
    await chat.stop.click()
    await expect(answer).to_have_attribute("data-status", "stopped")
