"""Bounds on bodies over all requests: bytes held, slow uploads, rates, shares of one address."""

import asyncio
import json
from contextlib import ExitStack
from typing import Any

import pytest
from support.edge_stack import chat, metric, running_edge

import janus_mesh as mesh
from janus_edge.intake.bodies import Bodies, Pace
from janus_edge.intake.client_address import ClientAddresses
from janus_edge.intake.held_bytes import HeldBytes
from janus_edge.intake.uploads import Uploads
from janus_mesh.errors import Overloaded, PayloadTooLarge, RequestTimeout
from janus_mesh.http import ClientLeft

SOON = 10
FAST = Pace(min_rate=1)
# Slow from the first wait on.
SLOW = Pace(min_rate=1, slow_after=0.0)


class Client:
    """A client that sends what the test puts, when it puts it."""

    def __init__(self, address: str = "203.0.113.1", length: int | None = None) -> None:
        headers = [(b"content-type", b"application/json")]
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        self.scope: dict[str, Any] = {"type": "http", "headers": headers, "client": (address, 5000)}
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.waited_for = asyncio.Event()

    def send(self, data: bytes, *, more: bool = True) -> None:
        self._messages.put_nowait({"type": "http.request", "body": data, "more_body": more})

    def leave(self) -> None:
        self._messages.put_nowait({"type": "http.disconnect"})

    async def receive(self) -> dict[str, Any]:
        if self._messages.empty():
            self.waited_for.set()
        return await self._messages.get()


def bodies(*, held: int = 1000, uploads: int = 100, per_address: int = 100, pace: Pace = FAST) -> Bodies:
    return Bodies(HeldBytes(held), Uploads(uploads, per_address), ClientAddresses(), pace)


async def read(reader: Bodies, client: Client, *, limit: int = 1000, seconds: float = SOON) -> bytes:
    with reader.hold(client.scope) as held:
        return await held.read_json(client.receive, limit=limit, seconds=seconds)


async def stalled(reader: Bodies, client: Client) -> asyncio.Task[bytes]:
    """A body that began to arrive, waits for more, and is known to be slow."""
    reading = asyncio.create_task(read(reader, client))
    client.send(b"[")
    await client.waited_for.wait()
    await asyncio.sleep(0)  # the timer that makes it slow is due, and runs in the loop's next round
    await asyncio.sleep(0)
    return reading


async def test_a_body_in_many_parts_is_put_together() -> None:
    client = Client()
    for part in (b"[1", b",", b"2]"):
        client.send(part, more=part != b"2]")
    assert await read(bodies(), client) == b"[1,2]"


async def test_bytes_of_all_bodies_together_are_bounded() -> None:
    reader = bodies(held=1000)
    first, second = Client("203.0.113.1"), Client("203.0.113.2")
    first.send(b"x" * 500, more=False)
    second.send(b"x" * 501, more=False)
    with ExitStack() as stack:
        held = stack.enter_context(reader.hold(first.scope))
        await held.read_json(first.receive, limit=1000, seconds=SOON)
        with pytest.raises(Overloaded, match="1000 bytes") as caught:
            await read(reader, second)
        assert caught.value.retry_after > 0


async def test_a_body_that_announces_more_than_there_is_room_for_is_refused_unread() -> None:
    reader = bodies(held=1000)
    client = Client(length=1001)
    with pytest.raises(Overloaded):
        await read(reader, client, limit=5000)
    assert not client.waited_for.is_set()


async def test_what_is_only_announced_takes_no_room() -> None:
    reader = bodies(held=1000)
    announcing = asyncio.create_task(read(reader, waiting := Client("203.0.113.1", length=500)))
    await waiting.waited_for.wait()
    other = Client("203.0.113.2")
    other.send(b"x" * 500, more=False)
    assert len(await read(reader, other)) == 500
    announcing.cancel()


async def test_one_address_holds_half_of_the_bytes_at_most() -> None:
    reader = bodies(held=1000)
    client = Client()
    client.send(b"x" * 501, more=False)
    with pytest.raises(Overloaded, match="500 bytes of request bodies from this address"):
        await read(reader, client)


async def test_loopback_has_no_share_because_it_may_be_a_proxy() -> None:
    client = Client("127.0.0.1")
    client.send(b"x" * 900, more=False)
    assert len(await read(bodies(held=1000), client)) == 900


@pytest.mark.parametrize("ending", ["refused", "left", "read"])
async def test_bytes_are_given_back_however_the_reading_ends(ending: str) -> None:
    reader = bodies(held=1000)
    client = Client()
    client.send(b"x" * 400, more=ending != "read")
    if ending == "left":
        client.leave()
        with pytest.raises(ClientLeft):
            await read(reader, client)
    elif ending == "refused":
        client.send(b"x" * 101)
        with pytest.raises(PayloadTooLarge):
            await read(reader, client, limit=500)
    else:
        await read(reader, client)
    again = Client()
    again.send(b"x" * 500, more=False)
    assert len(await read(reader, again)) == 500


async def test_bytes_are_held_until_they_are_released() -> None:
    reader = bodies(held=1000)
    client, refused, taken = Client("203.0.113.1"), Client("203.0.113.2"), Client("203.0.113.3")
    client.send(b"x" * 500, more=False)
    for other in (refused, taken):
        other.send(b"x" * 500, more=False)
    with reader.hold(client.scope) as held, reader.hold(Client("203.0.113.4").scope) as fourth:
        await held.read_json(client.receive, limit=1000, seconds=SOON)
        last = Client()
        last.send(b"x", more=False)
        await fourth.read_json(last.receive, limit=1000, seconds=SOON)
        with pytest.raises(Overloaded):
            await read(reader, refused)
        held.release()
        assert len(await read(reader, taken)) == 500


async def test_slow_bodies_have_a_bounded_number_of_places() -> None:
    reader = bodies(uploads=2, pace=SLOW)
    readings = [await stalled(reader, Client(f"203.0.113.{number}")) for number in range(3)]
    with pytest.raises(Overloaded, match="2 slow request bodies"):
        await readings[2]
    assert not readings[0].done()
    assert not readings[1].done()
    for reading in readings:
        reading.cancel()


async def test_one_address_has_a_share_of_the_places() -> None:
    reader = bodies(per_address=1, pace=SLOW)
    first = await stalled(reader, Client("2001:db8::1"))
    with pytest.raises(Overloaded, match="from this address"):
        await (await stalled(reader, Client("2001:db8::2")))  # the same /64
    other = await stalled(reader, Client("2001:db8:0:1::1"))
    assert not other.done()
    first.cancel()
    other.cancel()


async def test_a_place_is_free_again_when_its_client_leaves() -> None:
    reader = bodies(uploads=1, pace=SLOW)
    client = Client()
    first = await stalled(reader, client)
    client.leave()
    with pytest.raises(ClientLeft):
        await first
    second = await stalled(reader, Client())
    assert not second.done()
    second.cancel()


async def test_a_body_that_is_there_needs_no_place() -> None:
    reader = bodies(uploads=1, pace=SLOW)
    occupying = await stalled(reader, Client("203.0.113.2"))
    client = Client()
    client.send(b"[]", more=False)
    assert await read(reader, client) == b"[]"
    occupying.cancel()


async def test_a_body_below_the_rate_is_408_and_its_place_is_free_again() -> None:
    reader = bodies(uploads=1, pace=Pace(min_rate=1000, slow_after=0.0, rate_after=0.05))
    client = Client()
    client.send(b"[")
    with pytest.raises(RequestTimeout, match="at least 1000 bytes per second"):
        await read(reader, client)
    assert not (await stalled(reader, Client())).done()


async def test_a_body_above_the_rate_may_take_longer() -> None:
    reader = bodies(held=5000, pace=Pace(min_rate=100, rate_after=0.01))
    client = Client()
    client.send(b" " * 900)  # enough for 9 s
    reading = asyncio.create_task(read(reader, client))
    await client.waited_for.wait()
    await asyncio.sleep(0.05)
    client.send(b"[]", more=False)
    assert len(await reading) == 902


async def test_the_whole_time_is_bounded_whatever_the_rate() -> None:
    client = Client()
    client.send(b" " * 900)
    with pytest.raises(RequestTimeout, match="did not arrive within"):
        await read(bodies(held=5000), client, seconds=0.05)


async def test_slow_uploads_take_no_places_of_chats() -> None:
    async with running_edge(max_streams=1) as edge, edge.connection() as slow:
        await slow.send_head(json.dumps(chat()).encode())
        await slow.send(b'{"model"')
        assert (await edge.chat()).status_code == 200


async def test_a_gateway_without_a_place_refuses_before_the_body_is_read() -> None:
    begun, going = asyncio.Event(), asyncio.Event()

    async def answer(exchange: mesh.Exchange) -> None:
        begun.set()
        await going.wait()

    async with running_edge(max_streams=1) as edge, edge.connection() as connection:
        edge.router.answer = answer
        first = asyncio.create_task(edge.chat())
        await begun.wait()
        await connection.send_head(b"x" * 1000)
        head = await connection.read_until(b"\r\n\r\n")
        first.cancel()
        going.set()
    assert head.startswith(b"HTTP/1.1 429 ")


async def test_held_bytes_are_released_when_the_request_is_on_its_way() -> None:
    on_its_way, going = asyncio.Event(), asyncio.Event()

    async def answer(exchange: mesh.Exchange) -> None:
        on_its_way.set()
        await going.wait()

    async with running_edge() as edge:
        edge.router.answer = answer
        before = (await edge.client.get("/metrics")).text
        first = asyncio.create_task(edge.chat(text="x" * 100_000))
        await on_its_way.wait()
        meanwhile = (await edge.client.get("/metrics")).text
        first.cancel()
        going.set()
    name = "janus_edge_held_body_bytes"
    assert metric(meanwhile, name) == metric(before, name)


async def test_the_edge_refuses_a_body_beyond_the_budget_with_retry_after() -> None:
    async with running_edge(max_held_bytes=1000) as edge:
        refused = await edge.chat(text="x" * 2000)
        assert (await edge.chat()).status_code == 200
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "overloaded")
    assert int(refused.headers["retry-after"]) > 0


async def test_bodies_of_other_routes_count_as_well() -> None:
    async with running_edge(max_held_bytes=1000) as edge:
        refused = await edge.client.post(
            "/api/competition/arena/votes", json={"token": "t" * 2000, "verdict": "left"}
        )
    assert refused.json()["error"]["code"] == "overloaded"
