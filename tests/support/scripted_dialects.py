"""The scripted model in the two other APIs: OpenAI's Responses and Anthropic's Messages.

    provider.routes |= dialects()     # beside `scripted_model`, which speaks chat completions

It has codex and claude-code write the same one file, by the tools that each of them offers.
"""

import json
from typing import Any

from .http_competitor import EVENT_STREAM, Reply, Script
from .scripted_model import ARTIFACT, CONTENT, FINAL, WRITE_COMMAND

Json = dict[str, Any]
THOUGHT = "I write the table."


def dialects() -> dict[str, Script]:
    """The scripts by path."""
    return {"/v1/responses": _responses, "/v1/messages": _messages}


async def _responses(reply: Reply) -> None:
    asked: Json = reply.asked.json
    worked = any(item.get("type") == "function_call_output" for item in asked["input"])
    tools = {tool.get("name"): tool for tool in asked.get("tools", ())}
    said = {"type": "message", "role": "assistant", "id": "msg_1"}
    text = FINAL if worked or not tools else THOUGHT
    items = [{**said, "content": [{"type": "output_text", "text": text, "annotations": []}]}]
    if tools and not worked:
        items.append(_shell_call(tools))
    usage = {"input_tokens": 100, "output_tokens": 20, "total_tokens": 120}
    response = {"id": "resp_1", "object": "response", "model": asked["model"], "status": "in_progress"}
    await _events(
        reply,
        {"type": "response.created", "response": {**response, "output": [], "usage": None}},
        *({"type": "response.output_item.done", "output_index": i, "item": it} for i, it in enumerate(items)),
        {
            "type": "response.completed",
            "response": {**response, "status": "completed", "output": items, "usage": usage},
        },
    )


def _shell_call(tools: dict[str, Json]) -> Json:
    """A call of whichever shell codex offers for this model."""
    name = next(name for name in ("exec_command", "shell_command", "shell") if name in tools)
    field = "cmd" if name == "exec_command" else "command"
    command = ["bash", "-c", WRITE_COMMAND] if name == "shell" else WRITE_COMMAND
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": name}
    return {**call, "arguments": json.dumps({field: command})}


async def _messages(reply: Reply) -> None:
    asked: Json = reply.asked.json
    results = [part for message in asked["messages"] for part in _parts(message)]
    worked = any(part.get("type") == "tool_result" for part in results)
    offered = {tool["name"] for tool in asked.get("tools", ())}
    blocks: list[tuple[Json, Json]] = [_text(FINAL if worked or not offered else THOUGHT)]
    if offered and not worked:
        blocks.append(_write_call(offered))
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": asked["model"], "content": []}
    begun = {**message, "stop_reason": None, "stop_sequence": None}
    events: list[Json] = [
        {"type": "message_start", "message": {**begun, "usage": {"input_tokens": 100, "output_tokens": 1}}}
    ]
    for index, (block, delta) in enumerate(blocks):
        events += [
            {"type": "content_block_start", "index": index, "content_block": block},
            {"type": "content_block_delta", "index": index, "delta": delta},
            {"type": "content_block_stop", "index": index},
        ]
    stop = {"stop_reason": "tool_use" if len(blocks) > 1 else "end_turn", "stop_sequence": None}
    await _events(
        reply,
        *events,
        {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 20}},
        {"type": "message_stop"},
    )


def _parts(message: Json) -> list[Json]:
    content = message["content"]
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []


def _text(text: str) -> tuple[Json, Json]:
    return {"type": "text", "text": ""}, {"type": "text_delta", "text": text}


def _write_call(offered: set[str]) -> tuple[Json, Json]:
    """A call of the tool that writes files, or of the shell."""
    name, arguments = (
        ("Write", {"file_path": f"/workspace/artifacts/{ARTIFACT}", "content": CONTENT})
        if "Write" in offered
        else ("Bash", {"command": WRITE_COMMAND})
    )
    block = {"type": "tool_use", "id": "toolu_1", "name": name, "input": {}}
    return block, {"type": "input_json_delta", "partial_json": json.dumps(arguments)}


async def _events(reply: Reply, *events: Json) -> None:
    await reply.head(200, EVENT_STREAM)
    for event in events:
        await reply.send(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
