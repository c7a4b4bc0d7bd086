"""A router under test: the real one, on a free port, in front of scripted competitors."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from support.scripted_competitor import Script, ScriptedCompetitor

import janus_mesh as mesh
from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2
from janus_proto._gen.janus.router.v1 import router_pb2, router_pb2_grpc
from janus_router.registry import Registry
from janus_router.service import running
from janus_router.settings import RouterSettings


def write_registry(path: Path, *entries: dict[str, object]) -> None:
    """Saves a registry file as an editor does: a new file, renamed over the old one."""
    fresh = path.with_suffix(".new")
    YAML().dump({"competitors": list(entries)}, fresh)
    fresh.replace(path)


@dataclass
class RouterUnderTest:
    """The running router, a client of it, and its registry file."""

    address: str
    peer: mesh.Peer
    registry: Registry
    file: Path

    @property
    def api(self) -> "router_pb2_grpc.RouterServiceAsyncStub":
        return self.peer.stub(router_pb2_grpc.RouterServiceStub)

    def rewrite(self, *entries: dict[str, object]) -> None:
        write_registry(self.file, *entries)

    async def until(self, condition: Callable[[dict[str, router_pb2.Competitor]], bool]) -> None:
        """Waits until the listed competitors, by id, meet the condition."""
        watch = self.api.WatchCompetitors(router_pb2.WatchCompetitorsRequest())
        async for response in watch:
            if condition({competitor.id: competitor for competitor in response.competitors}):
                watch.cancel()
                return
        raise AssertionError("the watch ended")

    async def until_state(self, state: str, *ids: str) -> None:
        """Waits until these competitors are in a state, such as `HEALTHY`."""
        wanted = router_pb2.CompetitorState.Value(f"COMPETITOR_STATE_{state}")
        await self.until(lambda listed: all(i in listed and listed[i].state == wanted for i in ids))

    async def ask(
        self, request: request_pb2.ChatRequest, *, deadline: float | None = None, caller: str = ""
    ) -> list[event_pb2.ChatEvent]:
        """All events of the answer; raises its error."""
        async with self.peer.chat(request, deadline=deadline, caller=caller) as exchange:
            return [event async for event in exchange]


class House:
    """Starts competitors and routers, and stops them when the test ends."""

    def __init__(self, stack: AsyncExitStack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder

    async def competitor(self, script: Script | None = None) -> ScriptedCompetitor:
        return await self.enter(ScriptedCompetitor(script))

    async def enter(self, competitor: ScriptedCompetitor) -> ScriptedCompetitor:
        """Starts one that the test has prepared."""
        return await self._stack.enter_async_context(competitor)

    async def router(self, *entries: dict[str, object], **settings: object) -> RouterUnderTest:
        """A router with this registry; settings are named as in `RouterSettings`."""
        file = self._folder / f"competitors-{len(list(self._folder.iterdir()))}.yaml"
        write_registry(file, *entries)
        values = {"competitors": file, "router_port": 0, "drain_seconds": 0.05, **settings}
        router = await self._stack.enter_async_context(running(RouterSettings(**values)))  # type: ignore[arg-type]
        peer = await self._stack.enter_async_context(mesh.dial(router.address))
        return RouterUnderTest(router.address, peer, router.registry, file)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        yield House(stack, tmp_path)
