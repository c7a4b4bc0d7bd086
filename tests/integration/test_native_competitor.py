"""A competitor that speaks gRPC itself, with the platform services behind it, as real processes."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio
from support import competitor_scripts as scripts
from support.http_competitor import HttpCompetitor
from support.inference_platform import events_in, text_in
from support.langchain_baseline import calling
from support.stack import Stack, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

REGISTRY = """
competitors:
  - id: baseline-langchain
    url: grpc://{langchain}
    models: [langchain]
"""
ASKED = {
    "model": "langchain",
    "stream": True,
    "stream_options": {"include_usage": True},
    "messages": [{"role": "user", "content": "Who crosses the river?"}],
}


@dataclass
class House:
    """The stack, the model at its far end, and a client of its edge."""

    stack: Stack
    model: HttpCompetitor
    client: httpx.AsyncClient

    async def stream(self, request_id: str) -> list[dict[str, object]]:
        headers = {"x-request-id": request_id}
        answer = await self.client.post("/v1/chat/completions", json=ASKED, headers=headers)
        assert answer.status_code == 200, answer.text
        return events_in(answer.text)

    def egress(self, request_id: str) -> list[dict[str, object]]:
        """The egress log of one request."""
        lines = self.stack.services["platform"].log.read_text().splitlines()
        egress = [line for line in map(json.loads, lines) if line["event"] == "egress"]
        return [line for line in egress if line["request_id"] == request_id]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("native")
    docs = folder / "docs"
    docs.mkdir()
    docs.joinpath("bridge.md").write_text("# The bridge\n\nTrains cross the river.\n")
    async with HttpCompetitor(scripts.tokens("Trains", ".")) as model:
        environment = {
            "OPENAI_API_KEY": "sk-provider",
            "OPENAI_BASE_URL": f"{model.url}/v1",
            "JANUS_PLATFORM_KEY": "k" * 32,
        }
        with running(folder, REGISTRY, more=["platform", "langchain"], environment=environment) as stack:
            stack.wait_for_router("baseline-langchain")
            async with httpx.AsyncClient(base_url=stack.url, timeout=30, trust_env=False) as client:
                yield House(stack, model, client)


async def test_an_agents_steps_answer_and_cost_come_through_the_edge(house: House) -> None:
    house.model.next_chats.append(calling("web_search", '{"query": "river"}'))
    events = await house.stream("req_steps")

    deltas = [choice["delta"] for event in events[:-1] for choice in event["choices"]]
    steps = [delta["janus"]["event"] for delta in deltas if "janus" in delta]
    assert steps == ["route", "tool_start", "tool_end"]
    assert any(delta.get("reasoning_content") for delta in deltas)
    assert text_in(events) == "Trains."
    usage = events[-2]["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (6, 4)
    assert usage["cost_usd"] > 0
    assert "docs/bridge.md" in house.model.requests[-1].json["messages"][-1]["content"]


async def test_every_call_of_a_request_is_a_line_with_the_requests_id_and_trace(house: House) -> None:
    house.model.next_chats.append(calling("web_search", '{"query": "river"}'))
    await house.stream("req_mine")

    lines = house.egress("req_mine")
    assert [line["service_called"] for line in lines] == ["chat", "search", "chat"]
    assert {line["identity"] for line in lines} == {"baseline-langchain"}
    assert len({line["trace_id"] for line in lines}) == 1


async def test_what_the_agent_may_not_fetch_is_a_refusal_in_the_log(house: House) -> None:
    house.model.next_chats.append(calling("web_fetch", '{"url": "http://169.254.169.254/latest"}'))
    events = await house.stream("req_refused")

    assert text_in(events) == "Trains."
    (refused,) = [line for line in house.egress("req_refused") if line["verdict"] == "refused"]
    assert (refused["service_called"], refused["code"]) == ("fetch", "address_refused")
    assert refused["destination"] == "169.254.169.254:80"
