"""The real pages in a real Chromium, on the real stack with a scripted competitor and the embedded model."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Request, async_playwright
from support.bundles import Signer, a_run
from support.competitor_scripts import tokens
from support.http_competitor import HttpCompetitor
from support.stack import Stack, free_port, running

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = "/usr/bin/chromium"
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
REGISTRY = """
competitors:
  - id: scripted
    url: http://127.0.0.1:{port}
    description: Says what the test wants.
  - id: rival
    url: http://127.0.0.1:{port}
  - id: baseline-agent-cli
    url: {baseline}
"""


@pytest.fixture(scope="session")
def port() -> int:
    return free_port()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def only_competitor(port: int) -> AsyncIterator[HttpCompetitor]:
    async with HttpCompetitor(tokens("Hello"), port=port) as competitor:
        yield competitor


@pytest_asyncio.fixture(loop_scope="session")
async def competitor(only_competitor: HttpCompetitor) -> HttpCompetitor:
    """The scripted competitor, who says hello until the test says otherwise."""
    only_competitor.chat = tokens("Hello", " there")
    only_competitor.next_chats.clear()
    only_competitor.forget_asked()
    return only_competitor


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(
    port: int, only_competitor: HttpCompetitor, signer: Signer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stack]:
    assert (ROOT / "ui/out/index.html").is_file(), "the pages are not built: run `make ui`"
    registry = REGISTRY.replace("{port}", str(port))
    environment = {
        "JANUS_TRY_IT": "true",
        "JANUS_COMPETITION_TRUSTED_KEYS": signer.public_key,
        "JANUS_ARENA_BATTLES_PER_HOUR": "1000",
        "JANUS_SUBMISSIONS_PER_DAY": "1000",
        "JANUS_SEARCH_DOCS": str(ROOT / "docs"),
    }
    starting = running(
        tmp_path_factory.mktemp("ui"), registry, model=True, more=["competition"], environment=environment
    )
    # In threads: the competitor, which runs here, must be able to answer meanwhile.
    stack = await asyncio.to_thread(starting.__enter__)
    try:
        for competitor_id in ("scripted", "rival"):
            await asyncio.to_thread(stack.wait_for_competitor, competitor_id)
        yield stack
    finally:
        await asyncio.to_thread(starting.__exit__, None, None, None)


@pytest.fixture(scope="session")
def signer() -> Signer:
    """Whose runs the stack takes in."""
    return Signer()


@pytest.fixture(scope="session")
def published(stack: Stack, signer: Signer) -> None:
    """Runs of two competitors, of which one has two."""
    for run in (
        a_run("run_old", "scripted", 55, created_at="2026-11-01T00:00:00Z"),
        a_run("run_new", "scripted", 71.2, half=3, created_at="2026-11-20T00:00:00Z"),
        a_run("run_rival", "rival", 69.9, half=3),
    ):
        response = httpx.post(f"{stack.url}/api/competition/runs", json=signer.parts(run), timeout=20)
        assert response.status_code == 201, response.text


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        await browser.close()


@dataclass
class Misdeeds:
    """What no page may do, whatever it shows."""

    errors: list[str] = field(default_factory=list)  # thrown by the page's own scripts
    violations: list[str] = field(default_factory=list)  # of the content security policy
    calls_out: list[str] = field(default_factory=list)  # to another origin
    dialogs: list[str] = field(default_factory=list)

    def watch(self, page: Page, origin: str) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self._note(said.text))
        page.on("dialog", lambda dialog: self.dialogs.append(dialog.message))
        page.on("request", lambda request: self._look(request, origin))

    def _note(self, text: str) -> None:
        if "Content Security Policy" in text:
            self.violations.append(text)

    def _look(self, request: Request, origin: str) -> None:
        if not request.url.startswith((origin, "data:", "blob:")):
            self.calls_out.append(request.url)


@pytest.fixture
def scheme() -> str:
    """The colour scheme that the page's reader prefers; parametrised where it matters."""
    return "dark"


@pytest_asyncio.fixture(loop_scope="session")
async def page(
    browser: Browser, stack: Stack, competitor: HttpCompetitor, scheme: str
) -> AsyncIterator[Page]:
    """A page of a new visitor, who moves little, on an address of the edge."""
    context = await browser.new_context(
        base_url=stack.url,
        viewport={"width": 1440, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
        accept_downloads=True,
    )
    context.set_default_timeout(15_000)
    page = await context.new_page()
    misdeeds = Misdeeds()
    misdeeds.watch(page, stack.url)
    yield page
    await context.close()
    assert misdeeds == Misdeeds()
