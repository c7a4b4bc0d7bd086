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

from janus_mesh.errors import ModelNotFound, Unavailable
from janus_mesh.registry import RegistryInvalid, parse, parse_file
from janus_shim.containers import container_at, container_of, containers_of


def containers(text: str):
    return containers_of(parse_file(text.encode(), Path("competitors.yaml"), "janus"))


def container(**fields: object):
    return container_of(parse({"id": "a", "url": "http://h:1", **fields}), {"KEY": "k", "B": "b"})


def test_http_competitors_without_a_shim_of_their_own_are_taken():
    taken = containers(
        """
        competitors:
          - {id: plain, url: http://127.0.0.1:9999, models: [m], weight: 2, description: x}
          - {id: secure, url: https://example.test/base/}
          - {id: native, url: grpc://127.0.0.1:7000}
          - {id: sealed, url: grpcs://example.test:7000}
          - {id: apart, url: http://127.0.0.1:9998, shim: 127.0.0.1:50052}
        """
    )
    assert {id_: str(one.base) for id_, one in taken.items()} == {
        "plain": "http://127.0.0.1:9999/",
        "secure": "https://example.test/base/",
    }


@pytest.mark.parametrize(
    ("fields", "chat", "health"),
    [
        ({}, "http://h:1/v1/chat/completions", "http://h:1/health"),
        ({"url": "http://h:1/box"}, "http://h:1/box/v1/chat/completions", "http://h:1/box/health"),
        ({"url": "http://h:1/a%2Fb/"}, "http://h:1/a%2Fb/v1/chat/completions", "http://h:1/a%2Fb/health"),
        ({"base_path": "/openai/v1"}, "http://h:1/openai/v1/chat/completions", "http://h:1/health"),
        ({"base_path": "/openai/v1/"}, "http://h:1/openai/v1/chat/completions", "http://h:1/health"),
        ({"base_path": "/"}, "http://h:1/chat/completions", "http://h:1/health"),
        ({"health_path": "/"}, "http://h:1/v1/chat/completions", "http://h:1/"),
        (
            {"url": "http://h:1/box/", "base_path": "/v2", "health_path": "/live/z"},
            "http://h:1/box/v2/chat/completions",
            "http://h:1/box/live/z",
        ),
    ],
)
def test_base_path_and_health_path_are_below_the_url(fields, chat, health):
    one = container(**fields)
    assert (one.chat, one.health) == (URL(chat), URL(health))


def test_a_side_car_uses_the_default_paths():
    one = container_at("http://h:1/box", "a")
    assert (one.chat, one.health) == (
        URL("http://h:1/box/v1/chat/completions"),
        URL("http://h:1/box/health"),
    )


def test_secrets_are_resolved_and_never_shown():
    one = container(api_key_env="KEY", headers={"X-B": "is ${B}"})
    assert dict(one.headers) == {"x-b": "is b", "authorization": "Bearer k"}
    assert "Bearer" not in repr(one)


def test_a_missing_variable_is_a_problem_of_its_own_container_alone():
    one = container(api_key_env="NOT_THERE")
    assert one.problem == "the environment variable NOT_THERE is not set"
    with pytest.raises(Unavailable):
        one.check_usable()


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


async def test_a_file_with_one_bad_entry_is_refused_whole(registry, competitor, serve):
    registry.names(a=competitor.url)
    async with serve(competitors=registry.path) as shim:
        with capture_logs() as logged:
            registry.names(b=competitor.url, c="ftp://h")
            async with asyncio.timeout(8):
                while not any("registry refused" in line["event"] for line in logged):
                    await asyncio.sleep(0.02)
        (reason,) = [line["reason"] for line in logged if "registry refused" in line["event"]]
        assert reason.startswith(f"{registry.path}:3: competitors[1].url: must begin with http://")
        assert await answered_by(shim, "a") == "Hello world"
        await until_answered_by(shim, "b", None)


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


@pytest.mark.parametrize("text", [None, "", "competitors: [{id: a, url: 'ftp://h'}]"])
async def test_a_file_that_cannot_be_used_ends_the_start(registry, serve, text):
    if text is not None:
        registry.path.write_text(text)
    with pytest.raises(RegistryInvalid, match=str(registry.path)):
        async with serve(competitors=registry.path):
            pass


async def test_a_file_that_disappears_changes_nothing_until_it_is_back(registry, competitor, serve):
    registry.names(a=competitor.url)
    async with serve(competitors=registry.path) as shim:
        with capture_logs() as logged:
            registry.path.unlink()
            async with asyncio.timeout(8):
                while not any("registry refused" in line["event"] for line in logged):
                    await asyncio.sleep(0.02)
        assert await answered_by(shim, "a") == "Hello world"
        registry.names(b=competitor.url)
        await until_answered_by(shim, "b", "Hello world")


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
