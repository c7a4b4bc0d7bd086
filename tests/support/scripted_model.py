"""A model provider that plays a model at work: it has whichever agent asks it write one file and finish.

    async with HttpCompetitor(scripted_model()) as provider:   # OPENAI_BASE_URL = provider.url + "/v1"

Each agent shows in its request how it wants to be answered: one offers a `bash` tool, another a `write`
tool too, a third no tool and reads files out of the text. What a real model would decide, stands here.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from . import competitor_scripts as scripts
from .http_competitor import EVENT_STREAM, JSON, Reply, Script

Json = dict[str, Any]

ARTIFACT = "report.csv"
CONTENT = "city,inhabitants\nOslo,717710\nBergen,291940\n"
FINAL = "The report is in [the table](artifacts/report.csv)."
WRITE_COMMAND = (
    f"mkdir -p artifacts && printf '{CONTENT.encode('unicode_escape').decode()}' > artifacts/{ARTIFACT}"
)
SUBMIT = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
USAGE = scripts.usage(prompt=100, completion=20)


def scripted_model(before: Callable[[], Awaitable[None]] | None = None) -> Script:
    """The provider's script; `before` is awaited before each of its answers."""

    async def answer(reply: Reply) -> None:
        if before is not None:
            await before()
        asked: Json = reply.asked.json
        await _say(reply, asked, _decision(asked))

    return answer


def hanging_model(asked: asyncio.Event) -> Script:
    """A provider that never answers; `asked` is set when an agent waits for it."""

    async def answer(reply: Reply) -> None:
        asked.set()
        await reply.stall()

    return answer


def _decision(asked: Json) -> Json:
    """The assistant's message that moves the task on."""
    tools = {tool["function"]["name"]: tool["function"] for tool in asked.get("tools") or ()}
    worked = any(message["role"] == "tool" for message in asked["messages"])
    if not tools:
        listing = f"artifacts/{ARTIFACT}\n```\n{CONTENT}```\n"
        return {"content": f"{FINAL}\n\n{listing}"}
    if "write" in tools:
        if worked:
            return {"content": FINAL}
        named = next(
            name for name in ("path", "filePath") if name in tools["write"]["parameters"]["properties"]
        )
        written = {named: f"/workspace/artifacts/{ARTIFACT}", "content": CONTENT}
        return _call("write", written, "I write the table.")
    if worked:
        return _call("bash", {"command": f"printf '{SUBMIT}\\n%s' '{FINAL}'"}, "It is done.")
    return _call("bash", {"command": WRITE_COMMAND}, "I write the table.")


def _call(name: str, arguments: Json, thought: str) -> Json:
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"content": thought, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}


async def _say(reply: Reply, asked: Json, message: Json) -> None:
    finish = "tool_calls" if "tool_calls" in message else "stop"
    if not asked.get("stream"):
        whole = scripts.message(message.get("content") or "")
        whole["choices"][0] = {
            "index": 0,
            "message": {"role": "assistant", **message},
            "finish_reason": finish,
        }
        await reply.body(200, JSON, json.dumps({**whole, "usage": USAGE}).encode())
        return
    await reply.head(200, EVENT_STREAM)
    calls = [{"index": index, **call} for index, call in enumerate(message.get("tool_calls", ()))]
    await reply.event(scripts.chunk({"role": "assistant", "content": message["content"]}))
    if calls:
        await reply.event(scripts.chunk({"tool_calls": calls}))
    await reply.event(scripts.chunk(finish=finish))
    await reply.event({**scripts.chunk(), "choices": [], "usage": USAGE})
    await reply.event("[DONE]")
