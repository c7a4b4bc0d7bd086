"""Puts the competitor together: its connections, its paths, and the order in which they end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from .app import build_app
from .choice import PathChoice
from .complex_path import ComplexPath
from .fast_path import FastPath
from .inference import InferenceClient
from .paths import Paths
from .platform import Platform
from .settings import AgentCliSettings
from .workplace import Workplaces


@asynccontextmanager
async def running(settings: AgentCliSettings) -> AsyncIterator[FastAPI]:
    """The application, which works until the block is left; leaving it waits for sandboxes to end."""
    async with (
        InferenceClient(settings) as inference,
        Platform(settings.platform_url, connect_seconds=settings.connect_timeout) as platform,
        Workplaces(settings) as workplaces,
    ):
        paths = Paths(
            settings,
            PathChoice(settings, inference),
            FastPath(settings, inference),
            ComplexPath(settings, platform, workplaces),
        )
        yield build_app(settings, inference, paths)
