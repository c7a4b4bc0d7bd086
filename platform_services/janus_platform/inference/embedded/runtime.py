"""Keeps the model's process alive and knows how to reach it.

    runtime.start()          # returns at once; the model loads in the background
    runtime.state            # loading, ok, or failed with the reason
    runtime.client()         # an HTTP client of llama.cpp's server, or the typed reason why not
    await runtime.stop()

A process that ends is started again after a pause, which doubles each time up to half a minute.
"""

import asyncio
import json
import os
import secrets
import ssl
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import httpx

from janus_mesh import logs
from janus_mesh.errors import Unavailable

from . import weights
from .model_server import ServerOptions

log = logs.get("inference.embedded")

_MODULE = "janus_platform.inference.embedded.model_server"
_LOAD_SECONDS = 60.0
_STOP_SECONDS = 2.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
# A process that ran this long did start: the pauses begin anew.
_STEADY_SECONDS = 60.0
# OpenMP's threads spin while they wait for each other, which with other work on the cores makes the
# model five to ten times slower.
_ENVIRONMENT = {"OMP_WAIT_POLICY": "passive"}
# Plain HTTP on loopback: reading the system's certificates would only hold up the event loop.
_NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(frozen=True, slots=True)
class State:
    """How the process is."""

    status: Literal["loading", "ok", "failed"]
    reason: str = ""


class ModelRuntime:
    """One model in one process."""

    def __init__(
        self,
        *,
        slots: int = 2,
        context: int = 4096,
        threads: int = 0,
        locate: Callable[[], Path] = weights.locate,
    ) -> None:
        self.slots = slots
        self.context = context
        self.state = State("loading")
        self._threads = threads or len(os.sched_getaffinity(0))
        self._locate = locate
        self._client: httpx.AsyncClient | None = None
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._running = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    def client(self) -> httpx.AsyncClient:
        """Raises `Unavailable` while there is no model to ask."""
        if self._client is not None:
            return self._client
        if self.state.status == "loading":
            raise Unavailable("the embedded model is loading", code="model_loading", retry_after=1)
        raise Unavailable(self.state.reason, code="model_unavailable")

    async def _keep_running(self) -> None:
        try:
            file = self._locate()
        except Unavailable as error:
            self._fail(error.message)
            return
        pause = _FIRST_PAUSE
        while True:
            began = time.monotonic()
            try:
                await self._run(file)
            except (_Ended, OSError) as ended:
                self._fail(str(ended))
            if time.monotonic() - began > _STEADY_SECONDS:
                pause = _FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _fail(self, reason: str) -> None:
        self.state = State("failed", reason)
        log.error("the embedded model is down", reason=reason)

    async def _run(self, file: Path) -> None:
        """Runs one process to its end, and raises `_Ended` with the reason."""
        began = time.monotonic()
        options = ServerOptions(
            weights=str(file),
            slots=self.slots,
            context=self.context,
            threads=self._threads,
            api_key=secrets.token_hex(),
        )
        async with _process(options) as process:
            url = await _address(process)
            async with httpx.AsyncClient(
                base_url=url,
                headers={"authorization": f"Bearer {options.api_key}"},
                # A connection for each request: the server closes kept ones at its own discretion, and a
                # request that meets such a close is lost.
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
                trust_env=False,  # a proxy for the outside world has no business here
                verify=_NO_AUTHORITIES,
            ) as client:
                self._client, self.state = client, State("ok")
                log.info("the embedded model is ready", seconds=round(time.monotonic() - began, 3))
                try:
                    status = await process.wait()
                finally:
                    self._client = None
        raise _Ended(f"the model's process ended with status {status} and is started again")


class _Ended(Exception):
    """The process is gone, or never came up."""


@asynccontextmanager
async def _process(options: ServerOptions) -> AsyncIterator[Process]:
    """The process, which has ended when the block is left."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        _MODULE,
        stdin=PIPE,
        stdout=PIPE,
        env={**_ENVIRONMENT, **os.environ},
        start_new_session=True,  # Ctrl-C on the terminal is for the parent, which lets answers finish
    )
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(asdict(options)).encode() + b"\n")
        yield process
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _address(process: Process) -> str:
    """Where the process listens, once it has loaded the model."""
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_LOAD_SECONDS):
            line = await process.stdout.readline()
    except TimeoutError:
        raise _Ended(f"the model did not load within {_LOAD_SECONDS:g} s") from None
    if not line:
        status = await process.wait()
        raise _Ended(f"the model's process ended with status {status} while loading: {weights.REMEDY}")
    report = json.loads(line)
    if "error" in report:
        raise _Ended(f"the model cannot be loaded ({report['error']}): {weights.REMEDY}")
    url: str = report["url"]
    return url
