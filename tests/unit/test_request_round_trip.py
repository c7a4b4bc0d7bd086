"""From a client's JSON to the JSON that a container gets: what the edge reads, the shim writes."""

import json
from typing import Any

import pytest
from support.good_requests import GOOD_REQUESTS, Json, request, user

from janus_mesh.openai import parse_chat_request
from janus_mesh.request_bounds import check_request_bounds
from janus_mesh.wire_bounds import require_few_fields
from janus_proto._gen.janus.chat.v1 import request_pb2 as pb
from janus_shim.request_json import request_body

# What the shim adds to every request.
_ADDED = {"stream", "stream_options"}


def sent_on(value: Json) -> Any:
    """The container's request for a client's, over the wire between them."""
    wire = parse_chat_request(json.dumps(value, ensure_ascii=False).encode()).request.SerializeToString()
    return json.loads(request_body(pb.ChatRequest.FromString(wire)))


@pytest.mark.parametrize(
    "messages",
    [
        GOOD_REQUESTS["role_function"]["messages"],
        GOOD_REQUESTS["parts_of_unknown_types"]["messages"],
        [{"role": "assistant", "content": "a", "artifacts": [{"id": "artf_1"}], "x": {"y": None}}],
    ],
)
def test_messages_arrive_as_they_were_sent(messages: list[Json]) -> None:
    assert sent_on(request(*messages))["messages"] == messages


@pytest.mark.parametrize("number", [2**63, 2**64, 2**64 + 1, -(2**63) - 1, 10**400])
def test_integers_in_unknown_fields_keep_their_digits_wherever_they_stand(number: int) -> None:
    unknown = {"x_big": number, "x_deep": [{"y": [number]}]}
    part = {"type": "text", "text": "a", **unknown}
    tool = {"type": "function", "function": {"name": "f", "parameters": {"maximum": number}}}
    arrived = sent_on(request(user(part), tools=[tool], **unknown))
    assert {name: arrived[name] for name in unknown} == unknown
    assert arrived["messages"][0]["content"] == [part]
    assert arrived["tools"] == [tool]


@pytest.mark.parametrize("name", GOOD_REQUESTS)
def test_the_mesh_takes_every_request_that_the_edge_takes(name: str) -> None:
    check_request_bounds(parse_chat_request(json.dumps(GOOD_REQUESTS[name]).encode()).request)


def test_janus_own_fields_stay_behind() -> None:
    answer = {"role": "assistant", "content": "a", "janus": {"event": "route"}}
    arrived = sent_on(request(answer, competitor_id="c"))
    assert arrived.keys() - _ADDED == {"model", "messages"}
    assert arrived["messages"] == [{"role": "assistant", "content": "a"}]


def test_the_mesh_decodes_as_many_values_as_the_edge_takes() -> None:
    part = {"type": "text", "text": "a"}
    full = request(
        *[user(*[part] * 2000)] * 16,
        logit_bias={str(token): 1 for token in range(1024)},
        metadata={str(key): "a" for key in range(16)},
    )
    encoded = parse_chat_request(json.dumps(full).encode()).request.SerializeToString()
    require_few_fields(pb.ChatRequest.DESCRIPTOR, encoded)
