"""The agents that can be asked for by name: how each is called.

A template's words are filled in one by one, so that nothing in a prompt is ever parsed. A group of words is
left out when what it names is empty. Whether an agent is installed, the sandbox's image decides
(`JANUS_SANDBOX_IMAGE`); `JANUS_SANDBOX_AGENTS` names a JSON file with further ones, or better ones.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from janus_mesh.errors import InvalidRequest

_PLACEHOLDER = re.compile(r"\{(prompt|model|api_base_url|system_prompt)\}")
Word = str | tuple[str, ...]
_TELEMETRY_OFF = {"DO_NOT_TRACK": "1", "DISABLE_TELEMETRY": "1", "ANONYMIZED_TELEMETRY": "false"}


class Agent(BaseModel):
    """One agent: its command, and variables that it needs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    argv: tuple[Word, ...]
    env: Mapping[str, str] = {}

    def command(self, values: Mapping[str, str]) -> tuple[tuple[str, ...], dict[str, str]]:
        """Its words and variables, filled in by name: prompt, model, api_base_url, system_prompt."""
        words: list[str] = []
        for word in self.argv:
            group = (word,) if isinstance(word, str) else word
            if isinstance(word, str) or not any(_names_empty(part, values) for part in group):
                words += [_filled(part, values) for part in group]
        return tuple(words), {name: _filled(value, values) for name, value in self.env.items()}


def _openai(**more: str) -> dict[str, str]:
    # The key only has to be there: what counts is added on the way out, where no sandbox sees it.
    base = {
        "OPENAI_BASE_URL": "{api_base_url}",
        "OPENAI_API_BASE": "{api_base_url}",
        "OPENAI_API_KEY": "none",
    }
    return {**base, **_TELEMETRY_OFF, **more}


AGENTS: dict[str, Agent] = {
    "command": Agent(argv=("/bin/bash", "-c", "{prompt}")),
    "aider": Agent(
        argv=(
            *("aider", "--yes-always", "--no-git", "--no-check-update", "--analytics-disable", "--no-pretty"),
            ("--model", "openai/{model}"),
            *("--message", "{prompt}"),
        ),
        env=_openai(),
    ),
    "mini-swe-agent": Agent(
        argv=("mini", "-y", "--exit-immediately", ("-m", "openai/{model}"), "-t", "{prompt}"),
        env=_openai(
            MSWEA_CONFIGURED="true", MSWEA_COST_TRACKING="ignore_errors", LITELLM_LOCAL_MODEL_COST_MAP="True"
        ),
    ),
    "pi": Agent(
        argv=("pi", "--no-session", "--provider", "janus", ("--model", "{model}"), "-p", "{prompt}"),
        env=_openai(PI_OFFLINE="1"),
    ),
}


def load(file: Path | None) -> dict[str, Agent]:
    """The table, with what the file adds or replaces. Raises `ValueError` for a file that is none."""
    if file is None:
        return AGENTS
    try:
        return AGENTS | TypeAdapter(dict[str, Agent]).validate_json(file.read_bytes())
    except OSError as error:
        raise ValueError(f"{file}: {error.strerror}") from None
    except ValidationError as error:
        first: Any = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{file}: {place}: {first['msg']}") from None


def named(agents: Mapping[str, Agent], name: str) -> Agent:
    """Raises `InvalidRequest` for a name that is not in the table."""
    agent = agents.get(name)
    if agent is None:
        known = ", ".join(sorted(agents))
        raise InvalidRequest(f"agent: {name[:64]!r} is not known, only {known}", param="agent")
    return agent


def _names_empty(word: str, values: Mapping[str, str]) -> bool:
    return any(not values[name] for name in _PLACEHOLDER.findall(word))


def _filled(word: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values[found[1]], word)
