"""Judges answers to tasks.

async with Scorers(sandbox="http://127.0.0.1:8020", judge=None) as scorers:
    score = await scorers.score(task, answer)
"""

import os
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import httpx

from janus_bench.quality.task import Answer, Score, Task

from .bounds import beyond
from .judging import Judge, JudgeSettings
from .rule import Means
from .rules import parse_rule
from .sandbox import Sandbox


class Scorers:
    """All scorers, with their connections to a sandbox service and to a judge, where there are any.

    `sandbox` is the address of a Sandy-compatible service; its key is `SANDY_API_KEY` unless one is given.
    """

    def __init__(
        self, sandbox: str | None, judge: JudgeSettings | None, *, sandbox_key: str | None = None
    ) -> None:
        self._sandbox_url = sandbox
        self._sandbox_key = os.environ.get("SANDY_API_KEY", "") if sandbox_key is None else sandbox_key
        self._judge_settings = judge
        self._stack = AsyncExitStack()
        self._sandbox: Sandbox | None = None
        self._judge: Judge | None = None

    async def __aenter__(self) -> Self:
        if self._sandbox_url is not None:
            client = _client(self._sandbox_url, self._sandbox_key, 30.0)
            self._sandbox = Sandbox(await self._stack.enter_async_context(client))
        if self._judge_settings is not None:
            judge = self._judge_settings
            client = _client(judge.url, judge.key.get_secret_value(), judge.timeout)
            self._judge = Judge(await self._stack.enter_async_context(client), judge.model)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sandbox = self._judge = None
        await self._stack.aclose()

    async def score(self, task: Task, answer: Answer) -> Score:
        """From 0 to 1. An answer that failed, or that says and brings nothing, is worth nothing.

        Raises `ScoringUnavailable` for what is missing here, never for what an answer says.
        """
        rule = parse_rule(task.scoring)
        if answer.failure is not None:
            failure = answer.failure
            return Score(
                value=0.0, explanation=f"failed: {failure.type} {failure.code or ''}: {failure.message}"
            )
        if not (answer.content.strip() or answer.tool_calls or answer.artifacts):
            return Score(value=0.0, explanation="says and brings nothing")
        if excess := beyond(answer):
            return Score(value=0.0, explanation=f"is not judged: {excess}")
        return await rule.judge(answer, Means(task=task, sandbox=self._sandbox, judge=self._judge))


def _client(url: str, key: str, timeout: float) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=timeout, trust_env=False)
