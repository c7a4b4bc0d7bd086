"""A shim as a side-car of one scripted competitor, and a caller on the mesh's side of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from support import competitor_scripts as scripts
from support.answers import ask
from support.http_competitor import HttpCompetitor

import janus_mesh as mesh
from janus_mesh.errors import JanusError
from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2
from janus_shim.http import connection, rounds
from janus_shim.service import serving
from janus_shim.settings import Settings

ChatEvent = event_pb2.ChatEvent


class Shim:
    """What a test needs of a running shim."""

    def __init__(self, server: mesh.Server, peer: mesh.Peer) -> None:
        self.server = server
        self.peer = peer

    async def events(self, request: request_pb2.ChatRequest | None = None, **bounds: Any) -> list[ChatEvent]:
        """All events of one chat. Raises its typed error."""
        async with self.peer.chat(request or ask(), **bounds) as exchange:
            return [event async for event in exchange]

    async def failure(self, request: request_pb2.ChatRequest | None = None, **bounds: Any) -> JanusError:
        """The error that one chat ends with."""
        with pytest.raises(JanusError) as caught:
            await self.events(request, **bounds)
        return caught.value


Serve = Callable[..., AbstractAsyncContextManager[Shim]]


@asynccontextmanager
async def _serve(target: str = "", **settings: Any) -> AsyncIterator[Shim]:
    configured = Settings(shim_port=0, shim_target=target, drain_seconds=0.1, **settings)
    async with serving(configured) as server, mesh.dial(server.address) as peer:
        yield Shim(server, peer)


@pytest.fixture
def serve() -> Serve:
    """For tests with settings of their own; a context manager that gives a `Shim`."""
    return _serve


@pytest.fixture
async def competitor() -> AsyncIterator[HttpCompetitor]:
    async with HttpCompetitor(scripts.tokens("Hello", " world")) as running:
        yield running


@pytest.fixture
async def shim(competitor: HttpCompetitor) -> AsyncIterator[Shim]:
    async with _serve(competitor.url) as running:
        yield running


_close = rounds.Rounds.close


def _close_when_all_left(closed: rounds.Rounds) -> None:
    assert closed._readers == {}
    _close(closed)


@pytest.fixture(params=["transport", "rounds"])
def read_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Who reads the competitor's connection: as of a few, or as of many, from the first read on."""
    if request.param == "rounds":
        monkeypatch.setattr(rounds, "_MANY", 1)
        monkeypatch.setattr(rounds, "_WINDOW_SECONDS", 0.0)
        monkeypatch.setattr(connection, "_FIRST_READS", 1)
        monkeypatch.setattr(rounds.Rounds, "close", _close_when_all_left)
        monkeypatch.setenv("JANUS_SHIM_REST_MS", "1")
    return str(request.param)
