"""People with grpcurl and buf: a chat by reflection, with no file of ours at hand."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.stack import Stack

BIN = Path(sys.executable).parent
CHAT = "janus.chat.v1.ChatService/Chat"


def question(**fields: object) -> str:
    message = {"role": "ROLE_USER", "text": "What is the capital of France? Answer in one word."}
    request = {"model": "baseline", "temperature": 0, "max_tokens": 24, "messages": [message], **fields}
    return json.dumps({"request": request})


def documents(text: str) -> list[dict[str, dict[str, object]]]:
    """The JSON objects that a tool printed one after the other."""
    decoder, found = json.JSONDecoder(), []
    while text := text.strip():
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:]
    return found


def run(*command: str, stdin: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("service", ["router", "shim"])
def test_grpcurl_streams_a_chat(model_stack: Stack, service: str) -> None:
    address = model_stack.router if service == "router" else model_stack.shim
    asked = question(competitor_id="baseline-agent-cli")
    shown = run(str(BIN / "grpcurl"), "-plaintext", "-d", "@", address, CHAT, stdin=asked)
    assert shown.returncode == 0, shown.stderr
    events = [document["event"] for document in documents(shown.stdout)]
    assert "Paris" in "".join(str(event.get("content", "")) for event in events)
    assert sum("content" in event for event in events) > 1
    assert "finish" in events[-1]


@pytest.mark.parametrize("service", ["router", "shim"])
def test_buf_curl_streams_a_chat(model_stack: Stack, service: str) -> None:
    address = model_stack.router if service == "router" else model_stack.shim
    asked = question(competitor_id="baseline-agent-cli")
    options = ("--protocol", "grpc", "--http2-prior-knowledge", "-d", "@-")
    shown = run(str(BIN / "buf"), "curl", *options, f"http://{address}/{CHAT}", stdin=asked)
    assert shown.returncode == 0, shown.stderr
    assert any("finish" in document["event"] for document in documents(shown.stdout))


def test_grpcurl_sees_a_typed_error_and_its_status(model_stack: Stack) -> None:
    asked = question(model="no-such-model")
    shown = run(str(BIN / "grpcurl"), "-plaintext", "-d", "@", model_stack.router, CHAT, stdin=asked)
    assert shown.returncode != 0
    assert "NotFound" in shown.stderr
    assert documents(shown.stdout)[-1]["event"]["error"]["kind"] == "ERROR_KIND_MODEL_NOT_FOUND"


def test_grpcurl_lists_the_services(model_stack: Stack) -> None:
    shown = run(str(BIN / "grpcurl"), "-plaintext", model_stack.router, "list", stdin="")
    assert {"janus.chat.v1.ChatService", "janus.router.v1.RouterService", "grpc.health.v1.Health"} <= set(
        shown.stdout.split()
    )
