"""The only way out: what reaches the platform and under whose name, and what is refused."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs
from support import competitor_scripts as scripts
from support.http_competitor import HttpCompetitor, Reply
from support.sandbox_service import SandboxService, sandbox_service

WAY_OUT = "http://127.0.0.1:3128"


@asynccontextmanager
async def platform_and_sandbox(
    script: Any = None, backend: str = "bubblewrap", **fields: Any
) -> AsyncIterator[tuple[HttpCompetitor, SandboxService, str]]:
    async with (
        HttpCompetitor(script or scripts.completion()) as platform,
        sandbox_service(platform_url=platform.url, sandbox_backend=backend) as service,
    ):
        yield platform, service, await service.create(**fields)


def egress_lines(logs: list[Any]) -> list[tuple[str, str, str]]:
    return [
        (line["verdict"], line["method"], line["destination"]) for line in logs if line["event"] == "egress"
    ]


@pytest.mark.every_backend
async def test_a_call_reaches_the_platform_under_the_sandboxs_name(backend: str) -> None:
    async with platform_and_sandbox(backend=backend) as (platform, service, sandbox):
        asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        with capture_logs() as logs:
            ran = await service.exec(
                sandbox,
                [
                    *("curl", "-sS", f"{WAY_OUT}/v1/chat/completions?x=1", "--json", json.dumps(asked)),
                    *("-H", "x-janus-sandbox: another", "-H", "x-own: kept"),
                ],
            )
        request = await platform.asked()
        assert request.target == "/v1/chat/completions?x=1"
        assert request.json == asked
        assert request.headers["x-janus-sandbox"] == sandbox
        assert request.headers["x-own"] == "kept"
        assert request.headers["host"] == platform.url.removeprefix("http://")
        assert json.loads(ran["stdout"])["choices"]
        assert egress_lines(logs) == [("passed", "POST", "/v1/chat/completions")]
        traffic = (await service.get(sandbox))["usage"]
        assert traffic["egressCalls"] == 1
        assert traffic["egressBytesOut"] == len(json.dumps(asked))


async def test_the_platform_can_be_asked_for_as_through_a_proxy() -> None:
    async with platform_and_sandbox() as (platform, service, sandbox):
        command = f"curl --noproxy '' -s {platform.url}/v1/chat/completions -d '{{}}' -w '%{{http_code}}'"
        ran = await service.exec(sandbox, command)
        assert ran["stdout"].endswith("200")


@pytest.mark.every_backend
async def test_the_token_is_added_outside_and_never_seen_inside(backend: str) -> None:
    async with platform_and_sandbox(backend=backend, egressToken="jt-secret") as (platform, service, sandbox):
        await service.exec(
            sandbox, f"curl -sS {WAY_OUT}/v1/chat/completions -d '{{}}' -H 'authorization: Bearer mine'"
        )
        assert (await platform.asked()).headers["authorization"] == "Bearer jt-secret"
        everywhere = await service.exec(
            sandbox, "env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' ' '"
        )
        assert "jt-secret" not in everywhere["stdout"]
        assert "jt-secret" not in json.dumps(await service.get(sandbox))


@pytest.mark.parametrize(
    ("command", "method", "destination"),
    [
        ("curl -s -o /dev/null -w '%{http_code}' http://example.com/x", "GET", "http://example.com/x"),
        (
            "curl -s -o /dev/null -w '%{http_code}' http://169.254.169.254/latest/",
            "GET",
            "http://169.254.169.254/latest/",
        ),
        ("curl -s -o /dev/null -w '%{http_connect}' https://example.com/", "CONNECT", "example.com:443"),
        (
            "curl --noproxy '' -s -o /dev/null -w '%{http_code}' http://127.0.0.1:1/",
            "GET",
            "http://127.0.0.1:1/",
        ),
        (
            "curl --noproxy '' -s -o /dev/null -w '%{http_code}' http://user@example.com/",
            "GET",
            "http://example.com/",
        ),
    ],
)
async def test_any_other_destination_is_refused_and_logged(
    command: str, method: str, destination: str
) -> None:
    async with platform_and_sandbox() as (platform, service, sandbox):
        with capture_logs() as logs:
            assert (await service.exec(sandbox, command))["stdout"] == "403"
        assert egress_lines(logs) == [("refused", method, destination)]
        assert platform.connections == 0
        assert (await service.get(sandbox))["usage"]["egressRefusals"] == 1


@pytest.mark.every_backend
async def test_a_stream_passes_as_it_comes(backend: str) -> None:
    first_read = asyncio.Event()

    async def in_two(reply: Reply) -> None:
        await reply.head(200, [("content-type", "text/event-stream")])
        await reply.send(b"data: 1\n\n")
        await first_read.wait()
        await reply.send(b"data: 2\n\n")

    async with platform_and_sandbox(in_two, backend) as (_, service, sandbox):
        prompt = f"curl -sSN {WAY_OUT}/v1/chat/completions -d '{{}}'"
        url = f"/api/sandboxes/{sandbox}/agent/run"
        async with service.client.stream("POST", url, json={"agent": "command", "prompt": prompt}) as answer:
            heard = ""
            async for text in answer.aiter_text():
                heard += text
                if "data: 1" in heard:
                    first_read.set()
        assert "data: 2" in heard


async def test_an_agent_that_is_ended_lets_go_of_the_platform() -> None:
    async with platform_and_sandbox(scripts.hang_before_head) as (platform, service, sandbox):
        running = asyncio.create_task(
            service.agent(sandbox, agent="command", prompt=f"curl -s {WAY_OUT}/v1/chat/completions -d '{{}}'")
        )
        request = await platform.asked()
        await service.post(sandbox, "agent/cancel")
        await request.disconnected.wait()
        await running


@pytest.mark.every_backend
async def test_a_sandbox_that_ends_lets_go_of_the_platform(backend: str) -> None:
    async with platform_and_sandbox(scripts.hang_before_head, backend) as (platform, service, sandbox):
        running = asyncio.create_task(
            service.post(sandbox, "exec", command=f"curl -s {WAY_OUT}/v1/chat/completions -d '{{}}'")
        )
        request = await platform.asked()
        await service.terminate(sandbox)
        await request.disconnected.wait()
        await running


@pytest.mark.parametrize("script", [scripts.reset_before_head, scripts.bytes_only(b"no http\r\n\r\n")])
async def test_a_platform_that_breaks_off_is_a_typed_error(script: Any) -> None:
    async with platform_and_sandbox(script) as (_, service, sandbox):
        ran = await service.exec(
            sandbox, f"curl -s -w '%{{http_code}}' {WAY_OUT}/v1/chat/completions -d '{{}}'"
        )
        assert ran["stdout"].endswith("503")


async def test_a_platform_that_is_not_there_is_a_typed_error() -> None:
    async with sandbox_service(platform_url="http://127.0.0.1:9") as service:
        sandbox = await service.create()
        ran = await service.exec(sandbox, f"curl -s -w '%{{http_code}}' {WAY_OUT}/v1/models")
        assert ran["stdout"].endswith("503")


async def test_what_speaks_no_http_is_hung_up_on() -> None:
    async with platform_and_sandbox() as (platform, service, sandbox):
        program = (
            "import socket\n"
            "s = socket.create_connection(('127.0.0.1', 3128))\n"
            "s.sendall(b'\\x16\\x03\\x01 no http\\r\\n\\r\\n')\n"
            "print(s.recv(100)[:12])"
        )
        assert "400" in (await service.python(sandbox, program))["stdout"]
        assert platform.connections == 0


@pytest.mark.every_backend
async def test_connections_beyond_the_bound_are_closed_and_the_rest_still_work(backend: str) -> None:
    async with platform_and_sandbox(backend=backend) as (_, service, sandbox):
        program = (
            "import socket, select\n"
            "held = [socket.create_connection(('127.0.0.1', 3128)) for _ in range(100)]\n"
            "closed = set()\n"
            "while len(closed) < 36:\n"
            "    open_ = [s for s in held if s not in closed]\n"
            "    closed.update(select.select(open_, [], [], 5)[0] or exit(1))\n"
            "print(len(closed))"
        )
        assert (await service.python(sandbox, program))["stdout"] == "36\n"
        assert len(await service.agent(sandbox, agent="command", prompt="true")) == 2


# Sends each line as the head of a request of its own, and prints the status of every answer.
SEND = """
import json, socket, sys
for line in json.loads(sys.argv[1]):
    with socket.create_connection(("127.0.0.1", 3128)) as way_out:
        way_out.sendall(line.encode("latin-1") + b"\\r\\nhost: x\\r\\nconnection: close\\r\\n\\r\\n")
        print(way_out.recv(4096).partition(b" ")[2][:3].decode() or "none")
"""
MALFORMED = [
    *(
        "GET http://[ HTTP/1.1",
        "GET http://[::1 HTTP/1.1",
        "GET http://[zz]/ HTTP/1.1",
        "GET http:// HTTP/1.1",
    ),
    *("GET http://a:b/ HTTP/1.1", "GET http://a:99999/ HTTP/1.1", "GET http://127.0.0.1:-1/ HTTP/1.1"),
    *("GET http:///v1/models HTTP/1.1", "GET ://// HTTP/1.1", "GET x HTTP/1.1"),
    *("GET * HTTP/1.1", "OPTIONS * HTTP/1.1", "GET ?a HTTP/1.1", "GET http://\xff\xfe/ HTTP/1.1"),
    *("GET http://127.0.0.1:3128@evil.example/ HTTP/1.1", "GET /../../etc HTTP/1.1"),
    *("GET /v1/%2e%2E/x HTTP/1.1", "CONNECT [ HTTP/1.1", "CONNECT : HTTP/1.1", "GET /\x7f HTTP/1.1"),
    *(
        "GET http://127.0.0.1\u2044x/ HTTP/1.1".replace("\u2044", "\xe2"),
        "GET gopher://a/ HTTP/1.1",
        "GE\xffT / HTTP/1.1",
    ),
]


async def test_a_malformed_request_is_refused_and_no_fault_of_the_service() -> None:
    async with platform_and_sandbox() as (platform, service, sandbox):
        ran = await service.python(sandbox, f"import sys; sys.argv[1:] = [{json.dumps(MALFORMED)!r}]\n{SEND}")
        statuses = dict(zip(MALFORMED, ran["stdout"].split(), strict=True))
        assert {line: status for line, status in statuses.items() if status not in ("400", "403")} == {}
        assert platform.requests == []
        again = await service.exec(sandbox, f"curl -s -o /dev/null -w %{{http_code}} {WAY_OUT}/health")
        assert again["stdout"] == "200"
