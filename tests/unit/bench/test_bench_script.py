"""The prompt's script: what a client asks of the mock competitor."""

import pytest

from janus_bench.mesh.script import MOST_TOKENS, Script, find


@pytest.mark.parametrize(
    "script",
    [
        Script(),
        Script("a7x3", tokens=1, gap=0.0),
        Script("idle", tokens=2, gap=86_400.0, head=0.25, first=1.5, ping=15.0),
        Script("thirds", gap=1 / 3),
    ],
)
def test_a_script_survives_being_written_into_a_prompt(script: Script) -> None:
    found = find(f'{{"content": "{script}"}}')
    assert found is not None
    assert (found.id, found.tokens) == (script.id, script.tokens)
    assert (found.gap, found.head, found.first, found.ping) == pytest.approx(
        (script.gap, script.head, script.first, script.ping)
    )


def test_a_prompt_without_a_script_has_none() -> None:
    assert find("What is the capital of France?") is None


@pytest.mark.parametrize("tokens", [0, MOST_TOKENS + 1])
def test_a_number_of_tokens_that_cannot_be_numbered_is_refused(tokens: int) -> None:
    with pytest.raises(ValueError, match="tokens must be"):
        find(str(Script()).replace("tokens=100", f"tokens={tokens}"))
