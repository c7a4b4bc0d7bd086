"""The answers of Sandy, in the shapes that its clients' code and its documentation show.

`support/sandy_shapes/answers.json` holds them; each is read as our own service's form of it.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import support
from support import competitor_scripts as scripts
from support.http_competitor import Asked, Reply, Script
from support.scripted_sandy import API, COMPLETE, SANDBOX, ScriptedPlatform, agent

from janus_baseline.agent_cli import sandy_background, sandy_shapes
from janus_baseline.agent_cli.platform import Platform
from janus_baseline.agent_cli.sandy import Sandbox
from janus_baseline.agent_cli.sandy_shapes import Ended, Entry, Executed, Line
from janus_baseline.agent_cli.steps import AnswerText, step_of
from janus_mesh.errors import CompetitorFailed, Unavailable

Json = dict[str, Any]
SHAPES: Json = json.loads(Path(support.__path__[0], "sandy_shapes", "answers.json").read_text())


def said(body: Json, status: int = 200) -> Script:
    return scripts.answer(status, json.dumps(body).encode())


@pytest.mark.parametrize("body", SHAPES["create"])
async def test_a_sandbox_is_known_by_its_id(body: Json) -> None:
    async with ScriptedPlatform() as sandy, Platform(sandy.url, connect_seconds=2) as platform:
        sandy.answers[API] = said(body, 201)
        made = await Sandbox.create(platform.account("r", "t"), flavor="medium", ttl=60)
    assert made.id == "46da12d345fb"
    assert "priority" not in sandy.requests[0].json


@pytest.mark.parametrize("body", [{}, {"sandboxId": ""}, {"sandboxId": 7}])
def test_a_sandbox_without_an_id_is_a_failure(body: Json) -> None:
    with pytest.raises(Unavailable):
        sandy_shapes.sandbox_id(body)


@pytest.mark.parametrize("body", SHAPES["exec"])
async def test_what_a_command_did_is_read(body: Json) -> None:
    async with ScriptedPlatform() as sandy, Platform(sandy.url, connect_seconds=2) as platform:
        sandy.answers[f"{API}/{SANDBOX}/exec"] = said(body)
        ran = await Sandbox(SANDBOX, platform.account("r", "t")).execute(["echo", "a b", "$x"])
    assert ran == Executed(3, "out", "")
    assert sandy.requests[0].json["command"] == "echo 'a b' '$x'"  # Sandy takes a text alone


@pytest.mark.parametrize(
    "body", [shape for shape in SHAPES["list"] if isinstance(next(iter(shape.values()))[0], dict)]
)
def test_a_listing_with_kinds_is_read(body: Json) -> None:
    assert sandy_shapes.entries(body) == [Entry("a.txt", "file"), Entry("sub", "directory")]


@pytest.mark.parametrize(
    "body", [shape for shape in SHAPES["list"] if isinstance(next(iter(shape.values()))[0], str)]
)
async def test_a_listing_of_bare_names_is_looked_at_again(body: Json) -> None:
    found = {"stdout": "fa.txt\0dsub\0llink\0", "stderr": "", "exitCode": 0}
    async with ScriptedPlatform() as sandy, Platform(sandy.url, connect_seconds=2) as platform:
        sandy.answers[f"{API}/{SANDBOX}/files/list"] = said(body)
        sandy.answers[f"{API}/{SANDBOX}/exec"] = said(found)
        listed = await Sandbox(SANDBOX, platform.account("r", "t")).entries("/workspace/artifacts")
    assert listed == [Entry("a.txt", "file"), Entry("sub", "directory"), Entry("link", "symlink")]


async def test_the_events_of_a_run_are_read() -> None:
    async with ScriptedPlatform() as sandy, Platform(sandy.url, connect_seconds=2) as platform:
        sandy.run = agent(*SHAPES["events"])
        ran = [one async for one in Sandbox(SANDBOX, platform.account("r", "t")).run("x", {}, 5)]
    *lines, ended = ran
    assert ended == Ended(0, False)
    assert lines[0] == Line("stdout", "plain text")
    assert lines[3] == Line("stderr", "a warning")
    assert [step_of(line.text) for line in lines[1:3]] == [
        AnswerText(text="Hello "),
        AnswerText(text="there"),
    ]


@pytest.mark.parametrize(
    ("end", "read"),
    [
        ({"type": "complete", "success": True}, Ended(0, False)),
        ({"type": "complete", "success": False}, Ended(1, False)),
        ({"type": "complete", "exit_code": 5, "timed_out": True}, Ended(5, True)),
        ({"type": "complete"}, Ended(-1, False)),
    ],
)
def test_an_end_is_read(end: Json, read: Ended) -> None:
    assert sandy_shapes.event(end) == read


def test_an_error_of_either_form_is_the_agents_failure() -> None:
    for event in ({"type": "error", "error": "broke"}, {"type": "error", "message": "broke"}):
        with pytest.raises(CompetitorFailed, match="broke"):
            sandy_shapes.event(event)


async def test_an_end_without_the_blank_line_after_it_counts() -> None:
    async def script(reply: Reply) -> None:
        await reply.head(200, scripts.EVENT_STREAM)
        await reply.send(b"data: " + json.dumps(COMPLETE).encode() + b"\n")

    async with ScriptedPlatform() as sandy, Platform(sandy.url, connect_seconds=2) as platform:
        sandy.run = script
        ran = [one async for one in Sandbox(SANDBOX, platform.account("r", "t")).run("x", {}, 5)]
    assert ran == [Ended(0, False)]


class Polled(ScriptedPlatform):
    """A Sandy that knows no agent `command`, in which a command ends at the third look."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0
        self.stopped = False
        self.answers[f"{API}/{SANDBOX}/agent/run"] = said({"detail": "Unknown agent: command"}, 400)

    def script_for(self, asked: Asked) -> Script:
        if asked.path != f"{API}/{SANDBOX}/exec":
            return super().script_for(asked)
        command: str = asked.json["command"]
        out = ""
        if "code 2>/dev/null" in command:
            self.looks += 1
            out = "7" if self.looks == 3 else ""
        elif "tail -c +" in command and "stdout" in command:
            offset = int(command.partition("+")[2].split()[0]) - 1
            written = "héllo\nwor".encode() if self.looks < 3 else "héllo\nworld".encode()
            out = written[offset:].hex()
        self.stopped |= command.startswith("kill -KILL")
        return said({"stdout": out, "stderr": "", "exitCode": 0})


async def test_where_there_is_no_such_agent_the_command_runs_in_the_background(monkeypatch) -> None:
    monkeypatch.setattr(sandy_background, "_POLL_SECONDS", 0)
    async with Polled() as sandy, Platform(sandy.url, connect_seconds=2) as platform:
        sandbox = Sandbox(SANDBOX, platform.account("r", "t"))
        ran = [one async for one in sandbox.run("x", {"A": "it's"}, 5)]
    assert ran == [Line("stdout", "héllo"), Line("stdout", "world"), Ended(7, False)]
    assert not sandy.stopped


async def test_a_command_in_the_background_is_ended_when_its_time_is_over(monkeypatch) -> None:
    monkeypatch.setattr(sandy_background, "_POLL_SECONDS", 0)
    async with Polled() as sandy, Platform(sandy.url, connect_seconds=2) as platform:
        sandbox = Sandbox(SANDBOX, platform.account("r", "t"))
        ran = [one async for one in sandbox.run("x", {}, 0)]
    assert ran[-1] == Ended(124, True)
    assert sandy.stopped
