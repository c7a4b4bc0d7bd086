"""The platform services as the agent's tools call them, on the account of one request."""

from typing import Any

import httpx2
from langchain_core.tools import ToolException

from janus_mesh import traces
from janus_mesh.headers import REQUEST_ID, TOKEN


class PlatformRefused(ToolException):
    """A call that did not work, in words for the model, which LangChain hands it as the tool's result."""


class PlatformCalls:
    """JSON calls for one request; each within `seconds`."""

    def __init__(
        self, http: httpx2.AsyncClient, url: str, *, request_id: str, token: str, seconds: float
    ) -> None:
        self._http = http
        self._url = url
        self._headers = {REQUEST_ID: request_id} | ({TOKEN: token} if token else {})
        self._seconds = seconds

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer. Raises `PlatformRefused`."""
        headers = dict(self._headers)
        traces.inject(headers)
        try:
            answer = await self._http.post(
                self._url + path, json=body, headers=headers, timeout=self._seconds
            )
            said = answer.json()
        except (httpx2.TransportError, ValueError) as error:
            raise PlatformRefused(f"the service did not answer: {type(error).__name__}") from None
        if answer.is_error:
            raise PlatformRefused(str(said.get("error", {}).get("message", answer.status_code)))
        return dict(said)
