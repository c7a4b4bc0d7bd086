"""The real competition service on a free port, and its three stubs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from support.given_settings import as_given

import janus_mesh as mesh
from janus_competition.service import running
from janus_competition.settings import CompetitionSettings
from janus_mesh.errors import JanusError, from_grpc
from janus_proto._gen.janus.competition.v1 import (
    arena_pb2_grpc,
    client_pb2,
    competition_pb2_grpc,
    marketplace_pb2_grpc,
)


@dataclass
class Competition:
    """A running service."""

    address: str
    runs: "competition_pb2_grpc.CompetitionServiceAsyncStub"
    arena: "arena_pb2_grpc.ArenaServiceAsyncStub"
    marketplace: "marketplace_pb2_grpc.MarketplaceServiceAsyncStub"


@asynccontextmanager
async def running_competition(folder: Path, **given: Any) -> AsyncIterator[Competition]:
    """A service with these settings, which keeps its file in `folder` unless it has a `database_url`."""
    url = given.pop("database_url", "")
    settings = as_given(CompetitionSettings)(
        competition_port=0,
        competition_data=folder,
        competition_key="k" * 32,
        drain_seconds=0.1,
        JANUS_DATABASE_URL=url,
        **given,
    )
    async with running(settings) as address, mesh.dial(address) as peer:
        yield Competition(
            address,
            peer.stub(competition_pb2_grpc.CompetitionServiceStub),
            peer.stub(arena_pb2_grpc.ArenaServiceStub),
            peer.stub(marketplace_pb2_grpc.MarketplaceServiceStub),
        )


def client(address: str = "198.51.100.7", browser: str = "") -> client_pb2.Client:
    return client_pb2.Client(address=address, browser=browser)


async def refusal(call: Any) -> JanusError:
    """The error that a call ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return from_grpc(caught.value)
