"""Heads, URLs and trailers: their bounds, and what is refused because two readers may read it differently."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from support.raw_http import RawServer, raw_server, read_answer

from janus_mesh.http_server import HttpLimits

HOST = b"host: x\r\n"
LIMITS = HttpLimits()


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    async with raw_server() as server:
        yield server


def fields(count: int) -> bytes:
    return b"".join(b"x-%d: y\r\n" % number for number in range(count))


def padded(head_bytes: int) -> bytes:
    """A request whose head is exactly so long."""
    begin, end = b"GET / HTTP/1.1\r\nhost: x\r\nx-long: ", b"\r\n\r\n"
    return begin + b"a" * (head_bytes - len(begin) - len(end)) + end


def with_target(length: int) -> bytes:
    return b"GET /" + b"a" * (length - 1) + b" HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        padded(LIMITS.head_bytes),
        with_target(LIMITS.target_bytes),
        b"GET / HTTP/1.1\r\n" + HOST + fields(LIMITS.fields - 1) + b"\r\n",
    ],
    ids=["head", "target", "fields"],
)
async def test_a_head_at_the_limit_is_answered(server: RawServer, request_bytes: bytes) -> None:
    assert (await server.ask(request_bytes)).status == 200


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (padded(LIMITS.head_bytes + 1), 431, "headers_too_large"),
        (with_target(LIMITS.target_bytes + 1), 414, "uri_too_long"),
        (b"GET / HTTP/1.1\r\n" + HOST + fields(LIMITS.fields) + b"\r\n", 431, "headers_too_large"),
        (b"GET /" + b"a" * 100_000, 414, "uri_too_long"),  # a line that does not end
        (b"GET / HTTP/1.1\r\n" + HOST + b"x: " + b"a" * 100_000, 431, "headers_too_large"),
        (b"GET / HTTP/1.1\r\n" + HOST + fields(100_000), 431, "headers_too_large"),
    ],
    ids=["head", "target", "fields", "endless target", "endless field", "endless fields"],
)
async def test_a_head_beyond_a_limit_is_refused_and_the_connection_closed(
    server: RawServer, request_bytes: bytes, status: int, code: str
) -> None:
    answer = await server.ask(request_bytes)
    assert (answer.status, answer.code, answer.closed) == (status, code, True)
    assert answer.headers["content-type"] == "application/json"
    assert server.mirror.paths == []


async def test_100_mb_of_header_fields_are_refused_after_64_kb_and_cut_off(server: RawServer) -> None:
    reader, writer = await server.connect()
    writer.write(b"GET / HTTP/1.1\r\n" + HOST)
    megabyte = b"x-field: " + b"a" * (1024 * 1024 - 11) + b"\r\n"

    async def flood() -> None:
        for _ in range(100):
            writer.write(megabyte)
            await writer.drain()

    flooding = asyncio.create_task(flood())
    assert (await read_answer(reader)).status == 431
    # No more than `linger_bytes` are taken, whatever the client still sends.
    with pytest.raises(ConnectionError):
        await flooding


BAD_HEADS = {
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two Hosts": (b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", 400),
    "the same Host twice": (b"GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n", 400),
    "two Hosts in HTTP/1.0": (b"GET / HTTP/1.0\r\nhost: a\r\nhost: b\r\n\r\n", 400),
    "a Host with a path": (b"GET / HTTP/1.1\r\nhost: a/b\r\n\r\n", 400),
    "a Host with a user": (b"GET / HTTP/1.1\r\nhost: a@b\r\n\r\n", 400),
    "a list of Hosts": (b"GET / HTTP/1.1\r\nhost: a, b\r\n\r\n", 400),
    "length and chunks": (
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "chunks and length": (
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
        400,
    ),
    "two lengths": (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n", 400),
    "a list of lengths": (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5, 5\r\n\r\n", 400),
    "a negative length": (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n", 400),
    "a signed length": (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: +5\r\n\r\n", 400),
    "a hexadecimal length": (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0x5\r\n\r\n", 400),
    "a length beyond 64 bits": (
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999999\r\n\r\n",
        400,
    ),
    "an empty length": (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: \r\n\r\n", 400),
    "a coding beside chunked": (
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        501,
    ),
    "another coding": (b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n", 400),
    "chunked twice": (
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n",
        400,
    ),
    "a coding in HTTP/1.0": (
        b"POST / HTTP/1.0\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "a folded field": (b"GET / HTTP/1.1\r\nhost: x\r\na: b\r\n c\r\n\r\n", 400),
    "a folded field with a tab": (b"GET / HTTP/1.1\r\nhost: x\r\na: b\r\n\tc\r\n\r\n", 400),
    "NUL in a value": (b"GET / HTTP/1.1\r\nhost: x\r\na: b\x00c\r\n\r\n", 400),
    "NUL in a name": (b"GET / HTTP/1.1\r\nhost: x\r\na\x00: b\r\n\r\n", 400),
    "NUL in the path": (b"GET /a%00b HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    "a control character": (b"GET / HTTP/1.1\r\nhost: x\r\na: b\x01c\r\n\r\n", 400),
    "a bare LF after a field": (b"GET / HTTP/1.1\r\nhost: x\na: b\r\n\r\n", 400),
    "bare LFs only": (b"GET / HTTP/1.1\nhost: x\n\n", 400),
    "a bare CR": (b"GET / HTTP/1.1\r\nhost: x\ra: b\r\n\r\n", 400),
    "a space before the colon": (b"GET / HTTP/1.1\r\nhost : x\r\n\r\n", 400),
    "a field without a colon": (b"GET / HTTP/1.1\r\nhost: x\r\nnothing\r\n\r\n", 400),
    "a field without a name": (b"GET / HTTP/1.1\r\nhost: x\r\n: y\r\n\r\n", 400),
    "an empty line too many": (b"\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /\r\n", 505),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "HTTP/1.2": (b"GET / HTTP/1.2\r\nhost: x\r\n\r\n", 505),
    "HTTP/3.0": (b"GET / HTTP/3.0\r\nhost: x\r\n\r\n", 505),
    "another protocol": (b"GET / RTSP/1.0\r\nhost: x\r\n\r\n", 400),
    "two spaces": (b"GET  / HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    "a space in the target": (b"GET /a b HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    "bytes beyond ASCII in the target": (b"GET /\xc3\xa9 HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "garbage": (b"\x00\x01\x02", 400),
    "an unknown method": (b"FROBNICATE / HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    "CONNECT": (b"CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\n\r\n", 405),
    "TRACE": (b"TRACE / HTTP/1.1\r\nhost: x\r\n\r\n", 405),
    "the target of another host": (b"GET http://y/ HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    "the target of another scheme": (b"GET ftp://x/ HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    "a target that is no path": (b"GET a HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    "an asterisk": (b"GET * HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    "an unknown expectation": (
        b"POST / HTTP/1.1\r\nhost: x\r\nexpect: a-pony\r\ncontent-length: 1\r\n\r\n",
        417,
    ),
}


@pytest.mark.parametrize(("request_bytes", "status"), BAD_HEADS.values(), ids=BAD_HEADS.keys())
async def test_a_bad_head_is_refused_at_once_and_the_connection_closed(
    server: RawServer, request_bytes: bytes, status: int
) -> None:
    answer = await server.ask(request_bytes)
    assert (answer.status, answer.closed) == (status, True)
    assert answer.json["error"]["type"] == "invalid_request_error"
    assert server.mirror.paths == []


@pytest.mark.parametrize(
    ("request_bytes", "path", "query"),
    [
        (b"GET http://x HTTP/1.1\r\nhost: x\r\n\r\n", "/", ""),
        (b"GET http://X:80/a?b=c HTTP/1.1\r\nhost: x:80\r\n\r\n", "/a", "b=c"),
        (b"GET http://x?b=c HTTP/1.1\r\nhost: x\r\n\r\n", "/", "b=c"),
        (b"OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n", "*", ""),
        (b"GET /a#b HTTP/1.1\r\nhost: x\r\n\r\n", "/a", ""),
        (b"GET //a?b?c HTTP/1.1\r\nhost: x\r\n\r\n", "//a", "b?c"),
        (b"GET /%C3%A9%2F HTTP/1.1\r\nhost: x\r\n\r\n", "/é/", ""),
        (b"\r\nGET /a HTTP/1.1\r\nhost: x\r\n\r\n", "/a", ""),  # an old client's line too many
        (b"GET /a HTTP/1.1\r\nHOST:x\r\n\r\n", "/a", ""),
        (b"GET /a HTTP/1.1\r\nhost: [::1]:80\r\n\r\n", "/a", ""),
        (b"GET /a HTTP/1.1\r\nhost:\r\n\r\n", "/a", ""),
    ],
)
async def test_an_odd_but_clear_head_is_answered(
    server: RawServer, request_bytes: bytes, path: str, query: str
) -> None:
    shown = (await server.ask(request_bytes)).json
    assert (shown["path"], shown["query"]) == (path, query)


async def test_a_head_may_come_byte_by_byte(server: RawServer) -> None:
    request = b"POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nhi"
    answer = await server.ask(*(request[at : at + 1] for at in range(len(request))))
    assert (answer.json["path"], answer.json["body"]) == ("/a", "hi")


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"GET / HT", b"GET / HTTP/1.1\r\nhost: x\r\n"])
async def test_a_head_that_does_not_complete_in_time_ends_the_connection(sent: bytes) -> None:
    async with raw_server(replace(LIMITS, head_seconds=0.1)) as server:
        reader, writer = await server.connect()
        writer.write(sent)
        async with asyncio.timeout(5):
            said = await reader.read()
        assert said.startswith(b"HTTP/1.1 408 ") is bool(sent)


async def test_each_byte_does_not_give_a_head_more_time() -> None:
    async with raw_server(replace(LIMITS, head_seconds=0.2)) as server:
        reader, writer = await server.connect()
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n")

        async def dribble() -> None:
            while True:
                writer.write(b"a: b\r\n")
                await asyncio.sleep(0.02)

        dribbling = asyncio.create_task(dribble())
        assert (await read_answer(reader)).status == 408
        dribbling.cancel()


async def test_a_second_head_on_a_connection_has_the_same_time() -> None:
    async with raw_server(replace(LIMITS, head_seconds=0.1)) as server:
        reader, writer = await server.connect()
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert (await read_answer(reader)).status == 200
        writer.write(b"GET / HT")
        assert (await read_answer(reader)).status == 408


async def test_a_connection_may_be_idle_for_longer_than_a_head_may_take() -> None:
    async with raw_server(replace(LIMITS, head_seconds=0.1)) as server:
        reader, writer = await server.connect()
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert (await read_answer(reader)).status == 200
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await reader.read(1)


async def test_an_idle_connection_closes_after_its_time() -> None:
    async with raw_server(replace(LIMITS, idle_seconds=0.1)) as server:
        reader, writer = await server.connect()
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        await read_answer(reader)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
