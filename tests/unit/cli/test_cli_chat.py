"""`janus chat` against a scripted chat server."""

import asyncio
import json
import os
import signal
from contextlib import asynccontextmanager

import pytest
from support.answers import ChatEvent, Witness, finish, say
from support.small_stack import janus, start_janus

import janus_mesh as mesh
from janus_cli.chat import Wishes, answered, once
from janus_cli.chat_view import JsonView, TextView
from janus_cli.services import free_port
from janus_mesh.errors import CompetitorFailed, ModelNotFound
from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2


@asynccontextmanager
async def serving(answer):
    server = mesh.Server(drain_seconds=0.1)
    server.serve_chat(answer)
    async with server:
        yield server.address


def step(event, **payload):
    return ChatEvent(janus=event_pb2.JanusEvent(event=event, payload_json=json.dumps(payload)))


async def hello(exchange):
    await exchange.send(step("route", competitor_id="box", attempt=1))
    await exchange.send(ChatEvent(reasoning="let me "))
    await exchange.send(ChatEvent(reasoning="think"))
    await say(exchange, "hello", " world")


async def test_the_answer_alone_goes_to_standard_output(capsys):
    async with serving(hello) as target:
        assert await answered("hi", target, Wishes(), TextView()) == 0
    out, err = capsys.readouterr()
    assert out == "hello world\n"
    assert err.startswith("let me think\n")


async def test_the_last_line_says_who_answered_how_fast_and_how_much(capsys):
    async with serving(hello) as target:
        await answered("hi", target, Wishes(), TextView())
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("(box, first token 0.")
    assert ", 2 tokens, " in last
    assert "tokens/s" in last


async def test_the_wishes_travel_in_the_request():
    asked = []

    async def answer(exchange):
        asked.append(exchange.request)
        await say(exchange, "ok")

    wishes = Wishes(
        model="m", competitor="c", system="be brief", temperature=0.0, seed=7, max_tokens=9, timeout=60
    )
    async with serving(answer) as target:
        await answered("hi", target, wishes, TextView())
    assert asked == [
        request_pb2.ChatRequest(
            model="m",
            competitor_id="c",
            stream=True,
            temperature=0.0,
            seed=7,
            max_tokens=9,
            messages=[
                request_pb2.Message(role=request_pb2.ROLE_SYSTEM, text="be brief"),
                request_pb2.Message(role=request_pb2.ROLE_USER, text="hi"),
            ],
        )
    ]


async def test_what_is_not_wished_is_not_sent():
    assert not any(
        Wishes().request([]).HasField(name) for name in ("temperature", "seed", "max_tokens", "top_p")
    )


async def test_steps_and_a_second_attempt_are_shown_beside_the_answer(capsys):
    async def answer(exchange):
        await exchange.send(step("route", competitor_id="first", attempt=1))
        await exchange.send(step("route", competitor_id="second", attempt=2))
        await exchange.send(ChatEvent(content="half"))
        await exchange.send(step("tool_start", name="search"))
        await exchange.send(ChatEvent(content=" done"))
        await exchange.send(finish())

    async with serving(answer) as target:
        await answered("hi", target, Wishes(), TextView())
    out, err = capsys.readouterr()
    assert out == "half\n done\n"
    assert "(route competitor_id=second attempt=2)" in err
    assert "(tool_start name=search)" in err
    assert "(second, " in err.splitlines()[-1]


async def test_a_step_without_valid_particulars_does_no_harm(capsys):
    async def answer(exchange):
        await exchange.send(ChatEvent(janus=event_pb2.JanusEvent(event="odd", payload_json="[")))
        await say(exchange, "ok")

    async with serving(answer) as target:
        assert await answered("hi", target, Wishes(), TextView()) == 0
    assert "(odd)" in capsys.readouterr().err


async def test_json_lines_carry_every_event(capsys):
    async with serving(hello) as target:
        assert await answered("hi", target, Wishes(), JsonView()) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [next(iter(event)) for event in events] == [
        "janus",
        "reasoning",
        "reasoning",
        "start",
        "content",
        "content",
        "choice_finish",
        "finish",
    ]


@pytest.mark.parametrize("view", [TextView, JsonView])
async def test_a_typed_error_is_one_line_and_status_1(capsys, view):
    async def answer(exchange):
        await exchange.send(ChatEvent(content="par"))
        raise CompetitorFailed("it broke\nin two", competitor_id="box")

    async with serving(answer) as target:
        assert await answered("hi", target, Wishes(), view()) == 1
    assert capsys.readouterr().err == "competitor_failed [box]: it broke in two\n"


async def test_an_error_is_an_event_among_json_lines(capsys):
    async def answer(exchange):
        raise ModelNotFound("no such model", param="model")

    async with serving(answer) as target:
        assert await answered("hi", target, Wishes(), JsonView()) == 1
    (event,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert event["error"]["kind"] == "ERROR_KIND_MODEL_NOT_FOUND"


def test_nothing_listening_is_said_with_the_way_out(capsys):
    target = f"127.0.0.1:{free_port('127.0.0.1')}"
    assert once("hi", target, Wishes(), as_json=False) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"nothing listens on {target}; `")
    assert said.endswith("janus up` starts the stack\n")


async def test_an_answer_cannot_steer_the_terminal(capsys, monkeypatch):
    async def answer(exchange):
        await exchange.send(ChatEvent(reasoning="\x1b[2J"))
        await say(exchange, "\x1b]0;title\x07plain")

    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    async with serving(answer) as target:
        await answered("hi", target, Wishes(), TextView())
    out, err = capsys.readouterr()
    assert out == "]0;titleplain\n"
    assert "\x1b" not in err


async def endless(exchange):
    while True:
        await exchange.send(ChatEvent(content="more "))


async def test_ctrl_c_stops_the_work_at_the_server():
    witness = Witness()

    async def answer(exchange):
        async with witness.watching():
            await exchange.send(ChatEvent(content="once upon a time"))
            await asyncio.Event().wait()

    async with serving(answer) as target, asyncio.timeout(30):
        chat = await start_janus(os.environ, "chat", "--target", target, "a story")
        assert await chat.stdout.readexactly(16) == b"once upon a time"
        chat.send_signal(signal.SIGINT)
        await witness.cancelled.wait()
        said, _ = await chat.communicate()
    assert said == b"\n(stopped)\n"
    assert chat.returncode == 130


async def test_a_reader_that_has_enough_stops_the_work_quietly():
    witness = Witness()

    async def answer(exchange):
        async with witness.watching():
            await endless(exchange)

    async with serving(answer) as target, asyncio.timeout(30):
        chat = await start_janus(os.environ, "chat", "--target", target, "count")
        await chat.stdout.readexactly(10)
        chat._transport.get_pipe_transport(1).close()
        await witness.cancelled.wait()
        await chat.wait()
    assert chat.returncode == 141


async def test_the_question_can_come_through_a_pipe():
    async def echo(exchange):
        await say(exchange, exchange.request.messages[0].text.upper())

    async with serving(echo) as target:
        for words in ((), ("-",)):
            code, said = await janus(os.environ, "chat", "--target", target, *words, stdin=b"from a pipe")
            assert code == 0
            assert said.startswith("FROM A PIPE\n")


async def test_an_empty_question_is_refused():
    code, said = await janus(os.environ, "chat", stdin=b" \n")
    assert code == 2
    assert "there is no question" in said
