"""How each agent is called, and what is made of what it tells; `test_agent_path` runs them for real."""

import json
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest

from janus_baseline.agent_cli.agents import AGENTS, AgentName
from janus_baseline.agent_cli.pack.v1.janus_pack.agents import (
    aider,
    claude_code,
    codex,
    mini_swe_agent,
    opencode,
    openhands,
    pi,
)
from janus_baseline.agent_cli.pack.v1.janus_pack.order import Order
from janus_baseline.agent_cli.steps import AnswerText, Reasoning, ToolEnd, ToolStart, step_of

TASK = "--help \"$(id)\" 'x'\nÜber alles"
ORDER = Order(TASK, 'Be "kind".\nAlways.', "m", "http://127.0.0.1:3128/v1", 4096)
ADAPTERS: dict[str, Any] = {
    "aider": aider,
    "mini-swe-agent": mini_swe_agent,
    "pi": pi,
    "opencode": opencode,
    "codex": codex,
    "claude-code": claude_code,
    "openhands": openhands,
}


def test_every_agent_that_can_be_chosen_has_an_adapter() -> None:
    assert set(ADAPTERS) == set(AGENTS) == set(get_args(AgentName))


@pytest.mark.parametrize("name", ["mini-swe-agent", "pi", "opencode", "codex", "claude-code", "openhands"])
def test_the_program_is_called_with_the_task_as_one_word(name: AgentName) -> None:
    words = ADAPTERS[name]._command(ORDER)
    assert words[0] == AGENTS[name].program
    assert any(word.endswith(TASK) for word in words)


def test_opencode_is_configured_for_the_platform_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opencode, "_HOME", tmp_path)
    opencode._configure(ORDER)
    config = json.loads((tmp_path / "opencode.json").read_text())
    provider = config["provider"]["janus"]
    assert provider["options"] == {"apiKey": "none", "baseURL": ORDER.base_url}
    assert provider["models"]["m"]["limit"]["output"] == 4096
    assert (config["model"], config["share"], config["autoupdate"]) == ("janus/m", "disabled", False)
    assert opencode._variables()["OPENCODE_DISABLE_MODELS_FETCH"] == "1"


def test_codexs_settings_are_toml() -> None:
    words = codex._command(ORDER)
    given = [words[index + 1] for index, word in enumerate(words) if word == "-c"]
    settings = tomllib.loads("\n".join(given))
    assert settings["model_providers"]["janus"] == {
        "name": "Janus",
        "base_url": ORDER.base_url,
        "wire_api": "responses",
    }
    assert settings["developer_instructions"] == ORDER.system
    assert (settings["model"], settings["analytics"], settings["web_search"]) == (
        "m",
        {"enabled": False},
        "disabled",
    )


def test_claude_code_is_pointed_at_the_platform() -> None:
    variables = claude_code._variables(ORDER)
    assert variables["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:3128"
    assert variables["CLAUDE_CODE_MAX_OUTPUT_TOKENS"] == "4096"
    words = claude_code._command(ORDER)
    assert words[words.index("--append-system-prompt") + 1] == ORDER.system
    assert words[-2:] == ["--", TASK]


def test_openhands_is_pointed_at_the_platform() -> None:
    assert openhands._variables(ORDER)["LLM_BASE_URL"] == ORDER.base_url
    assert ORDER.system in openhands._command(ORDER)[-1]


# What they tell.

TURNS: dict[str, tuple[Any, list[dict[str, Any]]]] = {
    "opencode": (
        opencode.Narration,
        [
            {"type": "text", "part": {"text": "I look."}},
            {
                "type": "tool_use",
                "part": {
                    "tool": "bash",
                    "callID": "c1",
                    "state": {
                        "status": "completed",
                        "input": {"command": "ls"},
                        "output": "ab",
                        "time": {"start": 1000, "end": 3500},
                    },
                },
            },
            {"type": "step_finish", "part": {"reason": "tool-calls"}},
            {"type": "text", "part": {"text": "Found."}},
            {"type": "step_finish", "part": {"reason": "stop"}},
        ],
    ),
    "codex": (
        codex.Narration,
        [
            {"type": "item.completed", "item": {"id": "i0", "type": "agent_message", "text": "I look."}},
            {"type": "item.started", "item": {"id": "c1", "type": "command_execution", "command": "ls"}},
            {
                "type": "item.completed",
                "item": {
                    "id": "c1",
                    "type": "command_execution",
                    "aggregated_output": "ab",
                    "status": "completed",
                },
            },
            {"type": "item.completed", "item": {"id": "i2", "type": "agent_message", "text": "Found."}},
            {"type": "turn.completed"},
        ],
    ),
    "claude-code": (
        claude_code.Narration,
        [
            {"type": "assistant", "message": {"content": [{"type": "text", "text": "I look."}]}},
            {
                "type": "assistant",
                "message": {
                    "content": [{"type": "tool_use", "id": "c1", "name": "Bash", "input": {"command": "ls"}}]
                },
            },
            {
                "type": "user",
                "message": {"content": [{"type": "tool_result", "tool_use_id": "c1", "content": "ab"}]},
            },
            {"type": "assistant", "message": {"content": [{"type": "text", "text": "Found."}]}},
            {"type": "result", "is_error": False, "result": "Found."},
        ],
    ),
}
FAILURES: dict[str, dict[str, Any]] = {
    "opencode": {"type": "error", "error": {"name": "APIError", "data": {"message": "402 spent"}}},
    "codex": {"type": "turn.failed", "error": {"message": "402 spent"}},
    "claude-code": {"type": "result", "is_error": True, "result": "402 spent"},
}


@pytest.mark.parametrize("name", TURNS)
def test_the_last_words_are_the_answer_and_a_tool_is_told_at_both_its_ends(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kind, events = TURNS[name]
    narration = kind()
    for event in events:
        narration.tell(event)
    told = [step_of(line) for line in capsys.readouterr().out.splitlines()]
    (start,) = [one for one in told if isinstance(one, ToolStart)]
    (end,) = [one for one in told if isinstance(one, ToolEnd)]
    assert (start.id, start.arguments, end.id, end.ok, end.characters) == (
        "c1",
        {"command": "ls"},
        "c1",
        True,
        2,
    )
    assert [one.text for one in told if isinstance(one, Reasoning)] == ["I look.\n"]
    assert told[-1] == AnswerText(text="Found.")
    assert narration.failed == 0


@pytest.mark.parametrize("name", FAILURES)
def test_a_model_that_fails_makes_the_agent_fail(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    narration = TURNS[name][0]()
    narration.tell(FAILURES[name])
    assert narration.failed == 1
    assert step_of(capsys.readouterr().out.strip()) == Reasoning(text="402 spent\n")
