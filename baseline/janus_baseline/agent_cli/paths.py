"""An answer by whichever path is right, and by the fast one where the complex one cannot be taken."""

from contextlib import AsyncExitStack, aclosing

from janus_mesh import logs
from janus_mesh.errors import InvalidRequest, JanusError

from .answer import Parts
from .choice import PathChoice
from .complex_path import ComplexPath
from .conversation import Conversation
from .deltas import Deltas, Identity, head_of, streamed, whole
from .fast_path import FastPath
from .settings import AgentCliSettings
from .verdict import Path, Verdict

log = logs.get("agent_cli.paths")


class Paths:
    """Answers conversations."""

    def __init__(
        self, settings: AgentCliSettings, choice: PathChoice, fast: FastPath, agents: ComplexPath
    ) -> None:
        self._settings = settings
        self._choice = choice
        self._fast = fast
        self._complex = agents

    async def answer(self, conversation: Conversation, demand: str, request_id: str, token: str) -> Parts:
        """A `Head`, then the body. Raises the typed error when there is no answer, or no more of it.

        `demand` is the path that the client's header asks for.
        """
        verdict = await self._choice.decide(conversation, demand, request_id, token)
        async with AsyncExitStack() as stack:
            begun = await self._begun(stack, conversation, verdict, request_id, token)
            async for part in await stack.enter_async_context(aclosing(begun)):
                yield part

    async def _begun(
        self,
        stack: AsyncExitStack,
        conversation: Conversation,
        verdict: Verdict,
        request_id: str,
        token: str,
    ) -> Parts:
        """The answer, once it is certain that its path can be taken; `stack` holds the sandbox."""
        if verdict.path is Path.COMPLEX:
            try:
                workplace = await stack.enter_async_context(
                    self._complex.ready(conversation, request_id, token)
                )
            except JanusError as obstacle:
                if verdict.demanded or isinstance(obstacle, InvalidRequest):
                    raise
                log.warning("no sandbox for an agent", code=obstacle.code, reason=obstacle.message)
                verdict = verdict.hindered(obstacle)
            else:
                deltas = self._complex.answer(workplace, conversation, verdict)
                return self._shaped(deltas, conversation, verdict, request_id)
        return self._fast.answer(conversation, request_id, token, verdict)

    def _shaped(self, deltas: Deltas, conversation: Conversation, verdict: Verdict, request_id: str) -> Parts:
        head = head_of(conversation.streams, verdict.path, verdict.reason)
        model = self._settings.model or conversation.model
        identity = Identity(f"chatcmpl-{request_id.removeprefix('req_')}", model)
        if conversation.streams:
            return streamed(deltas, head, identity, usage=conversation.wants_usage)
        return whole(deltas, head, identity)
