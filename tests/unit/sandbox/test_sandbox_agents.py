"""The table of agents: templates filled in word by word, and files that extend it."""

from pathlib import Path

import pytest

from janus_mesh.errors import InvalidRequest
from janus_sandbox.agents import AGENTS, Agent, load, named

VALUES = {"prompt": "do {model}", "model": "m", "api_base_url": "http://p/v1", "system_prompt": ""}


def test_every_word_is_filled_in_once() -> None:
    argv, env = Agent(argv=("run", "-m={model}", "{prompt}"), env={"BASE": "{api_base_url}"}).command(VALUES)
    assert argv == ("run", "-m=m", "do {model}")
    assert env == {"BASE": "http://p/v1"}


def test_braces_of_its_own_stay() -> None:
    assert Agent(argv=('{"a": {b}}', "{other}")).command(VALUES)[0] == ('{"a": {b}}', "{other}")


def test_a_group_is_left_out_when_what_it_names_is_empty() -> None:
    agent = Agent(argv=("run", ("--system", "{system_prompt}"), ("--model", "{model}")))
    assert agent.command(VALUES)[0] == ("run", "--model", "m")


@pytest.mark.parametrize("name", sorted(AGENTS))
def test_every_known_agent_takes_the_prompt_as_one_word(name: str) -> None:
    argv, _ = AGENTS[name].command({**VALUES, "prompt": "a 'b' $(c)"})
    assert argv.count("a 'b' $(c)") == 1


def test_a_file_adds_agents_and_replaces_known_ones(tmp_path: Path) -> None:
    file = tmp_path / "agents.json"
    file.write_text('{"mine": {"argv": ["mine", ["-m", "{model}"]]}, "pi": {"argv": ["better-pi"]}}')
    table = load(file)
    assert table["mine"].command(VALUES)[0] == ("mine", "-m", "m")
    assert table["pi"].argv == ("better-pi",)
    assert table["command"] == AGENTS["command"]


@pytest.mark.parametrize(
    "content", ["", "[]", '{"a": {}}', '{"a": {"argv": ["x"], "unknown": 1}}', '{"a": {"argv": [1]}}']
)
def test_a_file_that_is_no_table_is_refused_by_name(tmp_path: Path, content: str) -> None:
    file = tmp_path / "agents.json"
    file.write_text(content)
    with pytest.raises(ValueError, match=r"agents\.json"):
        load(file)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.json: No such file"):
        load(tmp_path / "nowhere.json")


def test_an_unknown_agent_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="'nobody' is not known"):
        named(AGENTS, "nobody")
