"""The decision between the paths: what the client demands, else the rules, else a model's second opinion."""

import asyncio

import httpx
import orjson

from janus_mesh import logs
from janus_mesh.errors import InvalidRequest, JanusError

from . import rules
from .answer import PATH
from .conversation import DEMAND, Conversation
from .inference import InferenceClient
from .settings import AgentCliSettings
from .verdict import Path, Verdict

log = logs.get("agent_cli.choice")

_AUTO = "auto"
_DEMANDS = (_AUTO, *Path)
# A question this short that no rule knows needs no opinion.
_SHORT_CHARACTERS = 80
_SHOWN_CHARACTERS = 2_000
_INSTRUCTIONS = (
    "You sort requests. Answer COMPLEX when the request needs files to be made, code to be run, the web to be"
    " searched or several tools to be used; answer SIMPLE when words alone answer it. Say that one word."
)


class PathChoice:
    """Decides, one conversation at a time."""

    def __init__(self, settings: AgentCliSettings, inference: InferenceClient) -> None:
        self._settings = settings
        self._inference = inference

    async def decide(self, conversation: Conversation, demand: str, request_id: str, token: str) -> Verdict:
        """The path. `demand` is the header's word. Raises `InvalidRequest` for a path that there is not."""
        if demanded := _demanded(conversation, demand):
            return demanded
        verdict = rules.judge(conversation, long_characters=self._settings.long_characters)
        if self._settings.agent == "off":
            off = Verdict(Path.FAST, "off", f"{verdict.reason}; but there is no agent here")
            return off if verdict.path is Path.COMPLEX else verdict
        asked = conversation.question.text
        if verdict.certain or not self._settings.second_opinion:
            return verdict
        if verdict.path is Path.FAST and len(asked) < _SHORT_CHARACTERS:
            return verdict
        return await self._second_opinion(conversation, verdict, request_id, token)

    async def _second_opinion(
        self, conversation: Conversation, verdict: Verdict, request_id: str, token: str
    ) -> Verdict:
        """The model's verdict if it gives one in time, else the rules'."""
        body = {
            "model": self._settings.model or conversation.model,
            "messages": [
                {"role": "system", "content": _INSTRUCTIONS},
                {"role": "user", "content": conversation.question.text[:_SHOWN_CHARACTERS]},
            ],
            "temperature": 0,
            "max_completion_tokens": 4,
        }
        try:
            async with (
                asyncio.timeout(self._settings.second_opinion_timeout),
                self._inference.chat(orjson.dumps(body), request_id, token) as response,
            ):
                word = _word(response.status_code, await response.aread())
        except (TimeoutError, JanusError, httpx.HTTPError) as error:
            log.info("no second opinion", reason=repr(error)[:200])
            return verdict
        path = {"COMPLEX": Path.COMPLEX, "SIMPLE": Path.FAST}.get(word)
        if path is None:
            return verdict
        return Verdict(path, "second opinion", f"a model finds it {word.lower()}")


def _demanded(conversation: Conversation, header: str) -> Verdict | None:
    asked, place = (header, PATH) if header else (conversation.demand, f"metadata.{DEMAND}")
    if asked in ("", _AUTO):
        return None
    if asked not in _DEMANDS:
        raise InvalidRequest(f"{place} must be one of {', '.join(_DEMANDS)}", param=place)
    path = Path(asked)
    if path is Path.COMPLEX and (field := conversation.bound_to_the_model):
        raise InvalidRequest(f"{field} cannot be had on the complex path", param=field)
    return Verdict(path, "demand", "the client demands it")


def _word(status: int, body: bytes) -> str:
    """The model's one word in capitals; empty when it said no such thing."""
    if status != 200:
        return ""
    try:
        said = orjson.loads(body)["choices"][0]["message"]["content"]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return ""
    return "".join(filter(str.isalpha, str(said).partition(" ")[0])).upper()
