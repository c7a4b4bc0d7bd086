"""A caller's own tools, as the model is told of them."""

import json
from typing import Any

from janus_proto._gen.janus.chat.v1 import request_pb2 as pb


def tool_options(request: pb.ChatRequest) -> dict[str, Any]:
    """OpenAI's `tools`, `tool_choice` and `parallel_tool_calls`."""
    options: dict[str, Any] = {"tools": [_tool(tool) for tool in request.tools]}
    if choice := _choice(request.tool_choice):
        options["tool_choice"] = choice
    if request.HasField("parallel_tool_calls"):
        options["parallel_tool_calls"] = request.parallel_tool_calls
    return options


def _tool(tool: pb.Tool) -> dict[str, Any]:
    further: dict[str, Any] = json.loads(tool.extra_json) if tool.extra_json else {}
    if tool.type not in ("", "function"):
        return {"type": tool.type, **further}
    function: dict[str, Any] = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    if tool.parameters_json:
        function["parameters"] = json.loads(tool.parameters_json)
    if tool.HasField("strict"):
        function["strict"] = tool.strict
    return {**further, "type": "function", "function": function}


def _choice(choice: pb.ToolChoice) -> Any:
    match choice.WhichOneof("choice"):
        case "mode":
            return choice.mode
        case "function":
            return {"type": "function", "function": {"name": choice.function}}
        case "other_json":
            return json.loads(choice.other_json)
    return None
