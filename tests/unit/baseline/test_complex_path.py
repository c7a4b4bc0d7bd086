"""The complex path over a scripted platform: what it orders, what it makes of agents, how it ends."""

import asyncio
import base64
import io
import json
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from support import competitor_scripts as scripts
from support.baseline import CHAT, baseline_at
from support.edge_stack import SseAnswer
from support.scripted_sandy import (
    API,
    COMPLETE,
    SANDBOX,
    ScriptedPlatform,
    agent,
    hanging_agent,
    line,
    output,
)

Json = dict[str, Any]
TOKEN = {"x-janus-token": "the-token"}


@dataclass
class Complex:
    """A baseline over a scripted platform."""

    client: httpx.AsyncClient
    platform: ScriptedPlatform

    async def ask(self, text: str = "Write a script", **fields: Any) -> httpx.Response:
        return await self.client.post(CHAT, json=asking(text, **fields), headers=TOKEN)

    async def stream(self, text: str = "Write a script", **fields: Any) -> SseAnswer:
        answer = await self.ask(text, stream=True, stream_options={"include_usage": True}, **fields)
        return SseAnswer(answer, answer.text)

    async def code(self, **fields: Any) -> tuple[int, str]:
        """Status and code of a refusal."""
        answer = await self.ask(**fields)
        return answer.status_code, answer.json()["error"]["code"]


def asking(text: str, **fields: Any) -> Json:
    return {"model": "asked", "messages": [{"role": "user", "content": text}], **fields}


@asynccontextmanager
async def complex_path(**settings: Any) -> AsyncIterator[Complex]:
    async with (
        ScriptedPlatform() as platform,
        baseline_at(f"{platform.url}/v1", **settings) as client,
    ):
        yield Complex(client, platform)


def steps(answer: SseAnswer, event: str) -> list[Json]:
    told = [delta["janus"] for delta in answer.deltas if "janus" in delta]
    return [one["payload"] for one in told if one["event"] == event]


# What it orders.


async def test_every_call_is_on_the_requests_account() -> None:
    async with complex_path() as it:
        await it.ask()
        called = [asked for asked in it.platform.requests if asked.path != "/health"]
    assert {asked.headers["x-janus-token"] for asked in called} == {"the-token"}
    assert len({asked.headers["x-request-id"] for asked in called}) == 1


async def test_the_pack_the_task_and_the_users_files_come_in_one_archive() -> None:
    document = {"filename": "../n.csv", "file_data": base64.b64encode(b"1,2\n").decode()}
    content = [{"type": "text", "text": "Add them."}, {"type": "file", "file": document}]
    async with complex_path() as it:
        await it.ask(
            "", messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": content}]
        )
        (written,) = it.platform.calls("files/write")
    packed = io.BytesIO(base64.b64decode(written.json["content"]))
    with tarfile.open(fileobj=packed) as archive:
        found = {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]
        assert archive.getmember("tmp/janus-v1/bootstrap.sh").mode == 0o755
    assert found["workspace/inputs/n.csv"] == b"1,2\n"
    task = found["tmp/janus-v1/task.md"].decode()
    assert "Be brief." in task
    assert "# The task\n\nAdd them." in task
    assert "/workspace/inputs/n.csv" in task
    assert "tmp/janus-v1/SYSTEM.md" in found


@pytest.mark.parametrize(("settings", "model"), [({}, "asked"), ({"model": "better"}, "better")])
async def test_the_agent_asks_for_the_model_that_the_fast_path_would(settings: Json, model: str) -> None:
    async with complex_path(agent="pi", **settings) as it:
        await it.ask()
        (run,) = it.platform.calls("agent/run")
    assert run.json["env"]["JANUS_AGENT_MODEL"] == model
    assert run.json["env"]["PATH"] == "/pack/bin:/usr/bin"
    assert run.json["prompt"].endswith(" pi")


async def test_an_agent_gets_no_more_time_than_the_exchange_has_left() -> None:
    async with complex_path(agent_timeout=300, total_timeout=60) as it:
        await it.ask()
        (run,) = it.platform.calls("agent/run")
    assert 30 < run.json["maxDuration"] <= 45


async def test_an_attachment_that_cannot_be_read_is_refused_by_its_place() -> None:
    parts = [{"type": "file", "file": {"file_data": "?!"}}]
    async with complex_path() as it:
        answer = await it.ask("", messages=[{"role": "user", "content": parts}])
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "messages[0].content[0].file.file_data"


# What it makes of what the agent does.


async def test_steps_come_as_events_and_reasoning_and_the_answer_as_content() -> None:
    async with complex_path() as it:
        it.platform.run = agent(
            line("reasoning", text="I look."),
            line("tool_start", id="t1", name="bash", arguments={"command": "ls"}),
            line("tool_end", id="t1", name="bash", ok=True, seconds=0.5, characters=3),
            output("a warning", "stderr"),
            line("answer", text="All "),
            line("answer", text="done."),
        )
        answer = await it.stream()
    assert answer.content == "All done."
    assert steps(answer, "tool_start") == [{"id": "t1", "name": "bash", "arguments": {"command": "ls"}}]
    assert steps(answer, "tool_end")[0]["ok"] is True
    reasoning = "".join(delta.get("reasoning_content", "") for delta in answer.deltas)
    assert "I look." in reasoning
    assert "a warning" not in reasoning
    assert answer.chunks[-1]["usage"]["total_tokens"] == 12
    assert answer.done


@pytest.mark.parametrize(
    "text", ["plain words", '{"janus": "unheard of"}', '{"janus": "answer"}', "{", "[1]"]
)
async def test_a_line_that_is_no_step_is_the_agents_talk(text: str) -> None:
    async with complex_path() as it:
        it.platform.run = agent(output(text))
        answer = await it.stream()
    assert any(delta.get("reasoning_content") == f"{text}\n" for delta in answer.deltas)


@pytest.mark.parametrize(
    "target",
    [
        "artifacts/a.csv",
        "/workspace/artifacts/a.csv",
        "sandbox:/workspace/artifacts/a.csv",
        "./artifacts/a.csv",
        "a.csv",
    ],
)
async def test_links_to_files_lead_to_where_they_are_kept(target: str) -> None:
    async with complex_path() as it:
        it.platform.files = {"a.csv": b"1,2\n"}
        it.platform.run = agent(line("answer", text=f"See [it]({target}) and [this](https://example.org/)."))
        answer = await it.stream()
        (descriptor,) = steps(answer, "artifact")
    assert answer.content == f"See [it]({descriptor['url']}) and [this](https://example.org/)."


async def test_files_in_folders_are_kept_and_linked_by_their_paths() -> None:
    async with complex_path() as it:
        it.platform.files = {"a.csv": b"1", "plots/deep/b.svg": b"<svg/>"}
        it.platform.run = agent(
            line("answer", text="[a](artifacts/a.csv) ![b](<artifacts/plots/deep/b.svg>)")
        )
        answer = await it.stream()
        first, second = (one["url"] for one in steps(answer, "artifact"))
    assert answer.content == f"[a]({first}) ![b](<{second}>)"


async def test_files_that_the_answer_does_not_name_are_listed() -> None:
    async with complex_path() as it:
        it.platform.files = {"a.csv": b"1", "b.csv": b"2"}
        it.platform.run = agent(line("answer", text="See [it](artifacts/a.csv)."))
        answer = await it.stream()
        listed = [one["url"] for one in steps(answer, "artifact")]
    assert answer.content.endswith(f"\n\n- [b.csv]({listed[1]})")


async def test_a_file_that_cannot_be_kept_is_told_and_does_not_hold_up_the_rest() -> None:
    async with complex_path(most_artifacts=1) as it:
        it.platform.files = {"a.csv": b"1", "b.csv": b"2"}
        it.platform.refuse("/v1/artifacts", 413, "artifact_store_full")
        answer = await it.stream()
    told = steps(answer, "artifact_left")
    assert [one["path"] for one in told] == ["a.csv", "1 more"]
    assert (answer.content, answer.done) == ("done", True)


async def test_silence_is_filled_at_least_every_two_seconds() -> None:
    at_work = asyncio.Event()
    async with complex_path() as it:
        it.platform.run = hanging_agent((), at_work)
        async with it.client.stream("POST", CHAT, json=asking("Write a script", stream=True)) as answer:
            async with asyncio.timeout(20):
                async for piece in answer.aiter_text():
                    if ": ping\n\n" in piece:
                        break


async def test_the_demonstration_model_is_told_of() -> None:
    async with complex_path() as it:
        it.platform.health = scripts.answer(200, json.dumps({"inference": {"backend": "embedded"}}).encode())
        answer = await it.stream()
    assert steps(answer, "sandbox_start")[0]["model"] == "embedded"
    assert any("demonstration model" in delta.get("reasoning_content", "") for delta in answer.deltas)


# Agents that fail.


FAILED = {**COMPLETE, "success": False, "exitCode": 3}
LATE = {**COMPLETE, "success": False, "exitCode": 124, "timedOut": True}


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (FAILED, "agent_failed"),
        (LATE, "agent_timeout"),
        ({"type": "error", "message": "gone", "code": "sandbox_gone"}, "sandbox_gone"),
    ],
)
async def test_an_agent_with_nothing_to_show_is_an_error_in_the_stream(ending: Json, code: str) -> None:
    async with complex_path() as it:
        it.platform.run = agent(output("it broke", "stderr"), ending)
        answer = await it.stream()
        assert it.platform.ended.is_set()
    assert answer.chunks[-1]["error"]["code"] == code
    assert not answer.done


async def test_an_agent_that_fails_is_quoted_and_a_reservation_is_told() -> None:
    async with complex_path(agent="codex") as it:
        it.platform.run = agent(output("404 for /responses", "stderr"), FAILED)
        answer = await it.ask()
    error = answer.json()["error"]
    assert answer.status_code == 502
    assert "404 for /responses" in error["message"]
    assert "Responses API" in error["message"]


async def test_an_agent_that_ends_in_peace_and_says_nothing_has_failed() -> None:
    async with complex_path() as it:
        it.platform.run = agent(line("reasoning", text="The provider is away."))
        assert await it.code() == (502, "agent_failed")


async def test_an_agent_that_takes_the_folder_of_artifacts_away_still_answers() -> None:
    async with complex_path() as it:
        it.platform.refuse(f"{API}/{SANDBOX}/files/list", 404, "not_found")
        answer = await it.stream()
    assert (answer.content, answer.done) == ("done", True)


async def test_what_an_agent_had_made_when_its_time_was_over_is_given() -> None:
    async with complex_path() as it:
        it.platform.files = {"a.csv": b"1"}
        it.platform.run = agent(LATE)
        answer = await it.stream()
    assert "stopped after" in answer.content
    assert len(steps(answer, "artifact")) == 1
    assert answer.chunks[-2]["choices"][0]["finish_reason"] == "length"


async def test_a_run_that_breaks_off_is_an_error() -> None:
    async with complex_path() as it:
        it.platform.run = scripts.stream(b'data: {"type":"status"}\n\n')
        answer = await it.stream()
        assert it.platform.ended.is_set()
    assert answer.chunks[-1]["error"]["code"] == "sandbox_failed"


# No sandbox.


@pytest.mark.parametrize(
    ("status", "code"), [(503, "sandbox_unavailable"), (429, "no_capacity"), (402, "insufficient_quota")]
)
async def test_without_a_sandbox_the_model_answers_and_it_is_told_why(status: int, code: str) -> None:
    async with complex_path() as it:
        it.platform.refuse(API, status, code)
        answer = await it.stream()
        (path,) = steps(answer, "path")
    assert (path["path"], path["wanted"], path["obstacle"]) == ("fast", "complex", code)
    assert answer.content == "Hello"
    assert answer.response.headers["x-janus-path"] == "fast"


async def test_without_a_sandbox_a_demanded_agent_is_an_error() -> None:
    async with complex_path() as it:
        it.platform.refuse(API, 503, "sandbox_unavailable")
        assert await it.code(metadata={"janus_path": "complex"}) == (503, "sandbox_unavailable")


async def test_an_agent_that_is_not_installed_is_named_with_what_installs_it() -> None:
    async with complex_path() as it:
        missing = {"exitCode": 127, "stdout": "", "stderr": "aider\n"}
        it.platform.answers[f"{API}/{SANDBOX}/exec"] = scripts.answer(200, json.dumps(missing).encode())
        answer = await it.ask(metadata={"janus_path": "complex"})
        assert it.platform.ended.is_set()
    assert answer.json()["error"]["code"] == "agent_not_installed"
    assert "make agents" in answer.json()["error"]["message"]


async def test_a_sandbox_service_that_hangs_is_not_waited_for() -> None:
    async with complex_path(sandbox_timeout=0.1) as it:
        it.platform.answers[API] = scripts.hang_before_head
        answer = await it.stream()
    assert steps(answer, "path")[0]["obstacle"] == "sandbox_timeout"


async def test_agents_can_be_turned_off() -> None:
    async with complex_path(agent="off") as it:
        answer = await it.stream()
        assert steps(answer, "path")[0]["rule"] == "off"
        assert await it.code(metadata={"janus_path": "complex"}) == (503, "agents_off")


# The end of the sandbox.


async def test_the_sandbox_is_ended_when_the_answer_is_complete() -> None:
    async with complex_path() as it:
        await it.ask()
        assert len(it.platform.calls("terminate")) == 1


async def test_a_client_that_leaves_while_the_agent_works_ends_the_sandbox() -> None:
    at_work = asyncio.Event()
    async with complex_path() as it:
        it.platform.run = hanging_agent([line("reasoning", text="hm")], at_work)
        asked = asyncio.create_task(it.ask(stream=True))
        await at_work.wait()
        asked.cancel()
        async with asyncio.timeout(5):
            await it.platform.ended.wait()
            await it.platform.calls("agent/run")[0].disconnected.wait()


async def test_a_client_that_leaves_while_the_sandbox_is_made_leaves_none() -> None:
    made, asked_for = asyncio.Event(), asyncio.Event()

    async def slow(reply: Any) -> None:
        asked_for.set()
        await made.wait()
        await reply.body(201, scripts.JSON, json.dumps({"sandboxId": SANDBOX}).encode())

    async with complex_path() as it:
        it.platform.answers[API] = slow
        asked = asyncio.create_task(it.ask())
        await asked_for.wait()
        asked.cancel()
        await asyncio.wait([asked])
        made.set()
        async with asyncio.timeout(5):
            await it.platform.ended.wait()
