"""A language model as the judge, for what nothing else can judge.

The judge compares the answer with a reference by a fixed prompt (`judge_prompt.txt`), at temperature 0,
twice: once in each order, so that a liking for the first or the second place cancels out. Every verdict is
recorded in full.
"""

import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import httpx
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from janus_bench.quality.task import Answer, Score, ScoringUnavailable, Task

from .bounds import NotJson, bounded_json
from .json_schema import json_text
from .rule import Means, Rule

_WORTH = {"answer": 1.0, "equal": 0.5, "reference": 0.0}


class JudgeSettings(BaseSettings):
    """Which model judges; from the environment, by `JANUS_BENCH_JUDGE_...`, or given."""

    model_config = SettingsConfigDict(env_prefix="JANUS_BENCH_JUDGE_", frozen=True, extra="ignore")

    url: str = Field(description="An OpenAI-compatible address up to and with /v1.")
    model: str = Field(
        min_length=1, description="A pinned version of a model: its verdicts are part of the score."
    )
    key: SecretStr = SecretStr("")
    timeout: float = Field(120.0, gt=0, le=600)


class Judge:
    """Asks the model."""

    def __init__(self, client: httpx.AsyncClient, model: str) -> None:
        self._client = client
        self._model = model

    async def compare(self, question: str, criterion: str, first: str, second: str) -> dict[str, Any]:
        """The verdict on two answers, with what was asked and what was said. Raises `ScoringUnavailable`."""
        prompt = judge_prompt(question, criterion, first, second)
        body = {
            "model": self._model,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": 0,
            "seed": 0,
            "stream": False,
        }
        said, model = await self._said(body)
        return {"model": model, "said": said, "better": _better(said)}

    async def _said(self, body: dict[str, Any]) -> tuple[str, str]:
        try:
            answer = await self._client.post("chat/completions", json=body)
            answer.raise_for_status()
            completion = answer.json()
            content = completion["choices"][0]["message"]["content"]
        except (httpx.HTTPError, ValueError, KeyError, IndexError, TypeError) as error:
            raise ScoringUnavailable(f"the judge does not answer: {error}") from error
        return str(content), str(completion.get("model", self._model))


class JudgedBetter(Rule):
    """At least as good as the reference: 1 is better in both orders, 0 worse in both."""

    kind: Literal["judge"]
    criterion: str = Field(min_length=1)
    reference: str = Field(min_length=1)
    pass_mark: float = Field(0.5, gt=0, le=1)

    async def judge(self, answer: Answer, means: Means, /) -> Score:
        if means.judge is None:
            raise ScoringUnavailable("a judge is needed, and none is set (JANUS_BENCH_JUDGE_URL, _MODEL)")
        if not answer.content.strip():
            return Score(value=0.0, explanation="says nothing")
        question = question_of(means.task)
        verdicts = []
        for names in (("answer", "reference"), ("reference", "answer")):
            texts = {"answer": answer.content, "reference": self.reference}
            told = await means.judge.compare(question, self.criterion, texts[names[0]], texts[names[1]])
            chosen = {"A": names[0], "B": names[1]}.get(told["better"], "equal")
            verdicts.append({**told, "order": list(names), "chosen": chosen})
        value = sum(_WORTH[told["chosen"]] for told in verdicts) / len(verdicts)
        said = " and ".join(told["chosen"] for told in verdicts)
        details = {"verdicts": verdicts, "prompt_sha256": hashlib.sha256(_template().encode()).hexdigest()}
        return Score(
            value=value, explanation=f"the judge prefers, in the two orders: {said}", details=details
        )


def judge_prompt(question: str, criterion: str, first: str, second: str) -> str:
    """The fixed prompt, filled in; no answer can close the marks around it, which depend on it."""
    texts = json.dumps([question, criterion, *sorted((first, second))])
    mark = hashlib.sha256(texts.encode("utf-8", "replace")).hexdigest()[:16]
    return _template().format(mark=mark, question=question, criterion=criterion, first=first, second=second)


def question_of(task: Task) -> str:
    """What was asked, as text; pictures and other parts are only named."""
    lines = []
    for message in task.request["messages"]:
        content = message.get("content") or ""
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        said = " ".join(part["text"] if part["type"] == "text" else f"({part['type']})" for part in parts)
        lines.append(f"{message['role']}: {said}")
    return "\n".join(lines)


def _better(said: str) -> str:
    """A, B or equal; a judge that says anything else has no preference, and the record shows what it said."""
    try:
        told = bounded_json(json_text(said, prose=True))
    except NotJson:
        return "equal"
    better = told.get("better") if isinstance(told, dict) else None
    return better if better in ("A", "B") else "equal"


@cache
def _template() -> str:
    return (files(__package__) / "judge_prompt.txt").read_text("utf-8")
