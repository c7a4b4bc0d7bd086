"""Bodies as they come off the wire: framing, trailers, upgrades, expectations, HTTP/1.0, early answers."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from support.raw_http import RawServer, raw_server, read_answer, read_answers

from janus_mesh.http_server import HttpLimits

LIMITS = HttpLimits()
CHUNKED = b"POST /a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
NEXT = b"GET /next HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    async with raw_server() as server:
        yield server


def chunked(content: bytes, size: int) -> bytes:
    parts = [content[at : at + size] for at in range(0, len(content), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@pytest.mark.parametrize("size", [1, 7, 4096, 100_000])
async def test_a_chunked_body_is_read_whatever_its_chunks(server: RawServer, size: int) -> None:
    content = b"\r\n\r\nGET " * 12_500
    answer = await server.ask(CHUNKED + chunked(content, size))
    assert answer.json["body"].encode() == content


async def test_a_body_that_looks_like_requests_is_a_body(server: RawServer) -> None:
    head = b"POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(NEXT)
    reader, writer = await server.connect()
    writer.write(head + NEXT + NEXT)
    first, second = await read_answers(reader, 2)
    assert (first.json["body"].encode(), second.json["path"]) == (NEXT, "/next")
    assert server.mirror.paths == ["/a", "/next"]


BAD_CHUNKS = {
    "no size": b"\r\nab\r\n",
    "a size that is no number": b"xyz\r\nab\r\n0\r\n\r\n",
    "a negative size": b"-2\r\nab\r\n0\r\n\r\n",
    "a size with a prefix": b"0x2\r\nab\r\n0\r\n\r\n",
    "a size beyond 64 bits": b"fffffffffffffffff\r\nab\r\n",
    "a chunk longer than its size": b"2\r\nabc\r\n0\r\n\r\n",
    "a size line that ends with LF": b"2\nab\r\n0\r\n\r\n",
    "a chunk that ends with LF": b"2\r\nab\n0\r\n\r\n",
    "a space after the size": b"2 \r\nab\r\n0\r\n\r\n",
    "a length among the trailers": b"2\r\nab\r\n0\r\ncontent-length: 5\r\n\r\n",
    "a bad trailer": b"2\r\nab\r\n0\r\na b: c\r\n\r\n",
}


@pytest.mark.parametrize("sent", BAD_CHUNKS.values(), ids=BAD_CHUNKS.keys())
async def test_a_bad_chunk_is_refused_and_nothing_after_it_is_a_request(
    server: RawServer, sent: bytes
) -> None:
    answer = await server.ask(CHUNKED + sent + NEXT)
    assert (answer.status, answer.code, answer.closed) == (400, "invalid_http_request", True)
    assert "/next" not in server.mirror.paths


@pytest.mark.parametrize(
    "sent",
    [
        b"2\r\nab\r\n0\r\n" + b"".join(b"x-%d: y\r\n" % number for number in range(101)) + b"\r\n",
        b"2\r\nab\r\n0\r\nx: " + b"a" * 300_000,
        b"2\r\nab\r\n0\r\n" + b"x: y\r\n" * 50_000,
        b"2;x=" + b"a" * 300_000,
        (b"1;x=" + b"a" * 1000 + b"\r\na\r\n") * 300,
    ],
    ids=["fields", "an endless trailer", "endless trailers", "an endless extension", "many extensions"],
)
async def test_trailers_and_chunk_extensions_are_bounded_like_heads(server: RawServer, sent: bytes) -> None:
    answer = await server.ask(CHUNKED + sent)
    assert (answer.status, answer.code, answer.closed) == (431, "headers_too_large", True)


async def test_trailers_are_dropped_and_the_connection_goes_on(server: RawServer) -> None:
    reader, writer = await server.connect()
    writer.write(CHUNKED + b"2;a=b\r\nab\r\n0\r\nx-janus-token: forged\r\nhost: y\r\n\r\n" + NEXT)
    first, second = await read_answers(reader, 2)
    names = [name for name, _ in first.json["headers"]]
    assert (first.json["body"], names) == ("ab", ["host", "transfer-encoding"])
    assert second.json["path"] == "/next"


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket", b"TLS/1.0, HTTP/1.1"])
@pytest.mark.parametrize("connection", [b"Upgrade, HTTP2-Settings", b"keep-alive, upgrade", b"upgrade"])
@pytest.mark.parametrize("separately", [False, True], ids=["in one packet", "the body later"])
async def test_an_upgrade_is_ignored_and_the_body_read(
    server: RawServer, protocol: bytes, connection: bytes, separately: bool
) -> None:
    head = (
        b"POST /a HTTP/1.1\r\nHost: x\r\nConnection: " + connection + b"\r\nUPGRADE: " + protocol + b"\r\n"
        b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nContent-Length: %d\r\n\r\n" % len(NEXT)
    )
    answer = await (server.ask(head, NEXT) if separately else server.ask(head + NEXT))
    assert answer.json["body"].encode() == NEXT
    assert "upgrade" not in dict(answer.json["headers"])
    assert server.mirror.paths == ["/a"]


async def test_an_upgrade_without_a_body_is_an_ordinary_request(server: RawServer) -> None:
    upgrade = b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: a\r\n"
    reader, writer = await server.connect()
    writer.write(b"GET /a HTTP/1.1\r\nhost: x\r\n" + upgrade + b"\r\n" + NEXT)
    first, second = await read_answers(reader, 2)
    assert (first.json["path"], second.json["path"]) == ("/a", "/next")


async def test_a_client_that_expects_100_continue_is_told_to_go_on(server: RawServer) -> None:
    reader, writer = await server.connect()
    writer.write(b"POST /a HTTP/1.1\r\nhost: x\r\nexpect: 100-Continue\r\ncontent-length: 2\r\n\r\n")
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"ab")
    assert (await read_answer(reader)).json["body"] == "ab"


async def test_an_http_1_0_client_is_not_told_to_go_on(server: RawServer) -> None:
    reader, writer = await server.connect()
    writer.write(b"POST /a HTTP/1.0\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\nab")
    assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")


async def test_an_http_1_0_client_gets_a_stream_that_ends_with_the_connection(server: RawServer) -> None:
    reader, writer = await server.connect()
    writer.write(b"POST /stream HTTP/1.0\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n")
    async with asyncio.timeout(5):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    assert b"connection: close" in lines
    assert not any(line.startswith((b"transfer-encoding", b"content-length")) for line in lines)
    assert body == b"one two"


async def test_an_http_1_0_client_gets_a_length_where_there_is_one(server: RawServer) -> None:
    answer = await server.ask(b"GET /a HTTP/1.0\r\n\r\n")
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert (answer.json["version"], answer.closed) == ("1.0", True)


async def test_a_response_to_head_has_no_body_in_http_1_0(server: RawServer) -> None:
    reader, writer = await server.connect()
    writer.write(b"HEAD /stream HTTP/1.0\r\n\r\n")
    async with asyncio.timeout(5):
        assert (await reader.read()).endswith(b"\r\n\r\n")


async def test_nothing_is_read_after_a_request_that_closes_the_connection(server: RawServer) -> None:
    answer = await server.ask(b"GET /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n" + NEXT)
    assert (answer.json["path"], answer.closed) == ("/a", True)
    assert server.mirror.paths == ["/a"]


async def test_an_early_answer_arrives_although_the_client_goes_on_sending(server: RawServer) -> None:
    """To close at once would reset the connection, and the client would lose the answer."""
    reader, writer = await server.connect()
    writer.write(b"POST /early HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 4000000\r\n\r\n")
    for _ in range(4):
        writer.write(b"a" * 1_000_000)
        await writer.drain()
    answer = await read_answer(reader)
    assert (answer.status, answer.closed) == (413, True)


async def test_the_rest_of_a_body_is_dropped_after_an_early_answer_and_the_connection_kept(
    server: RawServer,
) -> None:
    reader, writer = await server.connect()
    writer.write(b"POST /early HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n")
    assert (await read_answer(reader)).status == 413
    writer.write(b"a" * 1_000_000 + NEXT)
    assert (await read_answer(reader)).json["path"] == "/next"


@pytest.mark.parametrize("close", [b"", b"connection: close\r\n"], ids=["keep-alive", "close"])
async def test_the_rest_of_a_body_is_waited_for_only_so_long(close: bytes) -> None:
    async with raw_server(replace(LIMITS, linger_seconds=0.1)) as server:
        reader, writer = await server.connect()
        writer.write(b"POST /early HTTP/1.1\r\nhost: x\r\n" + close + b"content-length: 1000000\r\n\r\n")
        assert (await read_answer(reader)).status == 413
        async with asyncio.timeout(5):
            assert await reader.read() == b""
            with pytest.raises(ConnectionError):
                await endless(writer)


async def endless(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(0.01)


async def test_a_bad_body_ends_the_request_that_waits_for_it(server: RawServer) -> None:
    reader, writer = await server.connect()
    writer.write(CHUNKED.replace(b"/a", b"/wait"))
    await server.mirror.began.wait()
    writer.write(b"nonsense\r\n")
    assert (await read_answer(reader)).status == 400
    async with asyncio.timeout(5):
        await server.mirror.gone.wait()
