"""Landing, competition, arena and marketplace."""

import asyncio
import re
import uuid

import pytest
from playwright.async_api import Page, Route, expect
from support.competitor_scripts import tokens
from support.http_competitor import HttpCompetitor

pytestmark = pytest.mark.asyncio(loop_scope="session")

NO_SERVICE = "competition service does not run here"
NAMES = ("scripted", "rival", "baseline-agent-cli")


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


async def test_a_page_is_there_before_its_scripts_and_takes_no_input_that_would_be_lost(page: Page) -> None:
    arrive = asyncio.Event()

    async def late(route: Route) -> None:
        await arrive.wait()
        await route.continue_()

    await page.route("**/_next/static/chunks/*.js", late)
    await page.goto("/competition", wait_until="domcontentloaded")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    for name in ("Submit", "Switch between light and dark"):
        await expect(page.get_by_role("button", name=name)).to_be_disabled()
    await expect(page.get_by_label("Name", exact=True)).to_be_disabled()
    arrive.set()
    await expect(page.get_by_role("button", name="Submit")).to_be_enabled()
    await expect(page.get_by_label("Name", exact=True)).to_be_editable()


async def test_a_chosen_theme_stays(page: Page) -> None:
    await page.goto("/")
    await page.get_by_role("button", name="Switch between light and dark").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")


async def test_without_a_service_there_is_no_ranking_and_the_page_says_why(page: Page) -> None:
    await without_service(page)
    await page.goto("/competition")
    await expect(page.get_by_test_id("empty")).to_contain_text(NO_SERVICE)
    await expect(page.get_by_role("table")).to_have_count(0)


@pytest.mark.usefixtures("published")
async def test_the_leaderboard_has_published_runs_with_intervals_tiers_and_details(page: Page) -> None:
    await page.goto("/competition")
    rows = page.get_by_role("row")
    await expect(rows.nth(1)).to_contain_text("scripted")
    await expect(rows.nth(1)).to_contain_text("tier 1")
    await expect(rows.nth(1)).to_contain_text("68.2 to 74.2")
    await expect(rows.nth(2)).to_contain_text("rival")
    await expect(rows.nth(2)).to_contain_text("tier 1")
    await page.get_by_role("button", name="Competitor", exact=True).click()
    await expect(rows.nth(1)).to_contain_text("rival")
    await page.get_by_role("button", name="scripted").click()
    await expect(page.get_by_text("arithmetic/2")).to_be_visible()
    await expect(page.get_by_text("0 · failed")).to_be_visible()
    await expect(page.get_by_role("img", name="Score from 55.0 on 2026-11-01 to 71.2")).to_be_visible()


@pytest.mark.usefixtures("published")
async def test_the_landing_page_names_the_leader(page: Page) -> None:
    await page.goto("/")
    await expect(page.get_by_test_id("ticker-Leader")).to_have_text("scripted · 71.2")


async def test_the_form_names_each_field_that_is_wrong_and_goes_to_the_first(page: Page) -> None:
    await page.goto("/competition")
    await page.get_by_label("Address").fill("ftp://x")
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_label("Name", exact=True)).to_be_focused()
    await expect(page.get_by_text("An address that begins with")).to_be_visible()
    await expect(page.get_by_text("An e-mail address")).to_be_visible()


async def test_an_entry_is_stored_shown_and_taken_once(page: Page) -> None:
    name = f"agent-{uuid.uuid4().hex[:8]}"
    await page.goto("/competition")
    await enter(page, name)
    await expect(page.get_by_text(f"Stored. {name} is entered.")).to_be_visible()
    entry = page.get_by_test_id("submissions").get_by_role("listitem").filter(has_text=name)
    await expect(entry).to_contain_text("received")
    await expect(page.get_by_text("me@example.org")).to_have_count(0)
    await page.reload()
    await expect(entry).to_be_visible()
    await enter(page, name)
    await expect(page.get_by_label("Name", exact=True)).to_be_focused()
    await expect(page.get_by_text("is entered already").first).to_be_visible()


async def test_a_valid_entry_is_not_said_to_be_stored_when_it_is_not(page: Page) -> None:
    await without_service(page)
    await page.goto("/competition")
    await enter(page, "my-agent")
    await expect(page.get_by_text("nothing was stored")).to_be_visible()
    await expect(page.get_by_role("status").locator("pre")).to_contain_text("url: grpc://127.0.0.1:9999")


async def test_nothing_that_reaches_the_browser_tells_who_answers_until_the_vote(
    page: Page, competitor: HttpCompetitor
) -> None:
    competitor.next_chats.extend([tokens("I say ", "yes"), tokens("I say ", "no")])
    came: list[str] = []

    async def note(route: Route) -> None:
        """Reads along: the browser keeps nothing of a stream that the page leaves at its last event."""
        response = await route.fetch()
        came.append(f"{response.headers} {await response.text()}")
        await route.fulfill(response=response)

    await page.route(re.compile("/arena/(battles|answers)"), note)
    await page.goto("/arena")
    await page.get_by_label("The question for both").fill("Who is best?")
    await page.get_by_role("button", name="Let them answer").click()
    vote = page.get_by_role("button", name="B is better")
    await expect(vote).to_be_visible(timeout=50_000)
    assert len(came) == 3
    sides = [page.get_by_role("region", name=f"Competitor {side}") for side in "AB"]
    seen = "".join([await side.inner_text() for side in sides])
    seen += "".join(came)
    assert not [name for name in NAMES if name in seen]
    await vote.click()
    await expect(page.get_by_test_id("vote")).to_have_text("Your vote is stored: B is better.")
    texts = [await side.inner_text() for side in sides]
    revealed = {name for text in texts for name in NAMES if name in text}
    assert len(revealed) == 2
    await expect(page.get_by_role("region", name="Ratings by votes")).to_be_visible()


async def test_a_vote_between_equal_answers_says_that_it_does_not_count(
    page: Page, competitor: HttpCompetitor
) -> None:
    competitor.chat = tokens("The capital of France is Paris.")
    await page.goto("/arena")
    said = page.get_by_test_id("vote")
    for _ in range(6):  # the baseline, which says something else, may be drawn
        await page.get_by_label("The question for both").fill("Say something.")
        await page.get_by_role("button", name="Let them answer").click()
        await page.get_by_role("button", name="A tie").click(timeout=50_000)
        await expect(said).to_contain_text("Your vote is stored")
        if "does not count" in await said.inner_text():
            break
    await expect(said).to_contain_text("does not count: both said the same")


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
    await page.get_by_role("link", name="Web search").click()
    await page.wait_for_url("**/marketplace/web-search")
    await expect(page.get_by_text("OpenAPI", exact=True)).to_be_visible()
    await expect(page.get_by_text("POST /v1/search", exact=True)).to_be_visible()
    await page.get_by_label("Query").fill("rests under load")
    await page.get_by_role("button", name="Run").click()
    trial = page.get_by_test_id("trial")
    await expect(trial).to_have_attribute("data-state", "done", timeout=40_000)
    await expect(trial).to_contain_text("local index")


@pytest.mark.parametrize(
    ("component", "shows"),
    [
        ("inference-proxy", "smollm2"),
        ("embeddings", '"dimensions": 384'),
        ("vector-memory", "Janus was the Roman god"),
        ("artifact-store", '"sha256"'),
        ("web-fetch", "not on the public internet"),
    ],
)
async def test_each_trial_calls_the_real_thing(page: Page, component: str, shows: str) -> None:
    await page.goto(f"/marketplace/{component}")
    run = page.get_by_role("button", name="Run")
    await expect(run).to_be_visible()
    if component == "web-fetch":  # no page of the web is reachable in tests, and none of the house may be
        await page.get_by_label("Address").fill("http://169.254.169.254/")
    await run.click()
    await expect(page.get_by_test_id("trial")).to_contain_text(
        re.compile(shows, re.IGNORECASE), timeout=40_000
    )


async def test_a_library_is_tried_in_a_chat_that_goes_through_it(page: Page) -> None:
    await page.goto("/marketplace/chat-mesh")
    await page.get_by_role("button", name="Run").click()
    answer = page.get_by_test_id("live-answer")
    await expect(answer).to_have_attribute("data-state", "done", timeout=40_000)
    await expect(answer).to_contain_text("to first word")


async def without_service(page: Page) -> None:
    """As on a gateway that has no competition service."""
    absent = {"error": {"message": "none", "type": "x", "param": None, "code": "no_competition"}}
    await page.route("**/api/competition/**", lambda route: route.fulfill(status=404, json=absent))


async def enter(page: Page, name: str) -> None:
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("Transport").select_option("grpc")
    await page.get_by_label("Address").fill("grpc://127.0.0.1:9999")
    await page.get_by_label("License").fill("MIT")
    await page.get_by_label("What it is good at").fill("Verse")
    await page.get_by_label("Contact").fill("me@example.org")
    await page.get_by_role("button", name="Submit").click()
