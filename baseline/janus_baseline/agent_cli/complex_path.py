"""The complex path: an agent works in a sandbox, its steps are told, its files kept, its answer given."""

import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

from janus_mesh import logs
from janus_mesh.errors import CompetitorFailed, DeadlineExceeded, Unavailable

from . import pack
from .agents import AGENTS, AgentName
from .collection import Kept, Left, collect
from .conversation import Conversation
from .deltas import Delta, Deltas, Figures, Silence, content, reasoning, step
from .keepalive import with_silences
from .links import linked
from .platform import Platform
from .sandy_shapes import Ended, Line
from .settings import AgentCliSettings
from .steps import AnswerText, Reasoning, ToolEnd, ToolStart, step_of
from .task import task_of
from .usage import figures
from .verdict import Verdict
from .workplace import Workplace, Workplaces

log = logs.get("agent_cli.complex")

_SILENCE_SECONDS = 1.5
# So often in a long silence more is said than that somebody is still there.
_PROGRESS_SECONDS = 15.0
# Kept of the exchange's time for collecting files and ending the sandbox.
_COLLECTING_SECONDS = 15.0
_LAST_LINES = 5
_MOST_QUOTED = 600
_MOST_ANSWER_CHARACTERS = 1_000_000
_LIMITED = (
    "The small demonstration model answers here, because no model provider is configured: expect little of"
    " what the agent makes.\n"
)


@dataclass
class _Work:
    """What has come of an agent's work so far."""

    answer: list[str] = field(default_factory=list)
    said_last: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST_LINES))
    kept: list[Kept] = field(default_factory=list)
    ended: Ended | None = None


class ComplexPath:
    """Answers conversations by agents."""

    def __init__(self, settings: AgentCliSettings, platform: Platform, workplaces: Workplaces) -> None:
        self._settings = settings
        self._platform = platform
        self._workplaces = workplaces

    @asynccontextmanager
    async def ready(
        self, conversation: Conversation, request_id: str, token: str
    ) -> AsyncIterator[Workplace]:
        """A sandbox made ready for the conversation's task. Raises the reason why there is none."""
        agent = self._agent()
        account = self._platform.account(request_id, token)
        async with self._workplaces.ready(account, agent, task_of(conversation)) as workplace:
            yield workplace

    async def answer(self, workplace: Workplace, conversation: Conversation, verdict: Verdict) -> Deltas:
        """The answer in the making. Raises the typed error when there is none."""
        began = time.monotonic()
        embedded = await self._platform.embedded()
        work = _Work()
        yield Delta({"role": "assistant", "content": ""})
        yield step("path", **verdict.payload())
        for told in _beginning(workplace, self._settings.sandbox_flavor, embedded=embedded):
            yield told
        seconds = min(
            self._settings.agent_timeout,
            max(1.0, self._settings.total_timeout - workplace.seconds - _COLLECTING_SECONDS),
        )
        async with aclosing(self._worked(workplace, conversation, seconds, work)) as doings:
            async for said in doings:
                yield said
        async with aclosing(self._collected(workplace, work)) as doings:
            async for said in doings:
                yield said
        await self._workplaces.end(workplace)
        yield step("sandbox_end", sandbox_id=workplace.sandbox.id, seconds=round(workplace.seconds, 3))
        yield reasoning(f"The sandbox ended after {workplace.seconds:.1f} s.\n")
        finish = _judge(work, workplace.agent, seconds)
        yield content(_answer(work, seconds, finish))
        yield Delta(finish=finish)
        yield Figures(await figures(workplace))
        log.info(
            "answered",
            agent=workplace.agent,
            artifacts=len(work.kept),
            seconds=round(time.monotonic() - began, 3),
        )

    def _agent(self) -> AgentName:
        if self._settings.agent == "off":
            raise Unavailable("agents are turned off here: JANUS_BASELINE_AGENT", code="agents_off")
        return self._settings.agent

    async def _worked(
        self, workplace: Workplace, conversation: Conversation, seconds: float, work: _Work
    ) -> Deltas:
        """The agent's steps as they come."""
        env = {
            "PATH": workplace.path,
            "PYTHONPATH": pack.HOME,
            "JANUS_AGENT_MODEL": self._settings.model or conversation.model or "default",
            "JANUS_AGENT_MAX_TOKENS": str(self._settings.agent_max_tokens),
        }
        command = f"exec python3 -m janus_pack {workplace.agent}"
        lines = workplace.sandbox.run(command, env, seconds)
        quiet_since = began = time.monotonic()
        async with aclosing(lines), aclosing(with_silences(lines, _SILENCE_SECONDS)) as heard:
            async for said in heard:
                if isinstance(said, Silence):
                    now = time.monotonic()
                    yield said
                    if now - quiet_since >= _PROGRESS_SECONDS:
                        quiet_since = now
                        yield step("progress", agent=workplace.agent, seconds=round(now - began, 1))
                    continue
                quiet_since = time.monotonic()
                if isinstance(said, Ended):
                    work.ended = said
                elif (told := _told(said, work)) is not None:
                    yield told

    async def _collected(self, workplace: Workplace, work: _Work) -> Deltas:
        """The files that were left, as artifacts."""
        settings = self._settings
        files = collect(
            workplace.sandbox, workplace.account, ttl=settings.artifact_ttl, most=settings.most_artifacts
        )
        async with aclosing(files), aclosing(with_silences(files, _SILENCE_SECONDS)) as found:
            async for file in found:
                match file:
                    case Kept():
                        work.kept.append(file)
                        yield Delta({"janus": {"event": "artifact", "payload": file.descriptor}})
                        yield reasoning(f"Kept {file.path}.\n")
                    case Left():
                        yield step("artifact_left", path=file.path, reason=file.reason)
                        yield reasoning(f"Could not keep {file.path}: {file.reason}.\n")
                    case Silence():
                        yield file


def _beginning(workplace: Workplace, flavor: str, *, embedded: bool) -> list[Delta]:
    sandbox, agent = workplace.sandbox.id, workplace.agent
    seconds = round(workplace.ready_at - workplace.began, 3)
    told = [
        step(
            "sandbox_start",
            sandbox_id=sandbox,
            agent=agent,
            pack=pack.VERSION,
            flavor=flavor,
            seconds=seconds,
            model="embedded" if embedded else "provider",
        ),
        reasoning(f"Sandbox {sandbox} was ready after {seconds:.2f} s; {agent} works in it.\n"),
    ]
    if embedded:
        told.append(reasoning(_LIMITED))
    return told


def _told(line: Line, work: _Work) -> Delta | None:
    """What a line of the agent says to the client; its answer waits for its end."""
    if line.stream != "stdout":
        if line.text.strip():
            work.said_last.append(line.text)
        return None
    match step_of(line.text):
        case AnswerText(text=text):
            if sum(map(len, work.answer)) < _MOST_ANSWER_CHARACTERS:
                work.answer.append(text)
            return None
        case Reasoning(text=text):
            if text.strip():
                work.said_last.append(text.strip())
            return reasoning(text)
        case ToolStart() | ToolEnd() as tool:
            return step(tool.janus, **tool.model_dump(exclude={"janus"}))


def _judge(work: _Work, agent: AgentName, seconds: float) -> str:
    """OpenAI's reason for the end. Raises the typed error when an agent has nothing to show."""
    assert work.ended is not None
    if work.kept or work.answer:
        return "length" if work.ended.timed_out else "stop"
    if work.ended.timed_out:
        raise DeadlineExceeded(f"the agent did not finish within {seconds:g} s", code="agent_timeout")
    said = " / ".join(work.said_last)[-_MOST_QUOTED:] or "it said nothing"
    reservation = f" ({AGENTS[agent].reservation})" if AGENTS[agent].reservation else ""
    raise CompetitorFailed(
        f"{agent} ended with status {work.ended.exit_code} and without an answer{reservation}: {said}",
        code="agent_failed",
    )


def _answer(work: _Work, seconds: float, finish: str) -> str:
    """The agent's words, or in their place a list of its files; links lead to where files are kept."""
    text = linked("".join(work.answer).strip(), work.kept)
    if finish == "length":
        note = f"The agent was stopped after {seconds:g} s; this is what there was by then."
        text = f"{text}\n\n{note}" if text else note
    unnamed = [one for one in work.kept if one.url not in text]
    if unnamed:
        text = f"{text}\n\n" if text else ""
        text += "\n".join(f"- [{one.path}]({one.url})" for one in unnamed)
    return text
