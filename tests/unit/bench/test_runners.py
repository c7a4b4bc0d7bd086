"""One question over either transport: the same record of the same answer, each fault a typed failure."""

import base64
import hashlib

import pytest
from support import competitor_scripts as scripts
from support.answers import ChatEvent, finish
from support.bench_runs import asking
from support.edge_stack import StoredArtifact, chat, route, running_edge
from support.http_competitor import HttpCompetitor, Reply
from support.scripted_competitor import ScriptedCompetitor, closed_port, failing, failing_after, replaying

import janus_mesh as mesh
from janus_bench.quality.runners import Target, open_runner
from janus_bench.quality.runners.bounds import Bounds
from janus_bench.quality.runners.sse import sse_lines
from janus_mesh.errors import CompetitorFailed, InvalidRequest, ModelNotFound
from janus_proto._gen.janus.chat.v1 import event_pb2


async def test_an_answer_over_http_is_kept_whole() -> None:
    async with HttpCompetitor(scripts.tokens("Hel", "lo")) as competitor, asking(competitor.url) as ask:
        seen = await ask()
    assert (seen.answer.content, seen.answer.finish_reason, seen.answer.failure) == ("Hello", "stop", None)
    assert seen.usage is not None
    assert (seen.usage.prompt_tokens, seen.usage.completion_tokens) == (3, 2)
    assert [event.kind for event in seen.events] == ["content", "content", "finish", "usage"]
    assert 0 < (seen.timing.ttft_s or 0) <= seen.timing.latency_s


async def test_the_request_asks_for_a_stream_with_usage_and_names_the_competitor() -> None:
    async with HttpCompetitor(scripts.tokens("hi")) as competitor:
        target = Target.parse(competitor.url, model="m", competitor_id="alpha", api_key="secret")
        async with open_runner(target) as runner:
            await runner.ask({"messages": [{"role": "user", "content": "x"}], "top_k": 3})
        asked = await competitor.asked()
    assert asked.json["stream_options"] == {"include_usage": True}
    assert (asked.json["model"], asked.json["competitor_id"], asked.json["top_k"]) == ("m", "alpha", 3)
    assert asked.headers["authorization"] == "Bearer secret"


async def test_tool_calls_come_together_from_their_pieces() -> None:
    script = scripts.tool_call("weather", '{"city": ', '"Rome"}')
    async with HttpCompetitor(script) as competitor, asking(competitor.url) as ask:
        seen = await ask()
    (call,) = seen.answer.tool_calls
    assert (call.name, call.arguments) == ("weather", '{"city": "Rome"}')


async def test_keep_alives_are_events_but_end_no_gap() -> None:
    script = scripts.stream(
        b'data: {"choices": [{"index": 0, "delta": {"content": "a"}}]}\n\n',
        b": ping\n\n",
        b'data: {"choices": [{"index": 0, "delta": {"content": "b"}, "finish_reason": "stop"}]}\n\n',
        b"data: [DONE]\n\n",
    )
    async with HttpCompetitor(script) as competitor, asking(competitor.url) as ask:
        seen = await ask()
    assert seen.timing.pings == 1
    assert [event.kind for event in seen.events] == ["content", "ping", "content", "finish"]


async def test_an_answer_that_came_as_one_object_counts_as_one_event() -> None:
    async with HttpCompetitor(scripts.completion()) as competitor, asking(competitor.url) as ask:
        seen = await ask()
    assert (seen.answer.content, seen.answer.failure) == ("Hello", None)
    assert seen.timing.ttft_s == seen.timing.latency_s


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (scripts.reset_before_head, "stream_cut"),
        (scripts.close_mid_stream, "stream_cut"),
        (scripts.end_without_finish, "stream_cut"),
        (scripts.invalid_json, "stream_cut"),
        (scripts.invalid_chunk, "stream_cut"),
        (scripts.error_mid_stream, "gpu_lost"),
        (scripts.refusal(429, code="slow_down"), "slow_down"),
        (scripts.answer(500, b"<html>"), "http_500"),
        (scripts.hang_mid_stream, "competitor_timeout"),
        (scripts.pings_before_first_event, "competitor_timeout"),
        (scripts.flood, "answer_too_large"),
        (scripts.comment_flood, "answer_too_large"),
        (scripts.endless_comment, "answer_too_large"),
    ],
)
async def test_each_fault_is_a_typed_failure_within_bounds(script: object, code: str) -> None:
    bounds = Bounds(total_seconds=1.2, silence_seconds=0.6, answer_bytes=200_000, events=1_000)
    async with HttpCompetitor(script) as competitor, asking(competitor.url, bounds) as ask:  # type: ignore[arg-type]
        seen = await ask()
    assert seen.answer.failure is not None
    assert seen.answer.failure.code == code


async def test_what_came_before_a_failure_is_kept() -> None:
    async with (
        HttpCompetitor(scripts.hang_mid_stream) as competitor,
        asking(competitor.url, Bounds(silence_seconds=0.5)) as ask,
    ):
        seen = await ask()
    assert seen.answer.content == "partial"
    assert [event.kind for event in seen.events] == ["content", "error"]
    assert seen.timing.latency_s >= 0.5


@pytest.mark.parametrize("scheme", ["http", "grpc"])
async def test_a_target_that_is_not_there_is_unreachable(scheme: str) -> None:
    async with asking(f"{scheme}://127.0.0.1:{closed_port()}", Bounds(total_seconds=5.0)) as ask:
        seen = await ask()
    assert seen.answer.failure is not None
    assert seen.answer.failure.type == "service_unavailable_error"


async def test_an_answer_over_grpc_is_kept_whole() -> None:
    events = [
        route("alpha"),
        ChatEvent(reasoning="hm"),
        ChatEvent(content="Hel"),
        ChatEvent(content="lo"),
        ChatEvent(tool_call=event_pb2.ToolCallDelta(index=0, name="f", arguments="{}")),
        ChatEvent(choice_finish=event_pb2.ChoiceFinish(reason="tool_calls")),
        finish(3, 2),
    ]
    async with ScriptedCompetitor(replaying(*events)) as competitor, asking(competitor.url) as ask:
        seen = await ask()
    answer = seen.answer
    assert (answer.content, answer.reasoning, answer.finish_reason) == ("Hello", "hm", "tool_calls")
    assert [(call.name, call.arguments) for call in answer.tool_calls] == [("f", "{}")]
    kinds = ["step", "reasoning", "content", "content", "tool_call", "finish", "usage"]
    assert [event.kind for event in seen.events] == kinds


async def test_a_typed_error_over_grpc_keeps_its_type_and_what_came_before() -> None:
    script = failing_after(CompetitorFailed("the GPU fell off", code="gpu_lost"), "partial")
    async with ScriptedCompetitor(script) as competitor, asking(competitor.url) as ask:
        seen = await ask()
        competitor.script = failing(ModelNotFound("no such model", param="model"))
        refused = await ask()
    assert seen.answer.content == "partial"
    assert seen.answer.failure is not None
    assert (seen.answer.failure.type, seen.answer.failure.code) == ("competitor_error", "gpu_lost")
    assert refused.answer.failure is not None
    assert refused.answer.failure.code == "model_not_found"


async def test_a_flood_over_grpc_is_cut_at_the_bound() -> None:
    async def flood(exchange: mesh.Exchange, _: object) -> None:
        while True:
            await exchange.send(ChatEvent(content="x" * 100))

    async with ScriptedCompetitor(flood) as competitor, asking(competitor.url, Bounds(events=500)) as ask:
        seen = await ask()
    assert seen.answer.failure is not None
    assert seen.answer.failure.code == "answer_too_large"
    assert len(seen.events) < 50_000


async def test_both_transports_see_the_same_events_of_the_same_answer_in_the_same_order() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        for event in (
            route("alpha"),
            ChatEvent(reasoning="let me think"),
            ChatEvent(content="four"),
            ChatEvent(janus=event_pb2.JanusEvent(event="tool_start", payload_json='{"tool": "t"}')),
            ChatEvent(content="teen"),
            ChatEvent(choice_finish=event_pb2.ChoiceFinish(reason="stop")),
            finish(5, 4),
        ):
            await exchange.send(event)

    async with running_edge() as edge:
        edge.router.answer = answer
        async with (
            asking(f"http://127.0.0.1:{edge.port}") as over_http,
            asking(f"grpc://127.0.0.1:{edge.router_server.port}") as over_grpc,
        ):
            http, grpc = await over_http(), await over_grpc()
    assert http.answer == grpc.answer
    assert http.usage == grpc.usage

    def spoken(seen: object) -> list[str]:
        return [event.kind for event in seen.events if event.kind != "ping"]  # type: ignore[attr-defined]

    assert spoken(http) == spoken(grpc)


@pytest.mark.parametrize("transport", ["http", "grpc"])
async def test_files_of_an_answer_are_fetched(transport: str) -> None:
    data = b"a,b\n1,2\n"
    sha256 = hashlib.sha256(data).hexdigest()
    stored = event_pb2.Artifact(
        id="artf_1",
        display_name="t.csv",
        mime_type="text/csv",
        size_bytes=len(data),
        sha256=sha256,
        url="/v1/artifacts/t.csv",
    )
    inline = event_pb2.Artifact(
        id="artf_2",
        mime_type="text/plain",
        size_bytes=2,
        url=f"data:text/plain;base64,{base64.b64encode(b'hi').decode()}",
    )

    async def answer(exchange: mesh.Exchange) -> None:
        for event in (route("alpha"), ChatEvent(artifact=stored), ChatEvent(artifact=inline), finish()):
            await exchange.send(event)

    async with running_edge() as edge:
        edge.router.answer = answer
        edge.router.artifacts["alpha", "/v1/artifacts/t.csv"] = StoredArtifact(data, "text/csv")
        port = edge.port if transport == "http" else edge.router_server.port
        async with asking(f"{transport}://127.0.0.1:{port}") as ask:
            seen = await ask()
    assert [artifact.content for artifact in seen.answer.artifacts] == [data, b"hi"]


async def test_a_file_elsewhere_is_never_fetched() -> None:
    async def elsewhere(reply: Reply) -> None:
        raise AssertionError("it was fetched")

    async with HttpCompetitor(scripts.tokens("x")) as bystander:
        bystander.routes["/secret"] = elsewhere
        link = {"id": "artf_1", "mime_type": "text/plain", "url": f"{bystander.url}/secret"}
        script = scripts.chunks(
            [
                {"choices": [{"index": 0, "delta": {"janus": {"event": "artifact", "payload": link}}}]},
                {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
            ]
        )
        async with HttpCompetitor(script) as competitor, asking(competitor.url) as ask:
            seen = await ask()
        assert (seen.answer.artifacts, bystander.requests) == ((), [])
    assert seen.answer.failure is None


async def test_over_grpc_the_same_is_asked_as_over_http() -> None:
    request = {**chat(temperature=0, seed=3), "top_k": 5}
    async with ScriptedCompetitor(replaying(finish())) as competitor:
        target = Target.parse(f"grpc://{competitor.address}", model="m", competitor_id="alpha")
        async with open_runner(target) as runner:
            await runner.ask(request)
    (asked,) = competitor.requests
    assert (asked.model, asked.competitor_id, asked.stream) == ("m", "alpha", True)
    assert (asked.seed, asked.temperature, asked.extra_json) == (3, 0.0, '{"top_k":5}')


async def test_a_request_that_the_schema_refuses_is_not_asked_over_grpc() -> None:
    async with open_runner(Target.parse(f"grpc://127.0.0.1:{closed_port()}")) as runner:
        with pytest.raises(InvalidRequest) as caught:
            await runner.ask({"messages": [{"role": "nobody", "content": "x"}]})
    assert caught.value.param == "messages[0].role"


@pytest.mark.parametrize("address", ["ftp://x", "127.0.0.1:8000", "http://", "grpc://h:99999"])
def test_an_address_of_another_form_is_refused(address: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Target.parse(address)
    assert caught.value.param == "target"


@pytest.mark.parametrize("step", range(1, 14))
def test_lines_are_the_same_however_the_bytes_were_cut(step: int) -> None:
    body = b"data: one\r\n\r\n: ping\n\ndata: two\rdata: three\n\n"
    pieces = [(float(at), body[at : at + step]) for at in range(0, len(body), step)]
    lines = [line for _, line in sse_lines(pieces)]
    assert lines == [b"data: one", b"", b": ping", b"", b"data: two", b"data: three", b""]
