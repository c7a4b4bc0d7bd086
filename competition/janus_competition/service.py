"""Puts the service together: database, rules, gRPC services, and the order in which they stop."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import janus_mesh as mesh
from janus_mesh import logs
from janus_proto._gen.janus.competition.v1 import arena_pb2_grpc, competition_pb2_grpc, marketplace_pb2_grpc

from .api import arena, competition, marketplace
from .arena.arena import Arena
from .arena.repository import Battles
from .arena.tickets import Tickets
from .clients import Pseudonyms
from .marketplace.catalogue import manifests
from .marketplace.rates import TrialRates
from .marketplace.trials import Trials
from .runs.repository import Runs
from .settings import CompetitionSettings
from .store.database import Database, opened
from .submissions.repository import Submissions

log = logs.get("competition")


@asynccontextmanager
async def running(settings: CompetitionSettings) -> AsyncIterator[str]:
    """Serves until the block is left; yields the address. Raises `OSError` when database or port fail."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(opened(settings.database_url, settings.competition_data))
        server = mesh.Server(
            settings.competition_host, settings.competition_port, drain_seconds=settings.drain_seconds
        )
        await _serve(server, settings, database, stack)
        await stack.enter_async_context(server)
        yield server.address


async def _serve(
    server: mesh.Server, settings: CompetitionSettings, database: Database, stack: AsyncExitStack
) -> None:
    key = _key(settings)
    pseudonyms = Pseudonyms(key)
    runs = Runs(database)
    submissions = Submissions(database, per_day=settings.submissions_per_day)
    battles = Battles(database, per_hour=settings.arena_battles_per_hour)
    ring = Arena(battles, Tickets(key), seconds=settings.arena_battle_seconds)
    server.add(
        competition_pb2_grpc.add_CompetitionServiceServicer_to_server,
        competition.CompetitionApi(runs, submissions, pseudonyms, settings.competition_trusted_keys),
        competition.SERVICE,
    )
    server.add(
        arena_pb2_grpc.add_ArenaServiceServicer_to_server, arena.ArenaApi(ring, pseudonyms), arena.SERVICE
    )
    trials = await stack.enter_async_context(_trials(settings)) if settings.try_it else None
    catalogue = marketplace.MarketplaceApi(
        manifests(), trials, TrialRates(settings.try_per_minute), pseudonyms
    )
    server.add(marketplace_pb2_grpc.add_MarketplaceServiceServicer_to_server, catalogue, marketplace.SERVICE)


def _trials(settings: CompetitionSettings) -> Trials:
    return Trials(
        settings.platform_url,
        settings.platform_key.get_secret_value(),
        budget_usd=settings.try_budget_usd,
    )


def _key(settings: CompetitionSettings) -> bytes:
    if key := settings.competition_key.get_secret_value():
        return key.encode()
    log.warning("JANUS_COMPETITION_KEY is not set: battles and quotas do not outlive this process")
    return secrets.token_bytes(32)
