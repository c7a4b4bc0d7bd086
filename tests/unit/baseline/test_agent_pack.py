"""What the pack makes of agents' own output."""

import json
from pathlib import Path
from typing import Any

import pytest

from janus_baseline.agent_cli import pack
from janus_baseline.agent_cli.pack.v1.janus_pack import order, steps
from janus_baseline.agent_cli.pack.v1.janus_pack.agents import aider, pi
from janus_baseline.agent_cli.steps import AnswerText, Reasoning, ToolEnd, ToolStart, step_of


def told(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    """The steps on standard output, as the baseline reads them."""
    return [step_of(line) for line in capsys.readouterr().out.splitlines()]


def test_steps_are_what_the_baseline_reads(capsys: pytest.CaptureFixture[str]) -> None:
    steps.reasoning("hm\n")
    tool = steps.Tool("t1", "bash", {"command": "ls"})
    tool.end("a\nb", ok=False)
    steps.answer("done")
    thought, start, end, answer = told(capsys)
    assert thought == Reasoning(text="hm\n")
    assert start == ToolStart(janus="tool_start", id="t1", name="bash", arguments={"command": "ls"})
    assert (type(end), end.ok, end.characters) == (ToolEnd, False, 3)
    assert answer == AnswerText(text="done")


def test_a_long_text_comes_in_lines_that_the_sandbox_service_does_not_cut(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = "\u2028é" * 20_000
    steps.answer(text)
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line.encode()) for line in lines) < 64 * 1024
    assert "".join(step_of(line).text for line in lines) == text  # type: ignore[union-attr]


def test_only_steps_of_another_process_are_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    steps.repeat("a banner")
    steps.repeat('{"janus": "answer", "text": "x"}')
    assert told(capsys) == [AnswerText(text="x")]


def test_aiders_answer_is_the_models_last_turn(tmp_path: Path) -> None:
    record = tmp_path / "record.txt"
    record.write_text(
        "LLM RESPONSE 2026-01-01\nASSISTANT first\nTO LLM 2026-01-02\nUSER go on\n"
        "LLM RESPONSE 2026-01-03\nASSISTANT # Done\nASSISTANT \nASSISTANT > quoted\n"
    )
    assert aider._last_said(record) == "# Done\n\n> quoted"
    assert aider._last_said(tmp_path / "none") == ""


def test_listings_of_files_that_were_written_are_left_out_of_aiders_answer() -> None:
    text = "Here:\n\na.py\n```python\nprint(1)\n```\n\nRun it:\n\n```sh\npython a.py\n```"
    assert aider._without_listings(text, ["a.py"]) == "Here:\n\nRun it:\n\n```sh\npython a.py\n```"


def test_pis_last_words_are_its_answer_and_those_before_a_tool_are_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    narration = pi._Narration()
    call = {"type": "toolCall", "id": "1", "name": "bash", "arguments": {}}
    for content in ([{"type": "text", "text": "I look."}, call], [{"type": "text", "text": "Found."}]):
        narration.tell({"type": "message_end", "message": {"role": "assistant", "content": content}})
    assert told(capsys) == [Reasoning(text="I look.\n"), AnswerText(text="Found.")]


def test_a_model_that_fails_makes_pi_fail(capsys: pytest.CaptureFixture[str]) -> None:
    narration = pi._Narration()
    message = {"role": "assistant", "content": [], "stopReason": "error", "errorMessage": "402 spent"}
    narration.tell({"type": "message_end", "message": message})
    assert narration.failed == 1
    assert told(capsys) == [Reasoning(text="402 spent\n")]


def test_an_order_is_read_from_what_lies_beside_the_pack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "task.md").write_text("Do it.")
    (tmp_path / "SYSTEM.md").write_text("Be kind.")
    monkeypatch.setattr(order, "PACK", tmp_path)
    read = order.read_order({"JANUS_AGENT_MODEL": "m", "JANUS_PLATFORM_URL": "http://127.0.0.1:3128"})
    assert (read.task, read.system, read.model) == ("Do it.", "Be kind.", "m")
    assert read.base_url == "http://127.0.0.1:3128/v1"


def test_the_packs_configuration_is_well_formed() -> None:
    content = {file.path: file.content for file in pack.own_files()}
    models = json.loads(content[f"{pack.HOME}/config/pi-models.json"])["providers"]["janus"]
    assert (models["api"], len(models["models"])) == ("openai-completions", 1)
    programs = {file.path.rpartition("/")[2] for file in pack.own_files() if file.mode == 0o755}
    assert programs == {
        "bootstrap.sh",
        "janus-search",
        "janus-fetch",
        "janus-vectors",
        "janus-artifact",
    }
