"""`make bench-ui`: how smooth the chat stays, in a real Chromium on a real stack.

A long answer of 20,000 tokens at 250 a second, then a session of 500 messages that is opened. Prints the
figures beside their bounds and leaves them in `build/bench-ui.json`; no bound fails the run, because the
machine may have other work.
"""

import asyncio
import itertools
import json
import random
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright
from support.chat_page import ChatPage
from support.competitor_scripts import chunk, usage_chunk
from support.http_competitor import EVENT_STREAM, HttpCompetitor, Reply
from support.stack import running
from support.ui_answers import SHOWCASE

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = "/usr/bin/chromium"
TOKENS = 20_000
PER_SECOND = 250
MESSAGES = 500

OBSERVE = """() => {
  window.seen = { frames: [], tasks: [] };
  const frame = (now) => { seen.frames.push(now); requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map((task) => task.duration)))
    .observe({ entryTypes: ["longtask"] });
}"""


def tokens() -> list[str]:
    """An answer of prose, lists, tables and code, in pieces of about four letters."""
    dice = random.Random(1)
    words = ("bull", "herd", "river", "wind", "rope", "rides", "turns", "drinks", "against", "under", "while")
    parts: list[str] = []
    while sum(map(len, parts)) < TOKENS * 4:
        sentence = " ".join(dice.choices(words, k=40)).capitalize()
        parts.append(f"{sentence}.\n\n{SHOWCASE.split('```mermaid')[0] if dice.random() < 0.08 else ''}")
    text = "".join(parts)
    return [text[start : start + 4] for start in range(0, TOKENS * 4, 4)]


async def long_answer(reply: Reply) -> None:
    """Each token at its moment, whatever the one before it took."""
    await reply.head(200, EVENT_STREAM)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for number, text in enumerate(tokens()):
        await asyncio.sleep(max(0.0, begun + number / PER_SECOND - loop.time()))
        await reply.event(chunk({"content": text}))
    await reply.event(chunk(finish="stop"))
    await reply.event(usage_chunk(completion=TOKENS))
    await reply.event("[DONE]")


async def stream(page: Page) -> dict[str, float]:
    """Main thread's share, dropped frames and longest task while the long answer comes in."""
    chat = await ChatPage(page).open()
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")
    await page.evaluate(OBSERVE)
    before = await _metrics(session)
    answer = await chat.ask("Go on for long")
    await answer.locator("xpath=self::*[@data-status='done']").wait_for(timeout=300_000)
    after = await _metrics(session)
    seen = await page.evaluate("window.seen")
    return {
        "seconds": round(after["Timestamp"] - before["Timestamp"], 1),
        "main_thread_percent": round(
            100
            * (after["TaskDuration"] - before["TaskDuration"])
            / (after["Timestamp"] - before["Timestamp"]),
            1,
        ),
        "dropped_frames_percent": round(_dropped(seen["frames"]), 2),
        "longest_task_ms": round(max(seen["tasks"], default=0.0), 1),
    }


async def _metrics(session: Any) -> dict[str, float]:
    answer = await session.send("Performance.getMetrics")
    return {metric["name"]: metric["value"] for metric in answer["metrics"]}


def _dropped(frames: list[float]) -> float:
    """Percent of the frames that 60 a second would have been and that were not."""
    due = (frames[-1] - frames[0]) / (1000 / 60)
    missed = sum(round((later - sooner) / (1000 / 60)) - 1 for sooner, later in itertools.pairwise(frames))
    return 100 * missed / due


async def open_long_session(page: Page) -> dict[str, float]:
    """Milliseconds from the click on a session of 500 messages to its last one on the screen."""
    chat = await ChatPage(page).open()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(_backup(), file)
        file.flush()
        await page.get_by_label("File with exported sessions").set_input_files(file.name)
        await chat.session("Long").wait_for()
    took = await page.evaluate(
        """async () => {
          const row = [...document.querySelectorAll("nav button")].find((one) => one.innerText === "Long");
          const clicked = performance.now();
          row.click();
          const last = () => [...document.querySelectorAll("[data-testid=answer]")].at(-1);
          while (!last()?.innerText.includes("answer 249")) await new Promise(requestAnimationFrame);
          return performance.now() - clicked;
        }"""
    )
    return {"opens_ms": round(took, 1)}


def _backup() -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    for number in range(MESSAGES):
        asks = number % 2 == 0
        message: dict[str, Any] = {
            "id": f"m{number:04}",
            "sessionId": "long",
            "parentId": f"m{number - 1:04}" if number else None,
            "role": "user" if asks else "assistant",
            "createdAt": number,
            "text": f"question {number // 2}" if asks else f"answer {number // 2}\n\n{SHOWCASE}",
        }
        if not asks:
            message["answer"] = {
                "status": "done", "model": "janus", "reasoning": "", "refusal": "",
                "steps": [], "toolCalls": [], "artifacts": [], "timing": {},
            }  # fmt: skip
        messages.append(message)
    head = messages[-1]["id"]
    session = {"id": "long", "title": "Long", "model": "janus", "head": head, "createdAt": 1, "updatedAt": 1}
    return {"format": "janus-chats", "version": 1, "sessions": [{"session": session, "messages": messages}]}


async def measure(browser: Browser, url: str) -> dict[str, float]:
    figures: dict[str, float] = {}
    for work in (stream, open_long_session):
        context = await browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
        figures |= await work(await context.new_page())
        await context.close()
    return figures


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with HttpCompetitor(long_answer) as competitor:
            starting = running(Path(folder), f"competitors:\n  - {{id: scripted, url: '{competitor.url}'}}\n")
            stack = await asyncio.to_thread(starting.__enter__)
            try:
                await asyncio.to_thread(stack.wait_for_competitor, "scripted")
                async with async_playwright() as playwright:
                    options = ["--no-sandbox", "--disable-gpu", "--disable-quic"]
                    browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=options)
                    figures = await measure(browser, stack.url)
                    await browser.close()
            finally:
                await asyncio.to_thread(starting.__exit__, None, None, None)
    bounds = {"main_thread_percent": 40, "dropped_frames_percent": 2, "longest_task_ms": 200, "opens_ms": 300}
    for name, value in figures.items():
        print(f"{name:24} {value:>8}" + (f"   bound {bounds[name]}" if name in bounds else ""))
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build/bench-ui.json").write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    asyncio.run(main())
