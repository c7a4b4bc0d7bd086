"""/chat as its reader uses it."""

from pathlib import Path
from typing import Self

from playwright.async_api import Locator, Page, expect


class ChatPage:
    """The parts of the page, by what they are for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.composer = page.get_by_label("Message", exact=True)
        self.answers = page.get_by_test_id("answer")
        self.questions = page.get_by_test_id("user-message")
        self.stop = page.get_by_role("button", name="Stop the answer")
        self.error = page.get_by_test_id("error-card")
        self.artifacts = page.get_by_test_id("artifact")

    async def open(self, address: str = "/chat?model=scripted") -> Self:
        await self.page.goto(address)
        await self.page.locator("[data-ready]").wait_for()
        return self

    async def ask(self, text: str) -> Locator:
        """Sends the text; gives its answer, as soon as there is one on the page."""
        known = await self.answers.count()
        await self.composer.fill(text)
        await self.composer.press("Enter")
        await expect(self.answers).to_have_count(known + 1)
        return self.answers.last

    async def ask_whole(self, text: str) -> Locator:
        """Sends the text and waits for the end of its answer."""
        answer = await self.ask(text)
        await expect(answer).not_to_have_attribute("data-status", "streaming")
        return answer

    def session(self, title: str) -> Locator:
        return self.page.get_by_role("navigation", name="Sessions").get_by_role(
            "button", name=title, exact=True
        )

    async def attach(self, *files: Path) -> None:
        await self.page.get_by_label("Pictures to add").set_input_files(list(files))
