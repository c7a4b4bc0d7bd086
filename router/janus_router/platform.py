"""The router's side of the platform services: a token for each attempt, the metered figures at its end."""

from types import TracebackType
from typing import Self

import aiohttp
from pydantic import BaseModel, ValidationError

from janus_mesh import logs, request_token
from janus_mesh.headers import TOKEN

# A token outlives the exchange by this much, for what is still on its way when the deadline passes.
_SLACK_SECONDS = 30.0
# The platform is next door and keeps its figures in memory; an answer's end must not wait for long.
_PATIENCE_SECONDS = 2.0

log = logs.get("router.platform")


class Metered(BaseModel):
    """What the platform services counted for one request; costs in US dollars."""

    calls: int
    inference_calls: int
    prompt_tokens: int
    completion_tokens: int
    estimated: bool  # a provider did not say how many tokens some call took
    cost_usd: float
    sandbox_seconds: float


class Platform:
    """Mints tokens where there is a key, and asks for figures where there is an address; `async with`."""

    def __init__(self, *, url: str, key: str, budget_usd: float) -> None:
        self._url = url
        self._key = key
        self._budget_usd = budget_usd
        self._session: aiohttp.ClientSession | None = None

    def token(self, competitor: str, request_id: str, seconds: float) -> str:
        """Mints a token for one attempt of at most `seconds`; '' without a key.

        The account is named by an id of the router's own: the client chooses `request_id`, and a client
        that repeats another's must not share its budget or be charged for it.
        """
        if not self._key:
            return ""
        return request_token.mint(
            self._key,
            competitor,
            request_token.new_attempt_id(),
            request_id=request_id,
            lifetime=seconds + _SLACK_SECONDS,
            budget_usd=self._budget_usd,
        )

    async def metered(self, token: str) -> Metered | None:
        """What was counted under a token; None when nothing was, or when the platform does not say."""
        if not token or self._session is None:
            return None
        try:
            async with self._session.get(f"{self._url}/v1/usage", headers={TOKEN: token}) as answer:
                body = await answer.read()
                if answer.status != 200:
                    raise ValueError(f"status {answer.status}")
            metered = Metered.model_validate_json(body)
        except (aiohttp.ClientError, TimeoutError, ValidationError, ValueError) as error:
            log.warning("no metered figures", reason=repr(error)[:200])
            return None
        return metered if metered.calls else None

    async def __aenter__(self) -> Self:
        if self._url:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=64, keepalive_timeout=30),
                timeout=aiohttp.ClientTimeout(total=_PATIENCE_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
