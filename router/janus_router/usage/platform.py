"""The router's side of the platform services: a token for each attempt, its final figures at the end."""

from types import TracebackType
from typing import Annotated, Self

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from janus_mesh import logs, request_token
from janus_mesh.headers import TOKEN

from .abandoned import AbandonedAccounts

# A token outlives the exchange by this much, for what is still on its way when the deadline passes.
_SLACK_SECONDS = 30.0
# The platform is next door and ends running calls within this time; an answer's end must not wait longer.
_PATIENCE_SECONDS = 2.0
# A usage answer has about 500 bytes; more is not read.
_MOST_BODY_BYTES = 64 * 1024
# An older platform does not know how to close an account.
_UNKNOWN_ROUTE = (404, 405)

_Count = Annotated[int, Field(ge=0, le=10**15)]
_Amount = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]

log = logs.get("router.platform")


class Metered(BaseModel):
    """What the platform services counted for one attempt; costs in US dollars."""

    model_config = ConfigDict(strict=True)

    calls: _Count
    inference_calls: _Count
    prompt_tokens: _Count
    completion_tokens: _Count
    estimated: bool  # a provider did not say how many tokens some call took
    cost_usd: _Amount
    sandbox_seconds: _Amount


class Platform:
    """Mints tokens where there is a key, and closes accounts where there is an address; `async with`."""

    def __init__(self, *, url: str, key: str, budget_usd: float) -> None:
        self._url = url
        self._key = key
        self._budget_usd = budget_usd
        self._session: aiohttp.ClientSession | None = None
        self._abandoned = AbandonedAccounts(self._close)

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

    async def settle(self, token: str) -> Metered | None:
        """Closes an attempt's account and returns its final figures.

        From then on the platform refuses calls with this token. None when nothing was metered, or when the
        platform does not answer within 2 s.
        """
        if not token or self._session is None:
            return None
        metered = await self._close(token)
        return metered if metered and metered.calls else None

    def abandon(self, token: str) -> None:
        """Closes the account of an attempt that has no `finish`, in the background."""
        if token and self._session is not None:
            self._abandoned.add(token)

    async def _close(self, token: str) -> Metered | None:
        assert self._session is not None
        try:
            async with self._session.post(f"{self._url}/v1/usage/close", headers={TOKEN: token}) as answer:
                status, body = answer.status, await _read(answer)
            if status in _UNKNOWN_ROUTE:
                async with self._session.get(f"{self._url}/v1/usage", headers={TOKEN: token}) as answer:
                    status, body = answer.status, await _read(answer)
            if status != 200:
                raise ValueError(f"status {status}")
            return Metered.model_validate_json(body)
        except (aiohttp.ClientError, TimeoutError, ValidationError, ValueError) as error:
            log.warning("no metered figures", reason=repr(error)[:200])
            return None

    async def __aenter__(self) -> Self:
        if self._url:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=64, keepalive_timeout=30),
                timeout=aiohttp.ClientTimeout(total=_PATIENCE_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
            self._abandoned.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._abandoned.stop(_PATIENCE_SECONDS)
            await self._session.close()


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """The body. Raises `ValueError` when it is too long."""
    body = await answer.content.read(_MOST_BODY_BYTES + 1)
    while len(body) <= _MOST_BODY_BYTES and (more := await answer.content.read(_MOST_BODY_BYTES)):
        body += more
    if len(body) > _MOST_BODY_BYTES:
        raise ValueError("the answer is too long")
    return body
