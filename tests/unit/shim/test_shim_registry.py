"""What the shim takes from `competitors.yaml`, and how it follows it."""

import asyncio
from pathlib import Path

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from structlog.testing import capture_logs
from support import competitor_scripts as scripts
from support.answers import ask
from support.http_competitor import HttpCompetitor
from yarl import URL

from janus_mesh.errors import ModelNotFound
from janus_shim.registry import BrokenRegistry, parse_registry


def bases(text: str) -> dict[str, str]:
    return {id_: str(container.base) for id_, container in parse_registry(text.encode()).items()}


def test_http_competitors_without_a_shim_of_their_own_are_taken():
    assert bases(
        """
        competitors:
          - {id: plain, url: http://127.0.0.1:9999, models: [m], weight: 2, description: x}
          - {id: secure, url: https://example.test/base/}
          - {id: native, url: grpc://127.0.0.1:7000}
          - {id: apart, url: http://127.0.0.1:9998, shim: 127.0.0.1:50052}
        """
    ) == {"plain": "http://127.0.0.1:9999/", "secure": "https://example.test/base/"}


def test_paths_are_those_of_the_contract():
    container = parse_registry(b"competitors: [{id: a, url: 'http://h:1/box'}]")["a"]
    assert container.chat == URL("http://h:1/box/v1/chat/completions")
    assert container.health == URL("http://h:1/box/health")


@pytest.mark.parametrize(
    "entry",
    [
        "{id: a}",
        "{url: 'http://h'}",
        "{id: a, url: 'ftp://h'}",
        "{id: a, url: 'http://u:p@h'}",
        "{id: a, url: '::'}",
        "5",
    ],
)
def test_an_entry_of_no_use_is_skipped(entry):
    assert bases(f"competitors: [{entry}, {{id: good, url: 'http://h:1'}}]") == {"good": "http://h:1/"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "competitors",
        "competitors: 5",
        "competitors: {a: b}",
        "competitors: [",
        "- a",
        "a: b: c",
        "\x00",
        "a: 1\na: 2",
    ],
)
def test_what_is_no_registry_is_refused_with_the_reason(text):
    with pytest.raises(BrokenRegistry, match=r"\w"):
        parse_registry(text.encode())


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(BrokenRegistry):
        parse_registry(b"competitors: \xff\xfe\xfa")


class Registry:
    """A registry file on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self, **urls: str) -> None:
        entries = "".join(f"  - {{id: {id_}, url: '{url}'}}\n" for id_, url in urls.items())
        self.path.write_text(f"competitors:\n{entries or '  []'}")


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path / "competitors.yaml")


async def answered_by(shim, competitor_id: str) -> str:
    events = await shim.events(ask(competitor_id=competitor_id))
    return "".join(event.content for event in events)


async def until_answered_by(shim, competitor_id: str, expected: str | None) -> None:
    """Asks until the answer is the expected one; None expects that there is nobody of that id."""
    async with asyncio.timeout(8):
        while True:
            try:
                if await answered_by(shim, competitor_id) == expected:
                    return
            except ModelNotFound:
                if expected is None:
                    return
            await asyncio.sleep(0.02)


async def test_changes_are_followed(registry, competitor, serve):
    async with HttpCompetitor(scripts.tokens("other")) as other:
        registry.names(a=competitor.url)
        async with serve(competitors=registry.path) as shim:
            assert await answered_by(shim, "a") == "Hello world"
            registry.names(a=other.url, b=competitor.url)
            await until_answered_by(shim, "b", "Hello world")
            assert await answered_by(shim, "a") == "other"
            registry.names()
            await until_answered_by(shim, "a", None)


async def test_a_file_replaced_by_another_is_followed(registry, competitor, serve):
    registry.names()
    async with serve(competitors=registry.path) as shim:
        new = Registry(registry.path.with_name("new.yaml"))
        new.names(a=competitor.url)
        new.path.rename(registry.path)
        await until_answered_by(shim, "a", "Hello world")


async def test_a_broken_file_keeps_the_old_view_until_it_is_mended(registry, competitor, serve):
    registry.names(a=competitor.url)
    async with serve(competitors=registry.path) as shim:
        with capture_logs() as logged:
            registry.path.write_text("competitors: [")
            async with asyncio.timeout(8):
                while not any("registry refused" in line["event"] for line in logged):
                    await asyncio.sleep(0.02)
        assert await answered_by(shim, "a") == "Hello world"
        registry.names(b=competitor.url)
        await until_answered_by(shim, "b", "Hello world")


async def test_a_missing_file_is_an_empty_registry_until_it_appears(registry, competitor, serve):
    async with serve(competitors=registry.path) as shim:
        await until_answered_by(shim, "a", None)
        registry.names(a=competitor.url)
        await until_answered_by(shim, "a", "Hello world")


async def test_live_exchanges_of_a_competitor_that_is_removed_go_on(registry, competitor, serve):
    more = asyncio.Event()

    async def script(reply):
        await reply.head(200, scripts.EVENT_STREAM)
        await reply.event(scripts.chunk({"content": "a"}))
        await more.wait()
        await reply.event(scripts.chunk({"content": "b"}, finish="stop"))

    competitor.next_chats.append(script)
    registry.names(a=competitor.url)
    async with serve(competitors=registry.path) as shim, shim.peer.chat(ask(competitor_id="a")) as exchange:
        assert [(await anext(exchange)).content for _ in range(2)] == ["", "a"]
        registry.names()
        await until_answered_by(shim, "a", None)
        more.set()
        assert (await anext(exchange)).content == "b"


async def test_health_follows_the_registry(registry, competitor, serve):
    registry.names(a=competitor.url)
    async with serve(competitors=registry.path, shim_health_seconds=0.05) as shim:
        stub = shim.peer.stub(health_pb2_grpc.HealthStub)

        async def until(service: str, state: int) -> None:
            watch = stub.Watch(health_pb2.HealthCheckRequest(service=service))
            async with asyncio.timeout(8):
                async for response in watch:
                    if response.status == state:
                        break
            watch.cancel()

        await until("a", health_pb2.HealthCheckResponse.SERVING)
        registry.names(b=competitor.url)
        await until("b", health_pb2.HealthCheckResponse.SERVING)
        await until("a", health_pb2.HealthCheckResponse.NOT_SERVING)
