"""What the README tells a newcomer to type, typed."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.stack import Stack, free_port, running

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """The README's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def block(language: str, containing: str) -> str:
    (found,) = [text for text in blocks(language) if containing in text]
    return found


def at(stack: Stack, text: str) -> str:
    """The same command, for the addresses of this stack."""
    return text.replace("127.0.0.1:8000", f"127.0.0.1:{stack.edge_port}").replace(
        "127.0.0.1:50051", stack.router
    )


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, str]]:
    """`make run` as it stands in the README, on free ports; and what it printed until it was healthy."""
    home = tmp_path_factory.mktemp("home")
    stack = Stack(home)
    stack.registry.write_text(
        f"competitors:\n  - id: baseline-agent-cli\n    url: {stack.baseline_url}\n    models: [baseline]\n"
    )
    environment = {**os.environ, **stack.addresses(), "JANUS_HOME": str(home / "state")}
    process = subprocess.Popen(
        ["make", "run"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if "janus chat" in line:
            break
    else:
        raise AssertionError(printed)
    stack.wait_for_competitor("baseline-agent-cli")
    yield stack, printed
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=20)
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{stack.url}/health")


def test_make_run_says_what_is_healthy_and_what_to_try(started: tuple[Stack, str]) -> None:
    stack, printed = started
    for service in ("edge", "router", "shim", "platform", "baseline"):
        assert service in printed
    assert f"curl -N {stack.url}/v1/chat/completions" in printed.replace(
        "http://localhost", "http://127.0.0.1"
    )
    assert "grpcurl" in printed


@pytest.mark.parametrize("tool", ["curl -N", "grpcurl -plaintext"])
def test_the_shell_commands_stream_an_answer(started: tuple[Stack, str], tool: str) -> None:
    command = at(started[0], block("sh", tool))
    shown = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        timeout=50,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
    )
    assert shown.returncode == 0, shown.stderr
    assert "Paris" in shown.stdout.replace('"', "").replace("\n", "") or shown.stdout.count("content") > 3


def test_the_python_example_prints_an_answer(started: tuple[Stack, str]) -> None:
    script = at(started[0], block("python", "from openai"))
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=50)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.strip()


def test_the_node_example_prints_an_answer(started: tuple[Stack, str], tmp_path: Path) -> None:
    folder = ROOT / "tests" / "clients" / "node"
    shown = subprocess.run(
        ["node", "--input-type=module", "-e", at(started[0], block("js", "openai"))],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.strip()


def test_janus_chat_prints_an_answer(started: tuple[Stack, str]) -> None:
    stack, _ = started
    shown = subprocess.run(
        [BIN / "janus", "chat", "What is the capital of France?", "--temperature", "0"],
        capture_output=True,
        text=True,
        timeout=50,
        env={**os.environ, **stack.addresses()},
        stdin=subprocess.DEVNULL,
    )
    assert shown.returncode == 0, shown.stderr
    assert "Paris" in shown.stdout


def test_the_example_competitor_joins_a_running_stack(tmp_path: Path) -> None:
    (tmp_path / "my_agent.py").write_text(block("python", "my_agent.py"))
    port = free_port()
    agent = subprocess.Popen([BIN / "uvicorn", "my_agent:app", "--port", str(port)], cwd=tmp_path)
    try:
        with running(tmp_path, "competitors: []\n") as stack:
            entry = block("yaml", "my-agent").replace("9999", str(port))
            stack.registry.write_text("competitors:\n" + entry)
            stack.wait_for_competitor("my-agent")
            answer = httpx.post(
                f"{stack.url}/v1/chat/completions",
                json={"model": "my-agent", "messages": [{"role": "user", "content": "yee haw"}]},
            )
            assert answer.json()["choices"][0]["message"]["content"] == "YEE HAW "
    finally:
        agent.terminate()
        agent.wait()
