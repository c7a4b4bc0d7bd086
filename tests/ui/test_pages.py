"""Landing, competition, arena and marketplace."""

import re

import pytest
from playwright.async_api import Page, expect
from support.competitor_scripts import tokens
from support.http_competitor import HttpCompetitor

pytestmark = pytest.mark.asyncio(loop_scope="session")

NO_SERVICE = "runs without a competition service"


async def test_the_landing_page_tells_what_the_gateway_says_right_now(page: Page) -> None:
    await page.goto("/")
    await expect(page.get_by_test_id("ticker-Gateway")).to_have_text(re.compile(r"ok · v\d"))
    await expect(page.get_by_test_id("ticker-Competitors")).to_have_text("3")
    await expect(page.get_by_test_id("ticker-Round trip")).to_have_text(re.compile(r"\d+ ms"))


async def test_the_landing_page_leads_to_the_chat_and_the_competition(page: Page) -> None:
    await page.goto("/")
    await page.get_by_role("link", name="Start a chat").click()
    await page.wait_for_url("**/chat")
    await page.get_by_role("link", name="Competition").first.click()
    await page.wait_for_url("**/competition")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()


async def test_a_wrong_address_is_told(page: Page) -> None:
    answer = await page.goto("/nowhere")
    assert answer is not None
    assert answer.status == 404
    await expect(page.get_by_text("There is no page at this address.")).to_be_visible()


async def test_a_chosen_theme_stays(page: Page) -> None:
    await page.goto("/")
    await page.get_by_role("button", name="Switch between light and dark").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")


async def test_without_measurements_there_is_no_ranking_and_the_page_says_why(page: Page) -> None:
    await page.goto("/competition")
    await expect(page.get_by_test_id("empty")).to_contain_text(NO_SERVICE)
    await expect(page.get_by_role("table")).to_have_count(0)


async def test_the_form_names_each_field_that_is_wrong_and_goes_to_the_first(page: Page) -> None:
    await page.goto("/competition")
    await page.get_by_label("Address").fill("ftp://x")
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_label("Name", exact=True)).to_be_focused()
    await expect(page.get_by_text("An address that begins with")).to_be_visible()
    await expect(page.get_by_text("An e-mail address")).to_be_visible()


async def test_a_valid_entry_is_not_said_to_be_stored_when_it_is_not(page: Page) -> None:
    await page.goto("/competition")
    await page.get_by_label("Name", exact=True).fill("my-agent")
    await page.get_by_label("Address").fill("grpc://127.0.0.1:9999")
    await page.get_by_label("What it is good at").fill("Verse")
    await page.get_by_label("Contact").fill("me@example.org")
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("nothing was stored")).to_contain_text(NO_SERVICE)
    await expect(page.get_by_role("status").locator("pre")).to_contain_text("url: grpc://127.0.0.1:9999")


async def test_the_arena_hides_who_answers_until_the_vote(page: Page, competitor: HttpCompetitor) -> None:
    competitor.chat = tokens("I say ", "so")
    await page.goto("/arena")
    question = page.get_by_label("The question for both")
    await question.fill("Who is best?")
    begin = page.get_by_role("button", name="Let them answer")
    await expect(begin).to_be_enabled()
    await begin.click()
    answers = page.get_by_test_id("live-answer")
    vote = page.get_by_role("button", name="B is better")
    await expect(vote).to_be_visible(timeout=50_000)
    shown = await page.get_by_role("main").inner_text()
    assert not [name for name in ("scripted", "rival", "baseline-agent-cli") if name in shown]
    await expect(answers.filter(has_text="I say so").first).to_be_visible()
    await vote.click()
    await expect(page.get_by_test_id("vote")).to_contain_text(NO_SERVICE)
    names = [await page.get_by_role("region", name=f"Competitor {side}").inner_text() for side in "AB"]
    revealed = [
        name for text in names for name in ("scripted", "rival", "baseline-agent-cli") if name in text
    ]
    assert len(set(revealed)) == 2


async def test_components_can_be_searched_and_filtered(page: Page) -> None:
    await page.goto("/marketplace")
    proxy, mesh = (page.get_by_role("link", name=name) for name in ("Inference proxy", "Chat mesh"))
    await expect(proxy).to_be_visible()
    await expect(mesh).to_be_visible()
    await page.get_by_role("button", name="models").click()
    await expect(mesh).to_have_count(0)
    await page.get_by_role("button", name="all").click()
    await page.get_by_label("Search the components").fill("proto")
    await expect(proxy).to_have_count(0)
    await expect(mesh).to_be_visible()
    await page.get_by_label("Search the components").fill("nothing like it")
    await expect(page.get_by_test_id("empty")).to_contain_text("Nothing fits")


async def test_a_component_has_its_contract_a_sample_and_a_live_trial(page: Page) -> None:
    await page.goto("/marketplace")
    await page.get_by_role("link", name="Inference proxy").click()
    await page.wait_for_url("**/marketplace/inference-proxy")
    await expect(page.get_by_text("OpenAPI", exact=True)).to_be_visible()
    await expect(page.get_by_text("POST /v1/chat/completions", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Run").click()
    answer = page.get_by_test_id("live-answer")
    await expect(answer).to_have_attribute("data-state", "done", timeout=40_000)
    await expect(answer).to_contain_text("to first word")
