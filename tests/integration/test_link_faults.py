"""A service killed under two hundred live streams: every client is told, and the next one is served."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families
from support.answers import say
from support.competitor_scripts import chosen
from support.http_competitor import HttpCompetitor
from support.stack import Stack, free_port, running

import janus_mesh as mesh

pytestmark = pytest.mark.asyncio(loop_scope="module")

STREAMS = 200
# What must be as it was when all is over, by the name of its metric.
COUNTS = ("janus_exchanges_live", "janus_edge_chats_live", "janus_tasks", "process_open_fds")
COUNTS_SETTLE_WITHIN = 15.0
# The promise is two seconds on a machine with time to spare; a test on a busy one allows for its load.
SERVED_AGAIN_WITHIN = 10.0


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def backup_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def metrics_ports() -> dict[str, int]:
    """Of the services whose metrics are not on the port that they serve."""
    return {service: free_port() for service in ("router", "shim")}


@pytest.fixture(scope="module")
def stack(
    port: int, backup_port: int, metrics_ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    registry = (
        "competitors:\n"
        f"  - {{id: steady, url: 'http://127.0.0.1:{port}', max_concurrency: 1000, models: [duo]}}\n"
        f"  - {{id: backup, url: 'grpc://127.0.0.1:{backup_port}', models: [duo]}}\n"
    )
    # Every stream fails at once here, which is no reason to stop trusting the competitor behind them.
    environment = {"JANUS_ROUTER_EJECT_AFTER": "100000"} | {
        f"JANUS_{service.upper()}_METRICS_PORT": str(port) for service, port in metrics_ports.items()
    }
    with running(tmp_path_factory.mktemp("link-faults"), registry, environment=environment) as stack:
        yield stack


@pytest_asyncio.fixture(loop_scope="module", scope="module", autouse=True)
async def competitor(stack: Stack, port: int) -> AsyncIterator[HttpCompetitor]:
    async with HttpCompetitor(chosen("tokens:3"), port=port) as competitor:
        await asyncio.to_thread(stack.wait_for_competitor, "steady")
        yield competitor


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def client(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=stack.url, timeout=60, limits=limits) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module", scope="module", autouse=True)
async def backup(backup_port: int) -> AsyncIterator[None]:
    """A native competitor that shares a model with the one behind the shim."""

    async def answer(exchange: mesh.Exchange) -> None:
        await say(exchange, "from the backup")

    server = mesh.Server(port=backup_port, drain_seconds=0.1)
    server.serve_chat(answer)
    async with server:
        yield


class Stream:
    """One client of a long answer, and how it ended for it."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.status = 0
        self.ending = ""

    async def run(self, client: httpx.AsyncClient) -> None:
        question = {"role": "user", "content": "tokens:600:0.05"}
        body = {"model": "steady", "stream": True, "messages": [question]}
        async with client.stream("POST", "/v1/chat/completions", json=body) as answer:
            self.status = answer.status_code
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    self.ending = line.removeprefix("data: ")
                    self.began.set()

    def error_code(self) -> str:
        return str(json.loads(self.ending)["error"]["code"])


def counts(address: str) -> dict[str, float]:
    """The present state of `COUNTS`, as far as the service has them."""
    families = text_string_to_metric_families(httpx.get(f"{address}/metrics", timeout=10).text)
    samples = (sample for family in families for sample in family.samples)
    return {f"{sample.name}{sample.labels}": sample.value for sample in samples if sample.name in COUNTS}


def settled(addresses: dict[str, str], before: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """The counts of each service once none is above `before`, or when the time for that is over."""
    deadline = time.monotonic() + COUNTS_SETTLE_WITHIN
    while True:
        now = {name: counts(address) for name, address in addresses.items()}
        above = any(value > before[name][count] for name in now for count, value in now[name].items())
        if not above or time.monotonic() > deadline:
            return now
        time.sleep(0.2)


async def answers(client: httpx.AsyncClient) -> bool:
    body = {"model": "steady", "messages": [{"role": "user", "content": "tokens:1"}]}
    return (await client.post("/v1/chat/completions", json=body)).status_code == 200


async def served_again(client: httpx.AsyncClient) -> float:
    """Seconds until a request is answered: whoever called a service that died dials it anew first."""
    since = time.monotonic()
    async with asyncio.timeout(SERVED_AGAIN_WITHIN):
        while not await answers(client):
            await asyncio.sleep(0.05)
    return time.monotonic() - since


@pytest.mark.timeout(120)
@pytest.mark.parametrize("victim", ["router", "shim"])
async def test_every_stream_ends_with_an_error_and_the_next_request_is_served(
    stack: Stack, client: httpx.AsyncClient, metrics_ports: dict[str, int], victim: str
) -> None:
    assert await answers(client)
    addresses = {name: f"http://127.0.0.1:{port}" for name, port in metrics_ports.items()}
    addresses["edge"] = stack.url
    del addresses[victim]  # the one that starts anew has nothing to return to
    before = await asyncio.to_thread(
        settled, addresses, {name: counts(addresses[name]) for name in addresses}
    )
    streams = [Stream() for _ in range(STREAMS)]
    async with httpx.AsyncClient(
        base_url=stack.url, timeout=60, limits=httpx.Limits(max_connections=None)
    ) as crowd:
        tasks = [asyncio.create_task(stream.run(crowd)) for stream in streams]
        async with asyncio.timeout(30):
            await asyncio.gather(*(stream.began.wait() for stream in streams))

        stack.services[victim].kill()
        async with asyncio.timeout(15):
            await asyncio.gather(*tasks)
    assert {stream.status for stream in streams} == {200}
    assert {stream.error_code() for stream in streams} == {"competitor_unavailable"}

    stack.start(victim)
    await asyncio.to_thread(stack.wait, victim)
    print(f"{victim}: served again {await served_again(client):.2f} s after it was healthy")

    after = await asyncio.to_thread(settled, addresses, before)
    assert after == before


@pytest.mark.timeout(120)
async def test_a_request_without_an_event_yet_is_answered_by_another_competitor(
    stack: Stack, client: httpx.AsyncClient, competitor: HttpCompetitor
) -> None:
    body = {"model": "duo", "messages": [{"role": "user", "content": "fault:hang-before-head"}]}
    asking = [asyncio.create_task(client.post("/v1/chat/completions", json=body)) for _ in range(20)]
    async with asyncio.timeout(20):
        while not (hanging := [asked for asked in competitor.requests if b"hang" in asked.body]):
            await asyncio.sleep(0.02)
    stack.services["shim"].kill()
    async with asyncio.timeout(20):
        answered = await asyncio.gather(*asking)
    stack.start("shim")
    assert hanging
    assert {answer.status_code for answer in answered} == {200}
    assert {answer.headers["x-janus-competitor"] for answer in answered} == {"backup"}
    await asyncio.to_thread(stack.wait, "shim")
    await served_again(client)
